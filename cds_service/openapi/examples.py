"""The examples of the OpenAPI description: demo requests, kept as files beside this module."""

from importlib.resources import files
from typing import Any

import msgspec


def example_of(name: str) -> dict[str, Any]:
    """The example body of a hook, or of `feedback`; FileNotFoundError when there is none."""
    text = files("cds_service.openapi").joinpath("examples", f"{name}.json").read_bytes()
    example: dict[str, Any] = msgspec.json.decode(text)
    return example
