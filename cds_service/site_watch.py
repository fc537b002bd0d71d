"""site_watch(): the site files looked at every few seconds, and at once on SIGHUP, while the service runs."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from cds_service.observability import Logger
from cds_service.site import Sites

POLL_SECONDS = 2.0


@asynccontextmanager
async def site_watch(sites: Sites, logger: Logger) -> AsyncIterator[None]:
    """Look at the site files until the block ends; without any there is nothing to do."""
    if not sites.files:
        yield
        return
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    # Signals reach the main thread only; elsewhere, as in tests, looking every few seconds has to do.
    with suppress(NotImplementedError, RuntimeError, ValueError):
        loop.add_signal_handler(signal.SIGHUP, asked.set)
    watcher = loop.create_task(_watch(sites, logger, asked))
    try:
        yield
    finally:
        watcher.cancel()
        with suppress(asyncio.CancelledError):
            await watcher
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.remove_signal_handler(signal.SIGHUP)


async def look_and_tell(sites: Sites, logger: Logger, *, anew: bool = False) -> None:
    """Look once, and log what came into force and what was refused."""
    for file, refusal in await sites.look(anew=anew):
        if refusal is None:
            logger.info("site-file-in-force", site_file=file.name)
        else:
            logger.error("site-file-refused", site_file=refusal.file, problem=refusal.problem)


async def _watch(sites: Sites, logger: Logger, asked: asyncio.Event) -> None:
    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(asked.wait(), POLL_SECONDS)
        anew = asked.is_set()
        asked.clear()
        try:
            await look_and_tell(sites, logger, anew=anew)
        except Exception as error:  # a file that breaks the reading must not end the watching
            logger.error("site-file-refused", problem=type(error).__name__)
