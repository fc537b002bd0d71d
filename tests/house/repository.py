"""The repository as the house tests look at it: where it lies, its files, its modules."""

import ast
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("cds_service", "fhir_mappings", "cards", "treatment_algorithm")
AROUND = ("scripts", "benchmarks", "deploy")


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file: its path from the root with slashes, and its text."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        """The parsed text."""
        return ast.parse(self.text, filename=self.path)


def modules_of(*folders: str) -> list[Module]:
    """The Python files below top-level folders, in order."""
    return [
        Module(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
    ]


def text_files() -> list[Path]:
    """The files of the repository that git would keep and that are text; skips the test where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git work tree: the repository's own files cannot be told from others")
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file() and b"\0" not in path.read_bytes()[:4096]]
