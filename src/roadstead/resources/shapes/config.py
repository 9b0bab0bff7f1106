"""OpenShift's settings of a cluster, and the state of its parts; no I/O."""

from roadstead.kube.shapetables import read
from roadstead.resources.shapes.meta import META

CONFIG = read(
    "com.github.openshift.api.config.v1",
    """
ConfigMapNameReference
  name! text
RegistryLocation
  domainName! text                               # Host and port, or a pattern such as *.example.com.
  insecure bool
RegistrySources: Which registries images may come from.
  insecureRegistries [text] atomic               # Reached without TLS, or without checking certificates.
  blockedRegistries [text] atomic                # Everything may be pulled but this.
  allowedRegistries [text] atomic                # Nothing may be pulled but this.
  containerRuntimeSearchRegistries [text] set
ImageSpec
  allowedRegistriesForImport [RegistryLocation] atomic # What users may import from; empty means anything.
  externalRegistryHostnames [text] atomic        # Names of our registry outside.
  additionalTrustedCA ConfigMapNameReference     # Certificates of registries, a key per host.
  registrySources RegistrySources
  imageStreamImportMode text one:Legacy|PreserveOriginal
ImageStatus
  internalRegistryHostname text
  externalRegistryHostnames [text] atomic
  imageStreamImportMode text
kind Image: What applies to all images; there is one, named cluster.
  spec! ImageSpec
  status ImageStatus
ImageDigestMirrors
  source! text                                   # The repository images name.
  mirrors [text] set                             # Tried before it, in this order.
  mirrorSourcePolicy text one:NeverContactSource|AllowContactingSource
ImageDigestMirrorSetSpec
  imageDigestMirrors [ImageDigestMirrors] atomic
ImageMirrorSetStatus open: Fields that are kept as they are sent.
kind ImageDigestMirrorSet: Where else images pulled by digest are.
  spec! ImageDigestMirrorSetSpec
  status ImageMirrorSetStatus
ImageTagMirrors
  source! text                                   # The repository images name.
  mirrors [text] set                             # Tried before it, in this order.
  mirrorSourcePolicy text one:NeverContactSource|AllowContactingSource
ImageTagMirrorSetSpec
  imageTagMirrors [ImageTagMirrors] atomic
kind ImageTagMirrorSet: Where else images pulled by tag are.
  spec! ImageTagMirrorSetSpec
  status ImageMirrorSetStatus
RepositoryDigestMirrors
  source! text
  allowMirrorByTags bool
  mirrors [text] set
ImageContentPolicySpec
  repositoryDigestMirrors [RepositoryDigestMirrors] keys:source
kind ImageContentPolicy: Older form of an image digest mirror set.
  spec! ImageContentPolicySpec
ClusterOperatorSpec
ObjectReference
  group! text
  resource! text
  namespace text
  name! text
OperandVersion
  name! text
  version! text
ClusterOperatorStatusCondition
  type! text one:Available|Progressing|Degraded|Upgradeable
  status! text
  lastTransitionTime! time
  reason text
  message text
ClusterOperatorStatus
  conditions [ClusterOperatorStatusCondition] by:type
  versions [OperandVersion] by:name
  relatedObjects [ObjectReference] atomic
  extension any
kind ClusterOperator: How a part of the cluster is doing.
  spec! ClusterOperatorSpec
  status ClusterOperatorStatus
SettingsSpec open: Fields that are kept as they are sent.
SettingsStatus open: Fields that are kept as they are sent.
kind OAuth: How people log in; there is one, named cluster.
  spec SettingsSpec
  status SettingsStatus
kind Project: What applies to all projects; there is one, named cluster.
  spec SettingsSpec
  status SettingsStatus
kind Infrastructure: What the cluster runs on.
  spec SettingsSpec
  status SettingsStatus
kind ClusterVersion: Which release the cluster runs.
  spec SettingsSpec
  status SettingsStatus
kind Ingress: Names of the cluster outside.
  spec SettingsSpec
  status SettingsStatus
kind DNS: Names of the cluster.
  spec SettingsSpec
  status SettingsStatus
kind Proxy: How the cluster reaches the outside.
  spec SettingsSpec
  status SettingsStatus
kind Console: Where the console is.
  spec SettingsSpec
  status SettingsStatus
kind Authentication: How tokens are checked.
  spec SettingsSpec
  status SettingsStatus
kind APIServer: How the API is served.
  spec SettingsSpec
  status SettingsStatus
kind FeatureGate: Which features are on.
  spec SettingsSpec
  status SettingsStatus
kind Network: How pods reach each other.
  spec SettingsSpec
  status SettingsStatus
kind Scheduler: Where pods run by default.
  spec SettingsSpec
  status SettingsStatus
""",
    META,
)
"""By name."""

OPERATOR = read(
    "com.github.openshift.api.operator.v1alpha1",
    """
RepositoryDigestMirrors
  source! text                                   # The repository images name.
  mirrors [text] set                             # Tried before it, in this order.
ImageContentSourcePolicySpec
  repositoryDigestMirrors [RepositoryDigestMirrors] keys:source
kind ImageContentSourcePolicy: Oldest form of an image digest mirror set.
  spec! ImageContentSourcePolicySpec
""",
    META,
)
"""By name."""
