"""Where a text stops being JSON, in the words of Go's `encoding/json`; no I/O.

Clients and people know these words (image-api contract, section 16.1). Only texts that a fast parser refused come here.
"""

from __future__ import annotations

import re

_SPACE = re.compile(rb"[ \t\r\n]*")
_STRING = re.compile(rb'(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*')
_LITERALS = {ord("t"): b"true", ord("f"): b"false", ord("n"): b"null"}
_HEX, _DIGITS = frozenset(b"0123456789abcdefABCDEF"), re.compile(rb"[0-9]*")
_END = "unexpected end of JSON input"
MAX_DEPTH = 10_000

_AFTER = {ord("{"): "after object key:value pair", ord("["): "after array element"}


class _Stop(Exception):
    """The first error."""


def syntax_error(raw: bytes) -> str | None:
    """The first syntax error of a text that should be one JSON value; None when its syntax is fine.

    Bytes that are not UTF-8, lone surrogates and numbers out of range are not errors of syntax.
    """
    try:
        _Scanner(raw).document()
    except _Stop as stop:
        return str(stop)
    return None


class _Scanner:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0
        self._open: list[int] = []

    def document(self) -> None:
        """Scans one value and the space around it; nesting is a list, so depth costs no stack."""
        self._value_or_end("looking for beginning of value")
        while self._open:
            closing = ord("}") if self._open[-1] == ord("{") else ord("]")
            char = self._peek()
            if char == closing:
                self._at += 1
                self._open.pop()
            elif char == ord(","):
                self._at += 1
                if closing == ord("}"):
                    self._key()
                self._value_or_end("looking for beginning of value")
            else:
                self._fail(_AFTER[self._open[-1]])
        if self._skip_space() < len(self._raw):
            self._fail("after top-level value")

    def _value_or_end(self, context: str) -> None:
        # A container that is not empty leaves a further value to scan: its first.
        while self._value(context):
            if len(self._open) > MAX_DEPTH:
                raise _Stop("exceeded max depth")
            if self._open[-1] == ord("{"):
                if self._peek() == ord("}"):
                    return
                self._key()
            elif self._peek() == ord("]"):
                return

    def _value(self, context: str) -> bool:
        """Scans a plain value; of a container only its opening, and says so."""
        char = self._peek()
        if char in (ord("{"), ord("[")):
            self._at += 1
            self._open.append(char)
            return True
        if char == ord('"'):
            self._string()
        elif char in _LITERALS:
            self._literal(_LITERALS[char])
        elif char in b"-0123456789":
            self._number()
        else:
            self._fail(context)
        return False

    def _key(self) -> None:
        if self._peek() != ord('"'):
            self._fail("looking for beginning of object key string")
        self._string()
        if self._peek() != ord(":"):
            self._fail("after object key")
        self._at += 1

    def _string(self) -> None:
        self._at += 1
        self._at = self._end_of(_STRING)
        char = self._byte()
        if char == ord('"'):
            self._at += 1
        elif char == ord("\\"):
            self._at += 1
            self._escape()
        else:
            self._fail("in string literal")

    def _escape(self) -> None:
        if self._byte() != ord("u"):
            self._fail("in string escape code")
        self._at += 1
        while self._byte() in _HEX:
            self._at += 1
        self._fail("in \\u hexadecimal character escape")

    def _literal(self, word: bytes) -> None:
        for expected in word:
            if self._byte() != expected:
                self._fail(f"in literal {word.decode()} (expecting '{chr(expected)}')")
            self._at += 1

    def _number(self) -> None:
        if self._byte() == ord("-"):
            self._at += 1
        if self._byte() == ord("0"):
            self._at += 1
        else:
            self._digits("in numeric literal")
        if self._raw[self._at : self._at + 1] == b".":
            self._at += 1
            self._digits("after decimal point in numeric literal")
        if self._raw[self._at : self._at + 1] in (b"e", b"E"):
            self._at += 1
            if self._byte() in (ord("+"), ord("-")):
                self._at += 1
            self._digits("in exponent of numeric literal")

    def _digits(self, context: str) -> None:
        end = self._end_of(_DIGITS)
        if end == self._at:
            self._fail(context)
        self._at = end

    def _end_of(self, pattern: re.Pattern[bytes]) -> int:
        found = pattern.match(self._raw, self._at)
        return found.end() if found else self._at

    def _skip_space(self) -> int:
        self._at = self._end_of(_SPACE)
        return self._at

    def _peek(self) -> int:
        self._skip_space()
        return self._byte()

    def _byte(self) -> int:
        if self._at >= len(self._raw):
            raise _Stop(_END)
        return self._raw[self._at]

    def _fail(self, context: str) -> None:
        raise _Stop(f"invalid character {_quoted(self._byte())} {context}")


def _quoted(byte: int) -> str:
    special = {ord("'"): r"'\''", ord("\\"): r"'\\'", 7: r"'\a'", 8: r"'\b'", 12: r"'\f'", 11: r"'\v'"}
    special |= {ord("\n"): r"'\n'", ord("\r"): r"'\r'", ord("\t"): r"'\t'"}
    if byte in special:
        return special[byte]
    char = chr(byte)
    if char.isprintable():
        return f"'{char}'"
    return f"'\\x{byte:02x}'" if byte < 0x80 else f"'\\u{byte:04x}'"
