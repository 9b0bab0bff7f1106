"""A request that the gate has let through: the only thing a handler can be called with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from roadstead.auth.users import User
from roadstead.base.web import Reply, Request
from roadstead.oci.reference import RepositoryName


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who asks for what. `base` is the address the client knows us by, without a slash at the end."""

    request: Request
    user: User
    base: str
    reference: str
    in_repository: RepositoryName | None

    @property
    def repository(self) -> RepositoryName:
        """The repository of a route that has one."""
        assert self.in_repository is not None
        return self.in_repository

    @property
    def url(self) -> str:
        """The repository's address, without a slash at the end."""
        return f"{self.base}/v2/{self.repository}"

    @property
    def caller(self) -> str:
        """What an upload remembers of who started it."""
        return self.user.uid or self.user.name


Answer = Callable[[Admitted], Awaitable[Reply]]
