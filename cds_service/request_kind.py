"""Which kind of request one is, from its path alone: the labels of its metrics, also when it was refused early."""

from typing import NamedTuple

from cds_service.hook_request import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW

_SERVICES = "/cds-services/"
_HOOK_OF = {f"calcinosis-{hook}": hook for hook in (PATIENT_VIEW, ORDER_SELECT, ORDER_SIGN)}
_NONE = "none"
_ADDRESSES = {
    "/cds-services": "discovery",
    "/api/evaluate": "evaluate",
    "/metrics": "metrics",
    "/livez": "health",
    "/readyz": "health",
}


class RequestKind(NamedTuple):
    """`address`: hook | feedback | discovery | evaluate | metrics | health | other; "none" where there is no service.

    Nothing of a path is taken over, only words of this module: a caller cannot make new ones.
    """

    address: str
    service: str = _NONE
    hook: str = _NONE


def request_kind(path: str, service: str | None) -> RequestKind:
    """The kind of a request for `path` (tidy); `service` is the id found for it, where one was."""
    address = _ADDRESSES.get(path, "other")
    if path.startswith(_SERVICES):
        named, _, rest = path.removeprefix(_SERVICES).partition("/")
        address = {"": "hook", "feedback": "feedback"}.get(rest, "other")
        service = service or named
    hook = _HOOK_OF.get(service or "")
    return RequestKind(address) if hook is None or service is None else RequestKind(address, service, hook)
