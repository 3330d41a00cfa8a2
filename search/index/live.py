"""The snapshot that a running process serves with the encoder that made it: swapped together between two searches, never during one."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from search.errors import BroadsheetError, EncoderMismatch
from search.index.manifest import Manifest
from search.index.published import Opened, current_name, no_index, open_current
from search.protocols import Encoder

_log = logging.getLogger(__name__)

EncoderOf = Callable[[Manifest], Encoder]
"""Loads the encoder that made a snapshot; raises EncoderMismatch when it cannot be found."""


@dataclass(frozen=True, slots=True)
class Served:
    """What a search works with from its beginning to its end: queries are encoded as the vectors of the snapshot were."""

    opened: Opened
    encoder: Encoder


class LiveSnapshot:
    """Holds the served snapshot of a data folder. Searches take it once and keep it; ``refresh`` replaces it."""

    def __init__(self, data: Path, encoder_of: EncoderOf) -> None:
        self._data = data
        self._encoder_of = encoder_of
        self._lock = threading.Lock()
        self._served: Served | None = None
        self._seen: str | None = None
        if current_name(data) is not None:
            self._served = self._with_encoder(open_current(data))
            self._seen = current_name(data)

    @property
    def served(self) -> Served:
        """The snapshot now served and its encoder; raises NoIndex when nothing has been published."""
        if self._served is None:
            raise no_index(self._data)
        return self._served

    @property
    def opened(self) -> Opened:
        """The snapshot now served; raises NoIndex when nothing has been published."""
        return self.served.opened

    def refresh(self) -> bool:
        """Swaps to the newest published snapshot; True when it did. What cannot be served leaves the present one in place."""
        name = current_name(self._data)
        if name == self._seen:
            return False
        with self._lock:
            before = self._served
            try:
                self._served = self._with_encoder(open_current(self._data, before.opened.snapshot.loaded if before else None))
            except BroadsheetError as error:
                _log.error("The new snapshot %s cannot be served: %s", name, error)
                if before is None:
                    return False
                snapshot = before.opened.snapshot
                self._served = Served(Opened(snapshot, f"Still serving {snapshot.name}: {error}"), before.encoder)
            self._seen = name
            return self._served.opened.snapshot is not (before.opened.snapshot if before else None)

    def _with_encoder(self, opened: Opened) -> Served:
        """The snapshot with its encoder: the one in use, if that made it, else loaded while the one in use goes on answering."""
        manifest = opened.snapshot.manifest
        if self._served is not None and self._served.encoder.fingerprint == manifest.encoder:
            return Served(opened, self._served.encoder)
        encoder = self._encoder_of(manifest)
        if encoder.fingerprint != manifest.encoder:
            raise EncoderMismatch(
                f"The index in {self._data} was made with the encoder {manifest.encoder_name or 'without a name'} ({manifest.encoder}) and "
                f"queries would be encoded by {encoder.fingerprint}: leave out --encoder and BROADSHEET_ENCODER, or run "
                "`broadsheet reindex --encoder NAME` to move the index to another encoder."
            )
        return Served(opened, encoder)
