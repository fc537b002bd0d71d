"""What a card needs to know of the request that it answers."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """The hook call: who, where, for whom.

    `patient_id` and `encounter_id` are bare ids, `user_id` is `Type/id`. `base_url` is the public base URL without a
    trailing slash. `derive_uuid` gives the same uuid for the same parts, by keyed hash (decision 20).
    """

    service_id: str
    hook_instance: str
    patient_id: str
    user_id: str
    encounter_id: str | None
    base_url: str
    derive_uuid: Callable[..., str]
