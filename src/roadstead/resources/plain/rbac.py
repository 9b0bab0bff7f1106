"""Roles and bindings; no I/O."""

from __future__ import annotations

from datetime import datetime

from roadstead.apimachinery.resource import Column
from roadstead.base.values import Json
from roadstead.resources.plain.cells import AGE, CREATED, NAME, objects_at, text_at
from roadstead.resources.plain.rows import row

RBAC = "rbac.authorization.k8s.io"


def _role(obj: Json, _: datetime) -> str:
    return f"{text_at(obj, 'roleRef', 'kind')}/{text_at(obj, 'roleRef', 'name')}"


def _subjects(title: str, kind: str) -> Column:
    def show(obj: Json, _: datetime) -> str:
        subjects = [each for each in objects_at(obj, "subjects") if each.get("kind") == kind]
        names = [text_at(each, "name") for each in subjects]
        if kind == "ServiceAccount":
            names = [f"{text_at(each, 'namespace')}/{text_at(each, 'name')}" for each in subjects]
        return ", ".join(names)

    return Column(title, show, priority=1)


_BINDING = (
    NAME,
    Column("Role", _role),
    AGE,
    _subjects("Users", "User"),
    _subjects("Groups", "Group"),
    _subjects("ServiceAccounts", "ServiceAccount"),
)
ROLES = row(RBAC, "Role", (NAME, CREATED))
ROLE_BINDINGS = row(RBAC, "RoleBinding", _BINDING)
CLUSTER_ROLES = row(RBAC, "ClusterRole", (NAME, CREATED), namespaced=False)
CLUSTER_ROLE_BINDINGS = row(RBAC, "ClusterRoleBinding", _BINDING, namespaced=False)

GRANTING = (ROLES, ROLE_BINDINGS, CLUSTER_ROLES, CLUSTER_ROLE_BINDINGS)
