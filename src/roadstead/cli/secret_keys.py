"""One more key for secrets: put first in the key file, which servers read again when it has changed."""

from __future__ import annotations

from roadstead.app.storage import KEYS
from roadstead.base.certificates import write_private
from roadstead.base.errors import Invalid
from roadstead.base.settings import Settings
from roadstead.objects.sealkeys import SealKeys, new_line


def add(settings: Settings) -> str:
    """Adds a key and says what comes next; raises Failure when there is no key file, or a damaged one."""
    path = settings.folder / KEYS
    if not path.exists():
        raise Invalid(f"there is no {path}; `roadstead serve --data {settings.folder}` makes it at its first start")
    SealKeys(path)
    line = new_line()
    write_private(path, line.encode() + path.read_bytes())
    return (
        f"key {line.split()[0]} encrypts from now on. Keep the older lines of {path} until "
        f"objects.renew_seconds and objects.keep_changes_seconds have passed; back the file up apart from objects.db"
    )
