"""What a check script found: one line a check, and a closing line that adds them up."""

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """Counts checks; `close()` prints `N passed, N failed` and gives the exit code."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def check(self, holds: bool, what: str, why: str = "") -> bool:
        """Count one check and print it; `why` is added when it does not hold. Returns `holds`."""
        if holds:
            self.passed += 1
            print(f"ok      {what}", flush=True)
        else:
            self.failed += 1
            print(f"FAILED  {what}{': ' if why else ''}{why}", flush=True)
        return holds

    def skip(self, what: str, why: str) -> None:
        """Count one check that cannot be made here, with its reason."""
        self.skipped += 1
        print(f"skipped {what}: {why}", flush=True)

    def close(self) -> int:
        """Print the closing line; 0 when nothing failed and something was checked or skipped for a reason."""
        tail = f", {self.skipped} skipped" if self.skipped else ""
        print(f"{self.passed} passed, {self.failed} failed{tail}", flush=True)
        return 0 if not self.failed and self.passed + self.skipped else 1
