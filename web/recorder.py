"""Stores feedback behind everybody's back: on a thread of its own, in small transactions, and rather not at all than late."""

import queue
import secrets
import threading
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from search.errors import BroadsheetError, Overloaded
from search.feedback import Reaction, Showing
from web.protocols import FeedbackStore
from web.seal import Seal

_WAITING = 256  # reactions that may wait for the database
MOST_A_DAY = 100_000
"""Reactions that one server keeps in a day: nobody fills a disk through it."""
_CLOSING_SECONDS = 5.0


class MadeBy(NamedTuple):
    """The snapshot that was searched and the fingerprints of the models that ranked."""

    snapshot: str
    encoder: str
    reranker: str | None


class Recorder:
    """Keeps reactions in the order in which they come, and forgets them after ``days``. ``kept`` and ``dropped`` count them."""

    def __init__(self, store: FeedbackStore, days: int) -> None:
        self.days = days
        self.kept = 0
        self.dropped = 0
        self._store = store
        self._waiting: queue.Queue[Reaction | None] = queue.Queue(_WAITING)
        self._worker = threading.Thread(target=self._work, name="feedback", daemon=True)
        self._seal: Seal | None = None
        self._taken = (date.min, 0)  # a day and how many came on it
        self._forgotten = date.min

    def start(self) -> None:
        """Begin to keep."""
        self._seal = Seal(self._store.key())
        self._worker.start()

    def close(self) -> None:
        """Returns when what waits is stored, or was given up because the database is busy."""
        try:
            self._waiting.put(None, timeout=_CLOSING_SECONDS)
        except queue.Full:
            return
        self._worker.join(_CLOSING_SECONDS)

    @property
    def seal(self) -> Seal:
        """What signs showings."""
        assert self._seal is not None, "start() was not called"
        return self._seal

    def showing(self, query: str, search: str, made_by: MadeBy, first: int, shown: tuple[int, ...]) -> Showing:
        """A showing of today under a new random id, which is kept nowhere yet."""
        return Showing(secrets.token_urlsafe(16), today(), query, search, *made_by, first, shown)

    def take(self, reaction: Reaction) -> None:
        """Has the reaction stored soon; waits for nothing. Raises Overloaded, and drops it, when too many wait or came today."""
        day, before = self._taken
        self._taken = (today(), before + 1 if day == today() else 1)
        try:
            if self._taken[1] > MOST_A_DAY:
                raise queue.Full
            self._waiting.put_nowait(reaction)
        except queue.Full:
            self.dropped += 1
            raise Overloaded("Feedback comes faster than it can be kept: try again later.", retry_after=10) from None

    def _work(self) -> None:
        while reactions := self._take_waiting():
            try:
                self._forget_old()
                self._store.store(reactions)
                self.kept += len(reactions)
            except BroadsheetError:  # busy for too long, or its disk is full: searching goes on, and /metrics tells
                self.dropped += len(reactions)

    def _take_waiting(self) -> list[Reaction]:
        """What waits, at least one; nothing once closed."""
        found = [self._waiting.get()]
        while found[-1] is not None and not self._waiting.empty():
            found.append(self._waiting.get())
        if found[-1] is None and len(found) > 1:
            self._waiting.put(None)  # for the next time
        return [reaction for reaction in found if reaction is not None]

    def _forget_old(self) -> None:
        """Once a day, with its first reaction."""
        if self._forgotten != today():
            self._store.forget(today() - timedelta(days=self.days))
            self._forgotten = today()


def today() -> date:
    """The day in UTC."""
    return datetime.now(UTC).date()
