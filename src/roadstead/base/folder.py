"""The data folder: made for its owner alone, used by one process at a time, or by several that agreed to share."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import structlog

from roadstead.base.errors import Failure

_OTHERS = 0o007
_log = structlog.get_logger()


class FolderUnusable(Failure):
    """The data folder cannot be used; the message says why and what to do."""


class DataFolder:
    """A folder held by this process until `release`."""

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        """Makes the folder if needed and locks it; `shared`: beside others who share it. Raises FolderUnusable."""
        self.path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as wrong:
            raise FolderUnusable(_explained(path, wrong)) from None
        try:
            fcntl.flock(self._lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(self._lock, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._lock)
            raise FolderUnusable(
                f"{path} is in use by another Roadstead (process {holder}); "
                "stop it, or choose another folder with --data"
            ) from None
        try:
            os.ftruncate(self._lock, 0)
            os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)
        except OSError as wrong:
            os.close(self._lock)
            raise FolderUnusable(_explained(path, wrong)) from None
        # It may be a folder with other things in it, /tmp for one: closing it is for its owner to decide.
        if path.stat().st_mode & _OTHERS:
            _log.warning(f"others on this machine may look into {path}; close it with: chmod o= {path}")

    def release(self) -> None:
        """Lets another process have the folder. Harmless when repeated."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def _explained(path: Path, wrong: OSError) -> str:
    if wrong.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{path} is not writable ({wrong.strerror}); give this user the folder, or choose another with --data"
    if wrong.errno in (errno.ENOTDIR, errno.EEXIST):
        return f"{path} is not a folder; choose another with --data"
    if wrong.errno == errno.ENOSPC:
        return f"there is no space left for {path}; make room, or choose another folder with --data"
    return f"{path} cannot be used ({wrong.strerror}); choose another folder with --data"
