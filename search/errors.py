"""Everything that can go wrong for a user, as one tree.

BroadsheetError                 one clear sentence: what was wrong, with the value, and what to do
├── BadInput                    the caller's request cannot be served as it is      (HTTP 422, exit 2)
│   └── BadRecord               one record of a dump cannot be used                 (reported, counted, never fatal)
├── NotFound                    no article, head or snapshot of that name           (HTTP 404, exit 1)
├── NoIndex                     nothing has been published yet                      (HTTP 503, exit 1)
├── DamagedSnapshot             a file of a snapshot is not what its manifest says  (falls back, exit 1)
├── EncoderMismatch             vectors of two encoders would be mixed              (exit 1)
├── WriterBusy                  another process is writing                          (exit 1)
├── Overloaded                  the queue is full or the deadline has passed        (HTTP 503 with Retry-After)
└── MissingDependency           an optional package is not installed                (exit 1)
"""


class BroadsheetError(Exception):
    """A failure that the user can understand and act on."""


class BadInput(BroadsheetError):
    """The request cannot be served as it is; ``field`` names the part of it that is wrong."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class BadRecord(BadInput):
    """One record of a dump cannot be used."""


class NotFound(BroadsheetError):
    """There is nothing of that name."""


class NoIndex(BroadsheetError):
    """There is no published snapshot to search."""


class DamagedSnapshot(BroadsheetError):
    """A snapshot's file is missing, truncated or altered."""


class EncoderMismatch(BroadsheetError):
    """The index was built by another encoder."""


class WriterBusy(BroadsheetError):
    """Another process holds the writer lock."""


class Overloaded(BroadsheetError):
    """The service cannot answer in time; try again after ``retry_after`` seconds."""

    def __init__(self, message: str, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class MissingDependency(BroadsheetError):
    """An optional package is needed; the message names the install command."""
