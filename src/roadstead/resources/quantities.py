"""Amounts as Kubernetes writes them (`5000`, `1Ki`, `1.5G`), read and printed; no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

_FORM = re.compile(r"([+-]?(?:\d{1,40}(?:\.\d{0,20})?|\.\d{1,20}))([EPTGMk]i?|Ki|[num]|[eE][+-]?\d{1,2})?", re.ASCII)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact amount, and whether it is written in powers of 1024."""

    value: Fraction
    binary: bool = False

    @property
    def whole(self) -> int:
        """The amount in units, rounded down: how much still fits."""
        return self.value.__floor__()

    def __str__(self) -> str:
        """The shortest spelling that loses nothing, in the family it was written in."""
        if self.value.denominator != 1:
            return f"{-(-self.value * 1000 // 1)}m"
        base, units = (1024, list(_BINARY)) if self.binary else (1000, list("kMGTPE"))
        amount, suffix = int(self.value), ""
        for unit in units:
            if not amount or amount % base:
                break
            amount, suffix = amount // base, unit
        return f"{amount}{suffix}"


def parse(text: object) -> Quantity | None:
    """The amount a JSON value stands for; None when it is not one."""
    found = _FORM.fullmatch(str(text)) if isinstance(text, str | int | float) and not isinstance(text, bool) else None
    if found is None:
        return None
    number, unit = Fraction(found[1]), found[2] or ""
    if unit in _BINARY:
        return Quantity(number * 1024 ** _BINARY[unit], binary=True)
    if unit in _DECIMAL:
        return Quantity(number * Fraction(10) ** _DECIMAL[unit])
    return Quantity(number * Fraction(10) ** int(unit[1:])) if unit[:1] in ("e", "E") else None


def in_bytes(count: int) -> Quantity:
    """A number of bytes, printed in powers of 1024 where it is a multiple of them."""
    return Quantity(Fraction(count), binary=True)
