"""An archive as material to adapt to: its articles, the queries made from them, and which of these are for measuring only.

Held-out queries are headlines whose words are not nearly all in the first sentence of the body; their articles, and
articles with the same headline or text, are shown to no model in training.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import numpy.typing as npt

from indexer.training.first_stage import Passages
from indexer.training.labelled import from_documents
from indexer.training.made_queries import HEADLINE, Recipe
from indexer.training.sources import Document, LabelledQuery
from search.errors import BadInput
from search.store import Archive, Identity

FEWEST_QUERIES = 40
"""Held-out headlines below which a difference between two models cannot be told from chance."""


@dataclass(frozen=True)
class Extent:
    """How much of an archive is read, held out and searched in."""

    articles: int = 20_000
    """At most so many articles are read, drawn at random from a larger archive."""
    held_out: int = 500
    """At most so many headlines decide whether the new models are better."""
    calibration: int = 50
    """At most so many more calibrate the cross-encoder."""
    pool: int = 2_000
    """Articles among which the held-out headlines are searched for: theirs and others."""
    share: float = 0.1
    """At most this share of the articles is held out."""


@dataclass(frozen=True)
class Corpus:
    """Articles with their passages and the archive's vectors of these; made queries to train with and to measure with.

    ``reserved`` are rows of articles that training may not show. ``pool`` are rows of the articles searched in.
    """

    ids: tuple[int, ...]
    documents: tuple[Document, ...]
    passages: Passages
    vectors: npt.NDArray[np.float32]  # (passages, dimension), with the title in front of every passage
    trained: tuple[LabelledQuery, ...]
    held_out: tuple[LabelledQuery, ...]
    calibration: tuple[LabelledQuery, ...]
    reserved: frozenset[int]
    pool: tuple[int, ...]

    @property
    def digest(self) -> str:
        """The SHA-256 of the articles' keys, titles and texts."""
        digest = hashlib.sha256()
        for document in self.documents:
            digest.update(repr(document).encode("utf-8", "replace"))
        return digest.hexdigest()


def read_corpus(archive: Archive, identity: Identity, extent: Extent, seed: int, earlier: Sequence[int] = ()) -> Corpus:
    """What an archive gives to adapt to; the same archive, extent and seed give the same.

    ``earlier`` are the ids of the articles that an interrupted run has read: these are read again, and no others.
    Raises BadInput when the archive has too few articles with headlines that are worth asking for, and when it changes
    while it is read.
    """
    ids, documents, vectors = _read(archive, extent.articles, seed, frozenset(earlier))
    passages = Passages.from_documents(documents, identity.passage_words, identity.passage_step)
    if len(passages.windows) != len(vectors):
        raise BadInput("Some articles were changed while they were read: run the same command again.")
    queries = from_documents(documents, Recipe(seed=seed)).queries if documents else ()
    headlines = [query for query in queries if query.kind == HEADLINE]
    rng = Random(seed)
    rng.shuffle(headlines)
    most = min(len(headlines), int(extent.share * len(documents)))
    wanted = min(extent.held_out, most * 2 // 3)
    if wanted < FEWEST_QUERIES:
        raise BadInput(
            f"The archive has {len(documents):,} articles, of which {len(headlines):,} have a headline that does not merely repeat the "
            f"first sentence, too few to adapt to: a tenth of the articles is held out for measuring, and {FEWEST_QUERIES} such "
            f"headlines are needed there, so index at least {round(FEWEST_QUERIES * 1.5 / extent.share):,} articles with headlines."
        )
    held, calibration = headlines[:wanted], headlines[wanted : wanted + min(extent.calibration, most - wanted)]
    reserved = _with_twins(documents, {row for query in (*held, *calibration) for row in query.relevance})
    others = [row for row in range(len(documents)) if row not in reserved]
    pool = sorted([*reserved, *rng.sample(others, min(len(others), max(0, extent.pool - len(reserved))))])
    return Corpus(
        ids,
        documents,
        passages,
        vectors,
        tuple(query for query in queries if not reserved & query.relevance.keys()),
        tuple(held),
        tuple(calibration),
        frozenset(reserved),
        tuple(pool),
    )


def _read(
    archive: Archive, most: int, seed: int, earlier: frozenset[int]
) -> tuple[tuple[int, ...], tuple[Document, ...], npt.NDArray[np.float32]]:
    """Articles by id, and the vectors of their passages in the same order."""
    total = archive.statistics().articles
    drawn = frozenset(Random(seed).sample(range(total), min(most, total)))
    documents: dict[int, Document] = {}
    position = 0
    for batch in archive.all_articles():
        for stored in batch:
            if (stored.id in earlier) if earlier else (position in drawn):
                documents[stored.id] = Document(stored.article.key, stored.article.title, stored.article.text)
            position += 1
    ids = np.array([*documents], np.int64)
    owners: list[npt.NDArray[np.int64]] = []
    starts: list[npt.NDArray[np.int64]] = []
    vectors: list[npt.NDArray[np.float16]] = []
    for passages in archive.changed_passages(0):
        kept = np.isin(passages.article_id, ids)
        owners.append(passages.article_id[kept])
        starts.append(passages.start[kept])
        vectors.append(passages.vectors[kept])
    if not owners:
        return (), (), np.empty((0, 0), np.float32)
    order = np.lexsort((np.concatenate(starts), np.concatenate(owners)))
    return tuple(documents), tuple(documents.values()), np.concatenate(vectors)[order].astype(np.float32)


def _with_twins(documents: Sequence[Document], rows: set[int]) -> set[int]:
    """The rows and those of articles with the same headline or the same text, whatever the case."""
    titles = {documents[row].title.casefold() for row in rows} - {""}
    bodies = {documents[row].body.casefold() for row in rows}
    return {row for row, document in enumerate(documents) if document.title.casefold() in titles or document.body.casefold() in bodies}
