"""A burst of feedback from many clients at once, and what of it the data base holds afterwards."""

import json
import threading
import urllib.error
import urllib.request
import uuid
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

PATH = "/cds-services/calcinosis-patient-view/feedback"
ENTRIES = 3
_SECONDS = 20.0
_DRIVERS = {"postgresql": "postgresql+psycopg", "sqlite": "sqlite"}


@dataclass(slots=True)
class Burst:
    """POSTs of three entries each: which were acknowledged, and how the others ended (status, 0 without an answer)."""

    posts: dict[str, list[str]] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    others: Counter[int] = field(default_factory=Counter)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self, bases: Sequence[str], clients: int, posts: int) -> "Burst":
        """Send until `posts` were sent or `stop` is set, from `clients` threads."""
        names = [str(uuid.uuid4()) for _ in range(posts)]
        with ThreadPoolExecutor(clients) as pool:
            for number, name in enumerate(names):
                pool.submit(self._send, bases[number % len(bases)], name)
        return self

    def send_again(self, base: str) -> set[int]:
        """Send every POST once more, acknowledged or not; the statuses."""
        with ThreadPoolExecutor(8) as pool:
            return set(pool.map(lambda name: post(base, self.posts[name]), list(self.posts)))

    def _send(self, base: str, name: str) -> None:
        if self.stop.is_set():
            return
        cards = [f"{name}-{number}" for number in range(ENTRIES)]
        self.posts[name] = cards
        status = post(base, cards)
        if status == 200:
            self.acknowledged.add(name)
        else:
            self.others[status] += 1


def post(base: str, cards: Sequence[str]) -> int:
    """The status of a feedback POST about `cards`; 0 when there was no answer."""
    entries = [{"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-22T09:34:10Z"} for card in cards]
    return post_json(f"{base}{PATH}", {"feedback": entries})


def post_json(url: str, body: Any) -> int:
    """The status of any POST; 0 when there was no answer."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310  loopback
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310  loopback
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code
    except OSError:
        return 0
    except Exception:  # half an answer of a process that was killed is none
        return 0


def rows(database_url: str, query: str) -> list[Any]:
    """The first column of a query, read as another program would."""
    url = make_url(database_url)
    engine = create_engine(url.set(drivername=_DRIVERS[url.get_backend_name()]))
    try:
        with engine.connect() as connection:
            return list(connection.execute(text(query)).scalars())
    finally:
        engine.dispose()


def faults(burst: Burst, database_url: str) -> list[str]:
    """What is wrong with the stored entries: lost, stored twice, or a POST stored in part."""
    stored = Counter(str(card) for card in rows(database_url, "SELECT card FROM feedback"))
    found = []
    for name, cards in burst.posts.items():
        counts = [stored[card] for card in cards]
        if name in burst.acknowledged and min(counts) == 0:
            found.append(f"{name} was acknowledged and is not stored")
        if max(counts) > 1:
            found.append(f"{name} is stored twice")
        if min(counts) != max(counts):
            found.append(f"{name} is stored in part")
    return found
