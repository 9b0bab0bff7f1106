"""Kubernetes quantities (`1Gi`, `500M`, `2e3`), as far as limits need them: read, compare, write; no I/O."""

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from roadstead.base.errors import Invalid

_FORM = re.compile(
    r"([+-]?)(\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?\d{1,2}))?", re.ASCII
)
_BINARY = {suffix: 1024**power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), start=1)}
_DECIMAL = {
    suffix: Fraction(10) ** power for suffix, power in zip("numkMGTPE", (-9, -6, -3, 3, 6, 9, 12, 15, 18), strict=True)
}


class NotAQuantity(Invalid):
    """A text that is no quantity."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A whole number (fractions are `rounded` up, as Kubernetes does) and the family of suffixes it was written in."""

    value: int
    family: Literal["binary", "decimal"] = "binary"
    rounded: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        """The canonical text: the largest suffix that leaves a whole number."""
        factors = _BINARY if self.family == "binary" else {key: int(each) for key, each in _DECIMAL.items() if each > 1}
        for suffix, factor in reversed(factors.items()):
            if self.value and self.value % factor == 0:
                return f"{self.value // factor}{suffix}"
        return str(self.value)


def parse(text: str) -> Quantity:
    """A quantity from its text; raises NotAQuantity."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise NotAQuantity(f"{ascii(text[:64])} is not a quantity; write for example 500M or 2Gi")
    sign, digits, binary, decimal, exponent = found.groups()
    factor = (
        Fraction(_BINARY[binary]) if binary else _DECIMAL[decimal] if decimal else Fraction(10) ** int(exponent or 0)
    )
    value = Fraction(digits) * factor * (-1 if sign == "-" else 1)
    whole = -(-value.numerator // value.denominator)
    return Quantity(whole, "binary" if binary else "decimal", value.denominator != 1)
