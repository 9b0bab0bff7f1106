"""Names for plain JSON values; no I/O."""

from typing import Any

Json = dict[str, Any]
"""A JSON object as decoded: text keys, plain values."""
