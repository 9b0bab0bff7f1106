"""The kinds around images that need little more than the generic behaviour: one table for each API family; no I/O."""

from __future__ import annotations

from roadstead.apimachinery.resource import Resource
from roadstead.resources.plain.apps import APPS
from roadstead.resources.plain.batch import BATCH
from roadstead.resources.plain.builds import BUILD_CONFIGS, BUILDS, TEMPLATES
from roadstead.resources.plain.cells import AGE, CREATED, NAME, field_of
from roadstead.resources.plain.configuration import (
    CLUSTER_RESOURCE_QUOTAS,
    CONFIGURATION,
    IMAGE_CONFIGS,
    IMAGE_CONTENT_SOURCE_POLICIES,
    IMAGE_DIGEST_MIRROR_SETS,
    IMAGE_TAG_MIRROR_SETS,
)
from roadstead.resources.plain.coordination import LEASES
from roadstead.resources.plain.core import (
    CONFIG_MAPS,
    CORE,
    LIMIT_RANGES,
    NAMESPACES,
    PODS,
    RESOURCE_QUOTAS,
    SECRETS,
    SERVICE_ACCOUNTS,
    SERVICES,
)
from roadstead.resources.plain.events import EVENTS
from roadstead.resources.plain.networking import NETWORKING
from roadstead.resources.plain.policy import POLICY
from roadstead.resources.plain.rbac import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    GRANTING,
    RBAC,
    ROLE_BINDINGS,
    ROLES,
)
from roadstead.resources.plain.routes import DEPLOYMENT_CONFIGS, ROUTES

__all__ = [
    "AGE", "CLUSTER_RESOURCE_QUOTAS", "CLUSTER_ROLES", "CLUSTER_ROLE_BINDINGS", "CONFIG_MAPS", "CREATED",
    "DEPLOYMENT_CONFIGS", "EVENTS",
    "GRANTING", "IMAGE_CONFIGS", "IMAGE_CONTENT_SOURCE_POLICIES", "IMAGE_DIGEST_MIRROR_SETS",
    "IMAGE_TAG_MIRROR_SETS", "LEASES", "LIMIT_RANGES", "NAME", "NAMESPACES", "PLAIN", "PODS", "RBAC", "RESOURCE_QUOTAS",
    "ROLES", "ROLE_BINDINGS", "ROUTES", "SECRETS", "SERVICES", "SERVICE_ACCOUNTS", "field_of",
]  # fmt: skip

PLAIN: tuple[Resource, ...] = (
    *CORE,
    EVENTS,
    *GRANTING,
    *APPS,
    *BATCH,
    LEASES,
    *NETWORKING,
    *POLICY,
    ROUTES,
    DEPLOYMENT_CONFIGS,
    BUILDS,
    BUILD_CONFIGS,
    TEMPLATES,
    *CONFIGURATION,
)
"""Every plain kind, namespaces first."""
