"""Kinds of failure, told apart by what a caller can do about them; no I/O.

Rooms raise these; each door has one table that turns them into its own replies (an OCI error, a Kubernetes Status).
Whatever is not a `Failure` is a fault of ours and surfaces as a 500 with a correlation id.
"""


class Failure(Exception):
    """An answer, not a fault: something the caller can read and act on."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(Failure):
    """The thing named does not exist, or may not be seen."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"{kind} {name!r} not found")
        self.kind, self.name = kind, name


class AlreadyExists(Failure):
    """The name is taken."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"{kind} {name!r} already exists")
        self.kind, self.name = kind, name


class Conflict(Failure):
    """Somebody was faster: read again, then try again."""

    def __init__(self, kind: str, name: str, why: str) -> None:
        super().__init__(f"{kind} {name!r}: {why}")
        self.kind, self.name, self.why = kind, name, why


class Invalid(Failure):
    """The request breaks a rule; the message names the rule."""


class Denied(Failure):
    """The caller is known and may not do this."""


class Unauthenticated(Failure):
    """The credentials are missing, unknown or no longer good."""


class Expired(Failure):
    """The point in history asked for is no longer kept."""


class TooLarge(Failure):
    """A body, a count or a depth is over its limit."""


class OutOfRange(Failure):
    """An offset or a range does not fit what is there."""


class Unsupported(Failure):
    """The request is understood, and this server does not do it."""


class Unavailable(Failure):
    """It cannot be done now; the same request may work after `retry_after` seconds."""

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TooManyRequests(Unavailable):
    """The caller asks more often than allowed."""


class StorageFull(Unavailable):
    """No space is left where the bytes go."""


class StorageReadOnly(Unavailable):
    """The storage does not accept writes."""
