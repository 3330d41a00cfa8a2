"""From labelled queries to groups a cross-encoder is trained on: positives, mined negatives, one passage per document.

A document is shown by the passage most similar to the query, as the engine does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexer.training.cross_encoder import Group
from indexer.training.first_stage import Bm25, Passages, best_passages
from indexer.training.mining import MiningRule, draw_negatives, false_negatives
from indexer.training.progress import Advance
from indexer.training.sources import Document, LabelledQuery
from indexer.training.swapped_names import with_swapped_name
from search.ranking import coverage_fusion

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

LEXICAL_DEPTH = 100
"""How many documents BM25 brings per query; the others count 0."""
_SHARPNESS = 12.0
"""Times the evidence (0..1), of which a softmax says how sure the first stage is."""
SLICE = 64
"""Queries compared with all passages at a time."""


@dataclass(frozen=True)
class Collection:
    """Documents ready to be searched: their passages, one vector each, and BM25.

    `untitled` are the same passages with vectors and BM25 of their bodies alone, for queries that are titles (`bare`).
    """

    passages: Passages
    vectors: Floats  # (passages, dimension), rows of length 1
    bm25: Bm25
    untitled: "Collection | None" = None

    @classmethod
    def lexical(cls, documents: Sequence[Document]) -> "Collection":
        """A collection without vectors: every similarity is 0, so that BM25 alone ranks and no prior is learned from."""
        passages = Passages.from_documents(documents)
        return cls(passages, np.ones((len(passages.windows), 1), np.float32), Bm25(documents))

    def searched_by(self, query: LabelledQuery) -> "Collection":
        """What a query is searched in: a headline among untitled passages where there are any, any other among all."""
        return self.untitled if query.bare and self.untitled else self

    def document_vectors(self) -> Floats:
        """The mean of each document's passage vectors, of length 1 again (documents, dimension)."""
        starts = np.flatnonzero(np.r_[True, self.passages.owner[1:] != self.passages.owner[:-1]])
        summed = np.add.reduceat(self.vectors, starts, axis=0)
        means: Floats = (summed / np.linalg.norm(summed, axis=1, keepdims=True)).astype(np.float32)
        return means

    def next_best(self, query: Floats, document: int, shown: int, count: int) -> Rows:
        """The passages of a document most similar to the query, without the one that is shown, at most `count`."""
        own = np.flatnonzero(self.passages.owner == document)
        own = own[own != shown]
        best: Rows = own[np.argsort(-(self.vectors[own] @ query), kind="stable")][:count]
        return best


@dataclass(frozen=True)
class Evidence:
    """First-stage evidence of one query over all documents of a collection, each (documents,)."""

    similarity: Floats
    bm25: Floats
    passage: Rows
    """Row of each document's best passage."""
    bm25_bound: float
    """What no document's BM25 can exceed for the query."""

    @property
    def fused(self) -> Floats:
        """Both as the engine fuses them, 0..1, over all documents instead of the best hundred."""
        return coverage_fusion(self.similarity, self.bm25, self.bm25_bound)


@dataclass(frozen=True)
class GroupShape:
    """How a group is made up beside its mined negatives."""

    size: int = 5
    """At most this many passages; negatives are left out at random, relevant ones kept."""
    positives: int = 1
    """At most this many relevant documents of a query whose candidates are not all judged."""
    title_dropped: float = 0.1
    """Share of groups shown without titles, so that untitled articles are read as well."""
    positive_within: int | None = None
    """Only queries with a relevant document among so many best of the first stage; None keeps all."""
    passages: int = 1
    """At most this many passages of a relevant document, most similar first: training shows the best one at the time."""
    doubtful: float = 1.0
    """Only queries for which the first stage gives its relevant documents at most this share against the drawn negatives."""
    swapped: float = 0.0
    """Share of groups with one more negative: the relevant passage with a name of the query replaced by another."""


DEFAULT_RULE, DEFAULT_SHAPE = MiningRule(), GroupShape()


def gather_evidence(collection: Collection, queries: Sequence[str], vectors: Floats) -> list[Evidence]:
    """First-stage evidence for every query; `vectors` (queries, dimension) has rows of length 1."""
    evidence = []
    for first in range(0, len(queries), SLICE):
        part = slice(first, first + SLICE)
        similarity, passage = best_passages(vectors[part], collection.vectors, collection.passages.owner)
        for row, text in enumerate(queries[part]):
            bm25 = collection.bm25
            evidence.append(Evidence(similarity[row], bm25.top(text, LEXICAL_DEPTH), passage[row], bm25.bound(text)))
    return evidence


