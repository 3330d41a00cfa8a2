"""What the archive that is being served holds: enough for a start page, a status line and a monitor."""

from dataclasses import dataclass
from datetime import datetime

from search.response import Facet


@dataclass(frozen=True, slots=True)
class Overview:
    """The snapshot that is served now.

    ``published_at`` (UTC) is when the snapshot was made; ``earliest`` and ``latest`` are the dates of its oldest and
    newest article. Of sources, topics and languages each pair is a name and its number of articles, most frequent
    first; ``annotated`` has the same for every field on which heads have said something. ``notice`` says in a sentence
    what an operator should know, such as a fall-back to the previous snapshot; ``backend`` names the FAISS that runs,
    ``encoder`` and ``reranker`` are the fingerprints of the models.
    """

    snapshot: str
    published_at: datetime
    articles: int
    passages: int
    sources: tuple[tuple[str, int], ...] = ()
    topics: tuple[tuple[str, int], ...] = ()
    languages: tuple[tuple[str, int], ...] = ()
    annotated: tuple[Facet, ...] = ()
    earliest: datetime | None = None
    latest: datetime | None = None
    notice: str | None = None
    backend: str = ""
    encoder: str = ""
    reranker: str | None = None
