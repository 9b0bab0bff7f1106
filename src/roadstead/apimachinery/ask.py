"""What comes with a request besides the object: who, when, with which options."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from roadstead.apimachinery.ending import Ending
from roadstead.auth.users import Attributes, Decision, User
from roadstead.base.values import Json
from roadstead.kube.meta import SUFFIX_LENGTH, SUFFIX_LETTERS
from roadstead.kube.status import GroupResource

SERVER = User("system:roadstead", groups=("system:masters",))


def new_uid() -> str:
    """A fresh object identity."""
    return str(uuid.uuid4())


def random_suffix() -> str:
    """Five letters that cannot spell a word, for generateName."""
    return "".join(secrets.choice(SUFFIX_LETTERS) for _ in range(SUFFIX_LENGTH))


def _granted(_: Attributes) -> Decision:
    return Decision(True, "the server's own authority")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Who asks, when, and how.

    `url_resource` is the resource in the request's URL, which errors of the store name (image-api contract, section 2);
    None means the collection's own. `url_name` is the name in the refusals of admission, where a view creates another
    object on the way. `options` is the body of a delete (DeleteOptions), `query` what a request for a
    part of an object says beside its path. `at_least` is the revision that a read must
    have reached. `warnings` collects texts for `Warning` headers and is meant to be appended to. `field_manager` is who
    is written down as managing the fields changed ("": nobody), `subresource` the part of the object that the URL
    names, `managed` the managedFields that an apply has worked out. `ending` ends a watch early.
    """

    user: User
    now: datetime
    may: Callable[[Attributes], Decision]
    new_uid: Callable[[], str] = new_uid
    suffix: Callable[[], str] = random_suffix
    dry_run: bool = False
    field_manager: str = ""
    subresource: str = ""
    managed: list[Json] | None = None
    field_validation: str = "Warn"
    warnings: list[str] = field(default_factory=list)
    options: Json = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    url_resource: GroupResource | None = None
    url_name: str = ""
    at_least: int = 0
    ending: Ending | None = None

    @classmethod
    def internal(
        cls,
        now: datetime,
        *,
        user: User = SERVER,
        url_resource: GroupResource | None = None,
        dry_run: bool = False,
        new_uid: Callable[[], str] = new_uid,
        suffix: Callable[[], str] = random_suffix,
    ) -> Ask:
        """The server asking itself: everything is allowed."""
        return cls(
            user=user,
            now=now,
            may=_granted,
            url_resource=url_resource,
            dry_run=dry_run,
            new_uid=new_uid,
            suffix=suffix,
        )
