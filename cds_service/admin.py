"""Who may see what is for the people who run the service: the bearer of the token in the file CDS_ADMIN_TOKEN."""

import hmac
from pathlib import Path

from cds_service.errors import StartRefused, Unauthenticated

_SHORTEST_TOKEN = 16


def load_admin_token(file: Path | None) -> bytes | None:
    """The token of `file`, None without one; raises StartRefused when it cannot be read or has fewer than 16 bytes."""
    if file is None:
        return None
    try:
        token = file.read_bytes().strip()
    except OSError as error:
        raise StartRefused(f"The admin token (CDS_ADMIN_TOKEN) cannot be read ({type(error).__name__}).") from None
    if len(token) < _SHORTEST_TOKEN:
        raise StartRefused(f"The file CDS_ADMIN_TOKEN holds fewer than {_SHORTEST_TOKEN} bytes.")
    return token


def check_admin(authorization: str | None, token: bytes | None) -> None:
    """Return when the Authorization header carries `token`, or when there is none; else raises Unauthenticated.

    The time it takes says nothing about where a wrong token differs.
    """
    if token is None:
        return
    scheme, _, sent = (authorization or "").partition(" ")
    if not hmac.compare_digest(sent.encode(), token) or scheme.lower() != "bearer":
        raise Unauthenticated("admin-token")
