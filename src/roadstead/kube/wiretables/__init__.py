"""The messages of Kubernetes' binary form, as tables of text; `protobuf.py` says how they are read."""

from roadstead.kube.wiretables import access, cluster, core, meta, pods, workloads

TABLES = (meta.TABLE, pods.TABLE, core.TABLE, workloads.TABLE, cluster.TABLE, access.TABLE)
