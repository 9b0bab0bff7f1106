"""What documents and the server tell people to type, taken from the text as it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BLOCK = re.compile(
    r"(?:<!--\s*(?P<mark>.*?)\s*-->\s*\n)?^```(?:bash|sh|shell|console)\n(?P<text>.*?)^```", re.S | re.M
)


@dataclass(frozen=True)
class Block:
    """A block of commands, and what the comment right before it says."""

    text: str
    mark: str

    @property
    def runs(self) -> bool:
        """Marked to be run."""
        return self.mark == "test"

    @property
    def excused(self) -> bool:
        """Marked not to be run, with a reason."""
        return self.mark.startswith("not run: ")


def blocks(markdown: str) -> list[Block]:
    """The blocks of commands in a Markdown text."""
    return [Block(found["text"], found["mark"] or "") for found in _BLOCK.finditer(markdown)]


def printed_commands(output: str) -> str:
    """The commands in what `roadstead serve` prints when it is ready."""
    _, _, commands = output.partition("In another terminal")
    return "\n".join(line.strip() for line in commands.splitlines()[1:] if line.startswith("  "))