def evidence_of(collection: Collection, queries: Sequence[LabelledQuery], vectors: Floats) -> list[Evidence]:
    """The same for labelled queries, each searched in what it may be searched in."""
    gathered: dict[int, Evidence] = {}
    for bare in (False, True):
        rows = [row for row, query in enumerate(queries) if query.bare == bare]
        if rows:
            among = collection.searched_by(queries[rows[0]])
            gathered |= zip(rows, gather_evidence(among, [queries[row].text for row in rows], vectors[rows]), strict=True)
    return [gathered[row] for row in range(len(queries))]


def make_groups(
    collection: Collection,
    queries: Sequence[LabelledQuery],
    query_vectors: Floats,
    *,
    forbidden: frozenset[int] = frozenset(),
    rule: MiningRule = DEFAULT_RULE,
    shape: GroupShape = DEFAULT_SHAPE,
    seed: int = 0,
    advance: Advance | None = None,
) -> list[Group]:
    """One group per query that has something to learn from. Documents in `forbidden` are shown to nobody.

    `advance` is told of every query.
    """
    rng = np.random.default_rng(seed)
    documents = collection.document_vectors()
    groups = []
    for first in range(0, len(queries), SLICE):
        part = queries[first : first + SLICE]
        gathered = evidence_of(collection, part, query_vectors[first : first + SLICE])
        searched = zip(part, query_vectors[first : first + SLICE], gathered, strict=True)
        for done, (query, vector, evidence) in enumerate(searched, first + 1):
            rows = (
                _judged_rows(query, forbidden, shape, rng)
                if query.closed
                else _mined_rows(query, evidence, documents, forbidden, rule, shape, rng)
            )
            if len(rows) > 1:
                groups.append(_group(collection, query, vector, evidence, rows, shape, rng))
            if advance:
                advance(done, len(queries))
    return groups


def _judged_rows(query: LabelledQuery, forbidden: frozenset[int], shape: GroupShape, rng: np.random.Generator) -> list[int]:
    rows = [row for row in query.relevance if row not in forbidden]
    rng.shuffle(rows)
    return sorted(rows, key=lambda row: -query.relevance[row])[: shape.size]


def _mined_rows(
    query: LabelledQuery,
    evidence: Evidence,
    documents: Floats,
    forbidden: frozenset[int],
    rule: MiningRule,
    shape: GroupShape,
    rng: np.random.Generator,
) -> list[int]:
    relevant = np.array([row for row, value in query.relevance.items() if value > 0 and row not in forbidden], np.int64)
    fused = evidence.fused
    allowed = np.ones(len(fused), bool)
    allowed[[*forbidden, *query.hidden, *query.relevance]] = False
    if query.relevance and not len(relevant):
        return []
    if len(relevant):
        if shape.positive_within is not None and (fused > fused[relevant].max()).sum() >= shape.positive_within:
            return []
        to_positive = (documents @ documents[relevant].T).max(axis=1)
        best = float(evidence.similarity[relevant].max())
        allowed &= ~false_negatives(evidence.similarity, to_positive, best, rule)
    positives = rng.choice(relevant, min(shape.positives, len(relevant)), replace=False) if len(relevant) else relevant
    judged = [row for row, value in query.relevance.items() if value <= 0 and row not in forbidden]
    negatives = [*rng.permutation(judged).tolist(), *rng.permutation(draw_negatives(fused, allowed, rule, rng)).tolist()]
    rows = [*positives.tolist(), *(int(row) for row in negatives[: shape.size - len(positives)])]
    odds = np.exp(_SHARPNESS * fused[rows])
    return rows if not len(positives) or odds[: len(positives)].sum() <= shape.doubtful * odds.sum() else []


def _group(
    collection: Collection,
    query: LabelledQuery,
    vector: Floats,
    evidence: Evidence,
    rows: list[int],
    shape: GroupShape,
    rng: np.random.Generator,
) -> Group:
    bare = query.bare or rng.random() < shape.title_dropped
    fused = evidence.fused
    group = Group(
        query.text,
        tuple(collection.passages.text(int(evidence.passage[row]), bare=bare) for row in rows),
        tuple(query.relevance.get(row, 0.0) for row in rows),
        tuple(float(fused[row]) for row in rows),
        {
            place: tuple(
                collection.passages.text(passage, bare=bare)
                for passage in collection.searched_by(query).next_best(vector, row, int(evidence.passage[row]), shape.passages - 1)
            )
            for place, row in enumerate(rows)
            if query.relevance.get(row, 0.0) > 0 and shape.passages > 1
        },
    )
    return with_swapped_name(group, collection.passages.windows, rng) if rng.random() < shape.swapped else group
