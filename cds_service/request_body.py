"""The bytes of a request body, declared as JSON, no longer than the cap and in time (REQ-9, REQ-12, REQ-14)."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from cds_service.errors import BodyCutShort, BodyTooLarge, BodyTooSlow, UnsupportedMediaType
from cds_service.json_body import BODY_CAP

_TOO_LARGE = f"The body is larger than {BODY_CAP} bytes."


async def read_body(request: Request, seconds: float) -> bytes:
    """The body, which must arrive within `seconds`.

    Raises UnsupportedMediaType, BodyTooLarge before more than the cap is kept, BodyTooSlow, and BodyCutShort when the
    client went away.
    """
    _check_content_type(request)
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > BODY_CAP:
        raise BodyTooLarge(_TOO_LARGE)
    try:
        async with asyncio.timeout(seconds):
            return await _received(request)
    except TimeoutError:
        raise BodyTooSlow("The body did not arrive in time.") from None
    except ClientDisconnect:
        raise BodyCutShort("The connection was closed before the body was complete.") from None


async def _received(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_CAP:
            raise BodyTooLarge(_TOO_LARGE)
    return bytes(body)


def _check_content_type(request: Request) -> None:
    media_type, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    media_type = media_type.strip()
    if media_type != "application/json" and not (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        raise UnsupportedMediaType("The Content-Type is not application/json.")
    charset = parameters.replace(" ", "").replace('"', "")
    if "charset=" in charset and "charset=utf-8" not in charset:
        raise UnsupportedMediaType("JSON is UTF-8; another charset is not read.")
    if any(encoding.strip().lower() != "identity" for encoding in request.headers.getlist("content-encoding")):
        raise UnsupportedMediaType("An encoded (compressed) body is not read.")
