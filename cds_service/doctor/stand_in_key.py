"""A key of the keyed hashes for the length of a check: whoever asks for a diagnosis must not make the service's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from cds_service.settings import Settings


@contextmanager
def stand_in_key(settings: Settings) -> Iterator[Settings]:
    """The settings with another key file, which is gone afterwards.

    `doctor` may run as another user than the service: a key that it made would be unreadable for the service.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder) / "hash.key"
        file.write_bytes(b"stand-in while something is checked")
        yield settings.model_copy(update={"hash_key": file})
