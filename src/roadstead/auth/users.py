"""Who asks, for what, and what the answer is; no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from roadstead.base.errors import Denied

ANONYMOUS_NAME = "system:anonymous"
ADMIN_NAME = "system:admin"
UNAUTHENTICATED = "system:unauthenticated"
AUTHENTICATED = "system:authenticated"
PEOPLE = "system:authenticated:oauth"
"""Those who logged in themselves, as opposed to service accounts."""
MASTERS = "system:masters"
SERVICE_ACCOUNT_PREFIX = "system:serviceaccount:"
SERVICE_ACCOUNTS = "system:serviceaccounts"
MAX_NAME = 1024
"""Characters of a user or group name."""


@dataclass(frozen=True, slots=True)
class User:
    """A caller as the gate knows them. `extra` is for reviews and logs; access never depends on it."""

    name: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    @property
    def anonymous(self) -> bool:
        """True when no credentials were shown."""
        return self.name == ANONYMOUS_NAME


ANONYMOUS = User(ANONYMOUS_NAME, groups=(UNAUTHENTICATED,))
ADMIN = User(ADMIN_NAME, groups=(MASTERS, AUTHENTICATED))


@dataclass(frozen=True, slots=True)
class Attributes:
    """One thing somebody wants to do: to a resource, or, when `path` is set, to a path outside the API groups.

    An empty `namespace` means the whole cluster. The joined spelling `resource="imagestreams/layers"` is understood
    as resource and subresource (registry contract, section 4).
    """

    user: User
    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""

    @property
    def target(self) -> str:
        """The resource as rules spell it, such as `imagestreams/layers`."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no, and why: the binding that allows it, or what is missing."""

    allowed: bool
    reason: str = ""


class Refused(Denied):
    """A known caller may not do this; carries what was asked and why the answer is no."""

    def __init__(self, attributes: Attributes, reason: str = "") -> None:
        text = refusal(attributes)
        super().__init__(f"{text}: {reason}" if reason else text)
        self.attributes, self.reason = attributes, reason


def refusal(attributes: Attributes) -> str:
    """The sentence clients see behind `... is forbidden: ` (image-api contract, section 16.1)."""
    if attributes.path:
        return f'User "{attributes.user.name}" cannot {attributes.verb} path "{attributes.path}"'
    where = f'in the namespace "{attributes.namespace}"' if attributes.namespace else "at the cluster scope"
    return (
        f'User "{attributes.user.name}" cannot {attributes.verb} resource "{attributes.target}" '
        f'in API group "{attributes.group}" {where}'
    )


def service_account(namespace: str, name: str, uid: str = "") -> User:
    """The user a service account acts as."""
    groups = (SERVICE_ACCOUNTS, f"{SERVICE_ACCOUNTS}:{namespace}", AUTHENTICATED)
    return User(f"{SERVICE_ACCOUNT_PREFIX}{namespace}:{name}", uid, groups)


def controller(name: str, namespace: str = "openshift-infra") -> User:
    """One of our own loops: it goes by the name of a service account, and works with the server's authority."""
    made = service_account(namespace, name)
    return User(made.name, groups=(MASTERS, *made.groups))


def service_account_of(user_name: str) -> tuple[str, str] | None:
    """Namespace and name of the service account behind a user name; None for everybody else."""
    if not user_name.startswith(SERVICE_ACCOUNT_PREFIX):
        return None
    namespace, colon, name = user_name[len(SERVICE_ACCOUNT_PREFIX) :].partition(":")
    return (namespace, name) if colon and namespace and name and ":" not in name else None
