"""Hostile requests without end, the same for the same seed: demo requests made wrong in every way we could think of."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any

from scripts.log_secrets import REQUESTS
from scripts.raw_http import RawRequest

MARK = "zebra-7741-marker"
Json = dict[str, Any]
_FEEDBACK = REQUESTS.parents[1] / "cds_service" / "openapi" / "examples" / "feedback.json"
_JSON = (("Content-Type", "application/json"),)
# A place of a document that is filled in as bytes, because no JSON writer would write what comes there.
_HOLE = "@@hole@@"
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 10**30, -0.0, 1e308, "", " ", MARK, "x" * 300, [], {}, [[]], [None], {"a": MARK}, [MARK],
    {"resourceType": MARK}, {"reference": MARK}, {"coding": [{"system": MARK, "code": MARK}]}, "9999-99-99",
    "0000-00-00", "2026-02-30", "-1", "NaN", "\x00", "\u202e" + MARK, "\ud83d\ude00", "<script>alert(1)</script>",
    "{{context.patientId}}", f"../../{MARK}", f"https://{MARK}.example/fhir", "Patient/../" + MARK, {"$ref": "#"},
    [{"resource": {"id": [MARK]}}],
)  # fmt: skip
_RAW: tuple[bytes, ...] = (
    b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"9" * 5_000, b"0" * 20, b"01", b"+1", b".5", b"1.", b"'a'",
    b'"\\ud800"', b'"\\udc00\\ud800"', b'"\xff\xfe"', b'"\xc0\xaf"', b'"\xed\xa0\x80"', b'"\x01"', b'"\\u0000"',
    b'"\\x41"',
    b"undefined", b"/* c */ 1", b"[1,]", b'{"a":1,}', b'{"a":1,"a":2}', b'{"a" 1}', b'"open', b"[" * 150 + b"]" * 150,
    b"[" * 400 + b"]" * 400, b'{"a":' * 3_000 + b"1" + b"}" * 3_000, b"[" * 9_000, b'"' + b"\\\\" * 20_000 + b'"',
)  # fmt: skip
_TYPES = (
    "text/plain", "", "application/xml", "multipart/form-data; boundary=x", "application/json; charset=utf-16",
    "application/json; charset=latin-1", "application/x-www-form-urlencoded", "application/fhir+json", MARK, "a/b/c",
    "application/json; charset=utf-8; charset=utf-7", "*/*", "application/json, text/html", "application/JSON",
)  # fmt: skip
_HEADERS: tuple[tuple[tuple[str, str], ...], ...] = (
    (("Content-Encoding", "gzip"),), (("Content-Encoding", "identity"), ("Content-Encoding", "br")),
    (("Transfer-Encoding", "chunked"), ("Content-Length", "5")), (("Transfer-Encoding", "gzip, chunked"),),
    (("Content-Length", "-1"),), (("Content-Length", "abc"),), (("Content-Length", "99999999999999999999"),),
    (("Expect", "100-continue"),), (("Expect", MARK),), (("Accept", "text/html"),), (("Range", "bytes=0-1"),),
    (("Connection", "upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "a")),
    (("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABkAAQAAP__")),
    (("Origin", "https://a.example"), ("Access-Control-Request-Method", "DELETE")),
    (("Origin", f"https://{MARK}.example"),), (("Origin", "null"), ("Cookie", "a=" + "b" * 3_000)),
    (("Authorization", f"Bearer {MARK}"),), (("Authorization", "Bearer"),), (("Authorization", "Basic \xff\xfe"),),
    (("X-Forwarded-Host", f"{MARK}.example"), ("X-Forwarded-For", MARK)), (("X-HTTP-Method-Override", "DELETE"),),
    (("X-Long", "a" * 20_000),), tuple((f"X-{number}", MARK) for number in range(200)), (("X-Odd", "\xe9\xff"),),
)  # fmt: skip
_METHODS = ("GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "QUERY", "post", MARK.upper())
_TARGETS = (
    "/", "//", "/cds-services/", "/cds-services//calcinosis-patient-view", f"/cds-services/{MARK}", "/cds-services/%00",
    "/cds-services/../livez", "/cds-services/%2e%2e/%2e%2e/etc/passwd", "/cds-services/..%2f..%2fetc%2fpasswd", "/%",
    "/cds-services/calcinosis-patient-view%2Ffeedback", "/cds-services/calcinosis-patient-view;a=b", "/%2e", "/..;/",
    f"/cds-services/calcinosis-patient-view/{MARK}", f"/cds-services/{MARK}/feedback", "/" + "a" * 5_000, "/api/../api",
    f"/api/evaluate?{MARK}", "/cds-services/calcinosis-patient-view?hook=order-sign", "/cds-services/\xe9", "*", MARK,
    f"http://{MARK}.example/cds-services", "/cds-services/CALCINOSIS-PATIENT-VIEW", "/cds-services/%F0%9F%98%80",
    "/.env", "/openapi.json/", "/docs/../livez", "/metrics/", "/cds-services/calcinosis-patient-view/feedback/feedback",
    "/%ff%fe",
)  # fmt: skip


def hostile_requests(seed: int) -> Iterator[RawRequest]:
    """One after another, every way in turn, without end."""
    random = Random(seed)  # noqa: S311 - reproducible, and no secret
    bodies = [_short(json.loads(file.read_text(encoding="utf-8"))) for file in sorted(REQUESTS.glob("*.json"))]
    feedback: Json = json.loads(_FEEDBACK.read_text(encoding="utf-8"))
    while True:
        for way in _WAYS:
            yield way(random, random.choice(bodies))
        yield _wrong_value(random, feedback, "/cds-services/calcinosis-patient-view/feedback")
        yield _raw_value(random, feedback, "/cds-services/calcinosis-order-sign/feedback")


def clean_request(number: int = 0) -> RawRequest:
    """A request that is right in every way; another number gives another demo patient."""
    files = sorted(REQUESTS.glob("patient-view.*.json"))
    return _request("clean", json.loads(files[number % len(files)].read_text(encoding="utf-8")))


def _short(body: Json) -> Json:
    """The request with two entries a bundle, so that ten thousand are sent in a minute."""
    for bundle in body["prefetch"].values():
        if "entry" in bundle:
            bundle["entry"] = bundle["entry"][:2]
    return body


def _request(name: str, body: Any, target: str | None = None, **more: Any) -> RawRequest:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    address = target or f"/cds-services/calcinosis-{body['hook'] if isinstance(body, dict) else 'patient-view'}"
    return RawRequest(name, more.get("method", "POST"), address, more.get("headers", _JSON), content)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every container of a document with each of its keys."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        found += [(holder, key) for key in keys]
        waiting += [holder[key] for key in keys if isinstance(holder[key], dict | list)]
    return found


def _changed(random: Random, body: Json, value: Any) -> Json:
    copy: Json = json.loads(json.dumps(body))
    # The request's own members are few among those of its chart: every third change is one of them.
    holders = [holder for holder in (copy, copy.get("context")) if isinstance(holder, dict)]
    near = [(holder, key) for holder in holders for key in holder]
    places = near if near and random.random() < 0.33 else _places(copy)
    holder, key = random.choice(places)
    holder[key] = value
    return copy


def _target(random: Random, body: Json) -> str:
    return "/api/evaluate" if random.random() < 0.2 else f"/cds-services/calcinosis-{body['hook']}"


def _wrong_value(random: Random, body: Json, target: str | None = None) -> RawRequest:
    value = random.choice(_VALUES)
    changed = _changed(random, body, value)
    for _ in range(random.randrange(3)):
        changed = (
            _changed(random, changed, random.choice(_VALUES)) if isinstance(changed, dict) and changed else changed
        )
    return _request("wrong value", json.dumps(changed).encode(), target or _target(random, body))


def _raw_value(random: Random, body: Json, target: str | None = None) -> RawRequest:
    text = json.dumps(_changed(random, body, _HOLE)).encode()
    return _request(
        "no JSON value", text.replace(f'"{_HOLE}"'.encode(), random.choice(_RAW)), target or _target(random, body)
    )


def _key_twice(random: Random, body: Json) -> RawRequest:
    copy = json.loads(json.dumps(body))
    holder, key = random.choice([place for place in _places(copy) if isinstance(place[0], dict)])
    holder[_HOLE] = 0
    twice = json.dumps(copy).encode().replace(f'"{_HOLE}": 0'.encode(), f'"{key}": "{MARK}"'.encode())
    return _request("key twice", twice, _target(random, body))


def _cut(random: Random, body: Json) -> RawRequest:
    text = json.dumps(body).encode()
    return _request("cut", text[: random.randrange(len(text))], _target(random, body))


def _flipped(random: Random, body: Json) -> RawRequest:
    text = bytearray(json.dumps(body).encode())
    for _ in range(random.randint(1, 8)):
        text[random.randrange(len(text))] = random.randrange(256)
    return _request("flipped bytes", bytes(text), _target(random, body))


def _noise(random: Random, body: Json) -> RawRequest:
    return _request("random bytes", random.randbytes(random.choice((0, 1, 10, 1_000))), _target(random, body))


def _huge_text(random: Random, body: Json) -> RawRequest:
    size = 1_000_000 if random.random() < 0.02 else 20_000
    return _request(
        "huge text", json.dumps(_changed(random, body, MARK * (size // len(MARK)))).encode(), _target(random, body)
    )


def _other_type(random: Random, body: Json) -> RawRequest:
    return _request("content type", body, headers=(("Content-Type", random.choice(_TYPES)),))


def _odd_headers(random: Random, body: Json) -> RawRequest:
    method = random.choice(("POST", "POST", "POST", "OPTIONS"))
    return _request("odd headers", body, headers=(*_JSON, *random.choice(_HEADERS)), method=method)


def _other_method(random: Random, body: Json) -> RawRequest:
    target = random.choice(
        ("/cds-services", f"/cds-services/calcinosis-{body['hook']}", "/api/evaluate", "/livez", "/readyz")
    )
    return _request("method", body, target, method=random.choice(_METHODS))


def _other_target(random: Random, body: Json) -> RawRequest:
    return _request("target", body, random.choice(_TARGETS), method=random.choice(("GET", "POST")))


def _hostile_resource(random: Random, body: Json) -> RawRequest:
    """A resource with several members gone wrong, in a request that is right."""
    copy = json.loads(json.dumps(body))
    resources = [entry["resource"] for one in copy["prefetch"].values() for entry in one.get("entry", ())]
    for _ in range(random.randint(1, 6)):
        holder, key = random.choice(_places(random.choice(resources or [copy["prefetch"]["patient"]])))
        holder[key] = deepcopy(random.choice(_VALUES))
    return _request("hostile resource", copy, _target(random, body))


_WAYS: tuple[Callable[[Random, Json], RawRequest], ...] = (
    _wrong_value, _wrong_value, _raw_value, _raw_value, _key_twice, _cut, _flipped, _noise, _huge_text, _other_type,
    _odd_headers, _other_method, _other_target, _hostile_resource, _hostile_resource,
)  # fmt: skip
