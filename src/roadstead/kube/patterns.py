"""Patterns that other people write, matched in linear time: no text and no pattern can keep us busy; no I/O.

The engine is RE2, the language the one Kubernetes takes (Go's regexp).
"""

from __future__ import annotations

import re2  # type: ignore[import-untyped]

from roadstead.base.errors import Invalid

LONGEST = 4096
MEMORY = 8 << 20
"""Bytes a compiled pattern may take; real definitions have some that need half of it."""


class BadPattern(Invalid):
    """A text that is no pattern, or too large a one."""


class Pattern:
    """One compiled pattern."""

    def __init__(self, text: str) -> None:
        """Raises BadPattern."""
        if len(text) > LONGEST:
            raise BadPattern(f"a pattern has at most {LONGEST} characters")
        options = re2.Options()
        options.max_mem, options.log_errors = MEMORY, False
        try:
            self._compiled = re2.compile(text, options)
        except re2.error as wrong:
            told = wrong.args[0] if wrong.args else b""
            raise BadPattern(told.decode(errors="replace") if isinstance(told, bytes) else str(told)) from None
        except UnicodeEncodeError:
            raise BadPattern("a pattern is valid text") from None
        self.text = text
        self.size: int = self._compiled.programsize
        """How many steps the compiled pattern has."""

    def found_in(self, value: str) -> bool:
        """Whether it matches anywhere in the value."""
        try:
            return self._compiled.search(value) is not None
        except UnicodeEncodeError:
            return False
