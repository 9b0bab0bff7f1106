"""Our side of a Kubernetes-style API."""
