"""What can be wrong with the knowledge files; all of it stops the start of the service (decision 12).

Exception
└── KnowledgeError      a knowledge file that cannot be used: which file, which line, why
"""


class KnowledgeError(Exception):
    """A knowledge file that cannot be used; `str()` gives `file:line: message` (`file: message` without a line)."""

    def __init__(self, file: str, line: int | None, message: str) -> None:
        super().__init__(file, line, message)
        self.file = file
        self.line = line
        self.message = message

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.message}"
