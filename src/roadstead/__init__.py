"""Roadstead: a container image registry with image streams, for any Kubernetes cluster and for none."""

__version__ = "0.1.0"
