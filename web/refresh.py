"""Looks every few seconds for a newer snapshot, so that what an indexer publishes is found without a restart."""

import logging
import threading

from search.errors import BroadsheetError
from web.protocols import Engine

_LOG = logging.getLogger("broadsheet.web")


class Refresher:
    """A thread that calls ``engine.refresh()`` until it is closed; a failure is logged and tried again."""

    def __init__(self, engine: Engine, *, every: float) -> None:
        self.engine = engine
        self.every = every
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self._closing.clear()
        self._thread = threading.Thread(target=self._watch, name="refresh", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop looking; returns when a swap that has begun is done."""
        self._closing.set()
        if self._thread:
            self._thread.join()

    def _watch(self) -> None:
        last_failure = ""
        while not self._closing.wait(self.every):
            try:
                self.engine.refresh()
                last_failure = ""
            except Exception as error:
                # The same failure every two seconds would bury the rest of the log: each is said once.
                if str(error) != last_failure:
                    known = isinstance(error, BroadsheetError)
                    _LOG.warning("Still serving the snapshot as it was: %s", error, exc_info=None if known else error)
                    last_failure = str(error)
