"""The snapshot that a running process serves: swapped for a newer one between two searches, never during one."""

import logging
import threading
from pathlib import Path

from search.errors import BroadsheetError, EncoderMismatch
from search.index.published import Opened, current_name, no_index, open_current

_log = logging.getLogger(__name__)


class LiveSnapshot:
    """Holds the served snapshot of a data folder. Searches take it once and keep it; ``refresh`` replaces it.

    ``encoder`` is the fingerprint of the encoder whose vectors queries will be compared with.
    """

    def __init__(self, data: Path, encoder: str) -> None:
        self._data = data
        self._encoder = encoder
        self._lock = threading.Lock()
        self._opened: Opened | None = None
        self._seen: str | None = None
        if current_name(data) is not None:
            self._opened = self._checked(open_current(data))
            self._seen = current_name(data)

    @property
    def opened(self) -> Opened:
        """The snapshot now served; raises NoIndex when nothing has been published."""
        if self._opened is None:
            raise no_index(self._data)
        return self._opened

    def refresh(self) -> bool:
        """Swaps to the newest published snapshot; True when it did. What cannot be served leaves the present one in place."""
        name = current_name(self._data)
        if name == self._seen:
            return False
        with self._lock:
            before = self._opened
            try:
                self._opened = self._checked(open_current(self._data, before.snapshot.loaded if before else None))
            except BroadsheetError as error:
                _log.error("The new snapshot %s cannot be served: %s", name, error)
                if before is None:
                    return False
                self._opened = Opened(before.snapshot, f"Still serving {before.snapshot.name}: {error}")
            self._seen = name
            return self._opened.snapshot is not (before.snapshot if before else None)

    def _checked(self, opened: Opened) -> Opened:
        built_by = opened.snapshot.encoder_fingerprint
        if built_by != self._encoder:
            raise EncoderMismatch(
                f"The index in {self._data} was built by the encoder {built_by} and queries would be encoded by {self._encoder}: "
                "start with --encoder set to the one that built it."
            )
        return opened
