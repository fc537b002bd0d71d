"""A Dockerfile as a list of steps, as far as this project's own file needs it."""

import json
import re
import shlex
from dataclasses import dataclass

# The words that our file uses.
_KNOWN = frozenset({"FROM", "WORKDIR", "RUN", "COPY", "ENV", "LABEL", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "CMD"})


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction: its word in capitals, its text with continued lines joined."""

    word: str
    text: str

    @property
    def words(self) -> list[str]:
        """The text split as a shell would; for CMD and HEALTHCHECK the JSON array that is executed."""
        if self.word in ("CMD", "HEALTHCHECK"):
            command: list[str] = json.loads(self.text[self.text.index("[") :])
            return command
        return shlex.split(self.text)


def read_steps(dockerfile: str) -> tuple[Step, ...]:
    """The instructions in their order. Raises ValueError at a word that this reader does not know."""
    joined = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", dockerfile, flags=re.M))
    steps = []
    for line in filter(None, map(str.strip, joined.splitlines())):
        word, _, text = line.partition(" ")
        if word.upper() not in _KNOWN:
            raise ValueError(f"{word} is not among {sorted(_KNOWN)}")
        steps.append(Step(word.upper(), text.strip()))
    return tuple(steps)
