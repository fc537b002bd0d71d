"""The floor: what any FastAPI service pays that parses the body and answers with one fixed card."""

import orjson
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

_CARD = {"summary": "One fixed card", "indicator": "info", "source": {"label": "Floor"}, "detail": "Nothing was read."}

app = FastAPI(openapi_url=None)


@app.post("/cds-services/{service_id}", response_model=None)
async def call_service(service_id: str, request: Request) -> Response:
    """The fixed card, after the body was parsed."""
    body = orjson.loads(await request.body())
    if not body["prefetch"]:
        return Response(status_code=412)
    return Response(orjson.dumps({"cards": [_CARD]}), media_type="application/json")


@app.get("/readyz", response_model=None)
async def readyz() -> Response:
    """Ready as soon as it listens."""
    return Response(b'{"status":"ready"}', media_type="application/json")
