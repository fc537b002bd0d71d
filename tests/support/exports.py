"""Charts written as a Bulk FHIR export: one resource type a file, the patients' resources shuffled over the lines."""

import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Json = dict[str, Any]
PARTS = 2


def write_export(folder: Path, resources: Iterable[Json], seed: int = 7) -> Path:
    """The resources as `Type.N.ndjson` files of `folder`, in a random but always the same order."""
    folder.mkdir(parents=True, exist_ok=True)
    shuffled = list(resources)
    chance = random.Random(seed)  # noqa: S311  always the same order
    chance.shuffle(shuffled)
    for resource in shuffled:
        name = f"{resource.get('resourceType', 'Nothing')}.{chance.randrange(PARTS)}.ndjson"
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(json.dumps(resource) + "\n")
    return folder
