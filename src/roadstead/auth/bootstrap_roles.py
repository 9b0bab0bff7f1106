"""The cluster roles every installation has, as a table (import-and-triggers contract, section 10); no I/O."""

from __future__ import annotations

from roadstead.auth.bootstrap_projects import project_roles, registry_roles
from roadstead.auth.bootstrap_system import system_roles
from roadstead.auth.policy import ALLOW_ALL
from roadstead.auth.role_rules import (
    IMAGES,
    LAYERS,
    POLICY,
    PROJECTS,
    READ,
    cluster_role,
    paths,
    rule,
)
from roadstead.auth.users import ADMIN_NAME
from roadstead.base.values import Json

OF_ONESELF = ("localsubjectaccessreviews", "subjectaccessreviews")
"""What oc asks right after a login: may I make a project? The reviews refuse questions about others themselves."""

PUBLIC_PATHS = ("/healthz", "/livez", "/readyz", "/version", "/version/")
WELL_KNOWN = ("/.well-known", "/.well-known/*")
STATUS = ("/healthz", "/healthz/*", "/livez", "/livez/*", "/readyz", "/readyz/*", "/version", "/version/")
DISCOVERY_PATHS = (*PUBLIC_PATHS, *WELL_KNOWN, "/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*")
MONITORING_PATHS = ("/healthz", "/healthz/*", "/livez", "/livez/*", "/metrics", "/metrics/*", "/readyz", "/readyz/*")


def _image_roles() -> list[Json]:
    return [
        cluster_role("system:image-puller", rule(("get",), IMAGES, LAYERS)),
        cluster_role("system:image-pusher", rule(("get", "update"), IMAGES, LAYERS)),
        cluster_role(
            "system:image-builder",
            rule(("get", "update"), IMAGES, LAYERS),
            rule(("create",), IMAGES, ("imagestreams",)),
            rule(("update",), ("", "build.openshift.io"), ("builds/details",)),
            rule(("get",), ("", "build.openshift.io"), ("builds",)),
            into=("admin", "edit"),
        ),
        cluster_role(
            "system:deployer",
            rule(("delete",), ("",), ("replicationcontrollers",)),
            rule((*READ, "update"), ("",), ("replicationcontrollers",)),
            rule(("get", "update"), ("",), ("replicationcontrollers/scale",)),
            rule((*READ, "create"), ("",), ("pods",)),
            rule(("get",), ("",), ("pods/log",)),
            rule(("create", "list"), ("",), ("events",)),
            rule(("create", "update"), IMAGES, ("imagestreamtags", "imagetags")),
        ),
        cluster_role(
            "system:image-signer",
            rule(("get",), IMAGES, ("images", *LAYERS)),
            rule(("create", "delete"), IMAGES, ("imagesignatures",)),
        ),
        cluster_role("system:image-auditor", rule((*READ, "patch", "update"), IMAGES, ("images",))),
    ]


def _people_roles() -> list[Json]:
    reviews = ("selfsubjectaccessreviews", "selfsubjectrulesreviews")
    return [
        cluster_role("cluster-admin", *ALLOW_ALL),
        cluster_role(
            "sudoer", rule(("impersonate",), ("", "user.openshift.io"), ("systemusers", "users"), (ADMIN_NAME,))
        ),
        cluster_role("self-provisioner", rule(("create",), PROJECTS, ("projectrequests",))),
        cluster_role(
            "basic-user",
            rule(("get",), ("", "user.openshift.io"), ("users",), ("~",)),
            rule(("list",), PROJECTS, ("projectrequests",)),
            rule(("list", "watch"), PROJECTS, ("projects",)),
            rule(("get", "list"), POLICY, ("clusterroles",)),
            rule(("create",), ("", "authorization.openshift.io"), ("selfsubjectrulesreviews",)),
            rule(("create",), ("authorization.k8s.io",), ("selfsubjectaccessreviews",)),
            rule((*READ, "delete"), ("oauth.openshift.io",), ("useroauthaccesstokens",)),
        ),
        cluster_role(
            "system:basic-user",
            rule(("create",), ("authorization.k8s.io",), reviews),
            rule(("create",), ("authentication.k8s.io",), ("selfsubjectreviews",)),
        ),
        cluster_role(
            "cluster-status", rule(READ, ("config.openshift.io",), ("clusteroperators",)), paths(("get",), STATUS)
        ),
        cluster_role(
            "self-access-reviewer",
            rule(("create",), ("", "authorization.openshift.io"), ("selfsubjectrulesreviews", *OF_ONESELF)),
            rule(("create",), ("authorization.k8s.io",), reviews),
        ),
        cluster_role("system:discovery", paths(("get",), DISCOVERY_PATHS)),
        cluster_role("system:public-info-viewer", paths(("get",), (*PUBLIC_PATHS, *WELL_KNOWN))),
        cluster_role(
            "system:service-account-issuer-discovery",
            paths(("get",), ("/.well-known/openid-configuration", "/openid/v1/jwks", "/openid/v1/jwks/")),
        ),
        cluster_role(
            "system:auth-delegator",
            rule(("create",), ("authentication.k8s.io",), ("tokenreviews",)),
            rule(("create",), ("authorization.k8s.io",), ("subjectaccessreviews",)),
        ),
        cluster_role(
            "system:oauth-token-deleter",
            rule(("delete",), ("", "oauth.openshift.io"), ("oauthaccesstokens", "oauthauthorizetokens")),
        ),
        cluster_role(
            "system:scope-impersonation",
            rule(("impersonate",), ("authentication.k8s.io",), ("userextras/scopes.authorization.openshift.io",)),
        ),
        cluster_role("system:webhook", rule(("create", "get"), ("", "build.openshift.io"), ("buildconfigs/webhooks",))),
        cluster_role("system:monitoring", paths(("get",), MONITORING_PATHS)),
    ]


def cluster_roles() -> list[Json]:
    """Every cluster role an installation starts with."""
    return [*_people_roles(), *project_roles(), *registry_roles(), *_image_roles(), *system_roles()]
