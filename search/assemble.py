"""The one file that names concrete classes and wires them together from the settings.

Models and engine are imported where they are made: importing torch takes seconds, which `broadsheet --help` need not pay for.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from search.errors import BroadsheetError
from search.protocols import Encoder, Reranker
from search.settings import Settings
from search.store import Archive, open_archive

if TYPE_CHECKING:
    from search.engine import SearchEngine

NO_RERANKER = "none"
DATABASE = "broadsheet.db"


def open_engine(settings: Settings) -> "SearchEngine":
    """A search engine over the data folder; it may still be empty, then searching raises NoIndex."""
    return engine_with(settings, open_data(settings), load_encoder(settings), load_reranker(settings))


def engine_with(settings: Settings, archive: Archive, encoder: Encoder, reranker: Reranker | None) -> "SearchEngine":
    """The same over an archive that is open and with models that are loaded already; the caller closes the archive."""
    from search.engine import Depths, SearchEngine
    from search.index.live import LiveSnapshot

    live = LiveSnapshot(settings.data, encoder.fingerprint)
    return SearchEngine(encoder, reranker, live, archive, Depths(settings.candidates, settings.rerank_depth))


def open_data(settings: Settings) -> Archive:
    """The archive of the data folder, which is created if need be."""
    return open_archive(database_url(settings))


def database_url(settings: Settings) -> str:
    """The database that was asked for, else a SQLite file in the data folder."""
    if settings.database_url:
        return settings.database_url
    create_folder(settings.data)
    return f"sqlite:///{(settings.data / DATABASE).resolve()}"


def create_folder(path: Path) -> None:
    """Makes the data folder; raises BroadsheetError when it cannot be made."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BroadsheetError(f"The data folder {path} cannot be created ({error.strerror}): give another one with --data.") from error


def load_encoder(settings: Settings) -> Encoder:
    """The bi-encoder of the settings."""
    from search.models.encoder import SentenceEncoder

    return SentenceEncoder.load(settings.encoder, settings.device, settings.precision)


def load_reranker(settings: Settings) -> Reranker | None:
    """The cross-encoder of the settings; None when it is "none"."""
    if settings.reranker == NO_RERANKER:
        return None
    from search.models.reranker import CrossEncoderReranker

    return CrossEncoderReranker.load(settings.reranker, settings.device, settings.precision)
