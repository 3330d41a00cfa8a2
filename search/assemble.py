"""The one file that names concrete classes and wires them together from the settings.

Models and engine are imported where they are made: importing torch takes seconds, which `broadsheet --help` need not pay for.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from search.errors import BroadsheetError, EncoderMismatch, NoIndex
from search.models.loading import encoder_folder, find_encoder
from search.models.loading import fingerprint as fingerprint_of
from search.protocols import Encoder, Reranker
from search.settings import DEFAULT_ENCODER, Settings
from search.store import Archive, open_archive

if TYPE_CHECKING:
    from search.engine import SearchEngine
    from search.heads.annotator import HeadAnnotator
    from search.heads.catalogue import Heads
    from search.heads.features import Embedder
    from search.heads.predictor import Predictor
    from search.index.live import LiveSnapshot
    from search.index.manifest import Manifest

NO_RERANKER = "none"
DATABASE = "broadsheet.db"


def open_engine(settings: Settings) -> "SearchEngine":
    """A search engine over the data folder; it may still be empty, then searching raises NoIndex."""
    from search.index.live import LiveSnapshot

    archive = open_data(settings)

    def encoder_of(manifest: "Manifest") -> Encoder:
        name = find_encoder_of(manifest.encoder, manifest.encoder_name, settings)
        return load_encoder(settings.model_copy(update={"encoder": name}))

    live = LiveSnapshot(settings.data, encoder_of)
    if settings.encoder is not None:
        _require_encoder(settings.encoder, live)
    return _engine(settings, live, archive, load_reranker(settings))


def engine_with(settings: Settings, archive: Archive, encoder: Encoder, reranker: Reranker | None) -> "SearchEngine":
    """The same over an archive that is open and with models that are loaded already; the caller closes the archive."""
    from search.index.live import LiveSnapshot

    return _engine(settings, LiveSnapshot(settings.data, lambda _: encoder), archive, reranker)


def _engine(settings: Settings, live: "LiveSnapshot", archive: Archive, reranker: Reranker | None) -> "SearchEngine":
    from search.engine import Depths, SearchEngine

    return SearchEngine(live, reranker, archive, Depths(settings.candidates, settings.rerank_depth))


def _require_encoder(name: str, live: "LiveSnapshot") -> None:
    """Raises EncoderMismatch when the index was not made with the encoder that was asked for."""
    try:
        manifest = live.opened.snapshot.manifest
    except NoIndex:
        return
    asked = fingerprint_of(encoder_folder(name))
    if asked != manifest.encoder:
        raise EncoderMismatch(
            f"The index was made with the encoder {manifest.encoder_name or 'without a name'} ({manifest.encoder}), not with {name} "
            f"({asked}): leave out --encoder and BROADSHEET_ENCODER to search it, or run `broadsheet reindex --encoder {name}` to move it."
        )


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
    """The bi-encoder of the settings, or what a new archive is made with."""
    from search.models.encoder import SentenceEncoder

    return SentenceEncoder.load(settings.encoder or DEFAULT_ENCODER, settings.device, settings.precision)


def load_embedder(settings: Settings) -> "Embedder":
    """Vectors by the encoder of the settings, else of the archive in the data folder, else what a new archive is made with."""
    from search.heads.features import Embedder
    from search.models.encoder import SentenceEncoder

    if settings.encoder is None and (settings.database_url or (settings.data / DATABASE).exists()):
        with open_data(settings) as archive:
            settings = settings_of(archive, settings)
    return Embedder(SentenceEncoder.load(settings.encoder or DEFAULT_ENCODER, settings.device, settings.precision))


def open_heads(settings: Settings) -> "Heads":
    """The installed heads, those in the data folder before those of the package; none is loaded yet."""
    from search.heads.catalogue import BUNDLED, OWN, Heads

    return Heads([settings.data / OWN, BUNDLED], settings.device, settings.precision)


def open_predictor(settings: Settings, engine: "SearchEngine | None" = None) -> "Predictor":
    """Answers of the installed heads, and vectors by the encoder that the engine has open, or without an engine by the archive's."""
    from search.heads.features import Embedder
    from search.heads.predictor import Predictor
    from search.models.encoder import SentenceEncoder

    def embedder() -> Embedder:
        encoder = engine.encoder if engine else None
        return Embedder(encoder) if isinstance(encoder, SentenceEncoder) else load_embedder(settings)

    return Predictor(open_heads(settings), embedder)


def open_annotator(settings: Settings, tasks: Sequence[str] = ()) -> "HeadAnnotator":
    """What annotates articles: all that the installed heads can say of them, or what is asked for. No head is loaded yet.

    Raises NotFound when there is no head, BadInput for a task that none can answer.
    """
    from search.heads.annotator import HeadAnnotator, annotating_heads, chosen_tasks
    from search.heads.catalogue import OWN, Heads
    from search.models.device import placement

    installed = open_heads(settings)
    available = annotating_heads(installed, Heads([settings.data / OWN]))
    return HeadAnnotator(installed, chosen_tasks(tasks, available), placement(settings.device, settings.precision))


def settings_of(archive: Archive, settings: Settings) -> Settings:
    """The settings with an encoder: the one that was asked for, else the archive's own, else what a new archive is made with.

    Raises EncoderMismatch when the archive's own cannot be found.
    """
    identity = archive.identity()
    if settings.encoder is not None:
        return settings
    name = find_encoder_of(identity.encoder_fingerprint, identity.encoder_name, settings) if identity else DEFAULT_ENCODER
    return settings.model_copy(update={"encoder": name})


def find_encoder_of(fingerprint: str, name: str | None, settings: Settings) -> str:
    """The bi-encoder with this fingerprint: what the settings name, if that is it, else the one of this name, else a bundled one.

    Raises EncoderMismatch when none of them has it.
    """
    given = settings.encoder
    found = find_encoder(fingerprint, [each for each in (given, name) if each])
    if found is None:
        raise EncoderMismatch(
            f"The vectors were made with the encoder {name or 'without a name'} ({fingerprint}), which is not there any more"
            f"{f', and {given} is another' if given else ''}: put it back, give its new place with --encoder, or run "
            "`broadsheet reindex --encoder NAME` to move to another."
        )
    return found


def load_reranker(settings: Settings) -> Reranker | None:
    """The cross-encoder of the settings; None when it is "none"."""
    if settings.reranker == NO_RERANKER:
        return None
    from search.models.reranker import CrossEncoderReranker

    return CrossEncoderReranker.load(settings.reranker, settings.device, settings.precision)
