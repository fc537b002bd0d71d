"""The commands of the README that are run as they stand: `sh` blocks under a `<!-- run: KIND -->` comment.

KIND is `serve` (starts the service), `test` (the suite), or `curl [MEMBER]`: a call whose JSON answer holds a list
MEMBER that is not empty (`cards` when not said; `silent` when nothing but success is expected).
"""

import re
from dataclasses import dataclass

_BLOCK = re.compile(r"^<!-- run: (?P<kind>\w+)(?: (?P<member>\w+))? -->\n+```sh\n(?P<script>.*?)^```$", re.M | re.S)


@dataclass(frozen=True, slots=True)
class Block:
    """One marked block: its kind, the member it promises (empty when not said), its shell text."""

    kind: str
    member: str
    script: str


def read_blocks(markdown: str) -> tuple[Block, ...]:
    """The marked blocks in their order."""
    return tuple(
        Block(kind=match["kind"], member=match["member"] or "", script=match["script"])
        for match in _BLOCK.finditer(markdown)
    )
