"""From labelled queries to a bi-encoder's examples: the passage that answers, those that only look like it, a teacher's scores.

Candidates are found as the engine finds them, by BM25 and by the vectors of the model itself; mining again with the
vectors of the model in training refreshes them. What may be a negative is decided in `mining`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from indexer.training.bi_encoder import Example, Noise, Pool
from indexer.training.groups import SLICE, Collection, Evidence, evidence_of
from indexer.training.mining import MiningRule, false_negatives
from indexer.training.progress import Advance
from indexer.training.sources import RELEVANT, LabelledQuery
from search.protocols import Reranker

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Judge = Callable[[Sequence[tuple[str, str]]], Floats]
"""Scores of (query, passage) pairs, higher is better: what a cross-encoder does."""


@dataclass(frozen=True)
class Mining:
    """How many passages of which kind an example gets."""

    positives: int = 1
    """Examples made of a query with several relevant articles, one each."""
    negatives: int = 8
    """Mined negatives to draw from: the best of the first stage that are not likely to be relevant."""
    candidates: int = 0
    """The first stage's best articles, relevant or not, whose order the teacher judges."""
    temperature: float = 0.05
    """The hybrid's scores, 0..1, are divided by it to become the teacher's logits."""
    label_bonus: float = 0.3
    """What the teacher adds to the hybrid's score of an article, times its relevance (0..1)."""
    rule: MiningRule = field(default_factory=MiningRule)


def make_examples(
    collection: Collection,
    queries: Sequence[LabelledQuery],
    query_vectors: Floats,
    mining: Mining,
    *,
    forbidden: frozenset[int] = frozenset(),
    judge: Judge | None = None,
    seed: int = 0,
    advance: Advance | None = None,
) -> list[Example]:
    """Examples of all queries that have a relevant article; passage rows are those of `pool_of`.

    A query that is shown passages without titles (`bare`) has no candidates: their vectors are those with titles.
    The teacher is the first stage's fused evidence with the labels on top, or `judge` if one is given: its scores are
    taken as logits, and negatives that it finds better than the positive are dropped. Articles in `forbidden` are
    shown to nobody. `advance` is told of every query.
    """
    rng = np.random.default_rng(seed)
    documents = collection.document_vectors()
    examples = []
    for first in range(0, len(queries), SLICE):
        part = queries[first : first + SLICE]
        gathered = evidence_of(collection, part, query_vectors[first : first + SLICE])
        for done, (query, evidence) in enumerate(zip(part, gathered, strict=True), first + 1):
            examples += _of_query(collection, query, evidence, documents, mining, forbidden, judge, rng)
            if advance:
                advance(done, len(queries))
    return examples


def judge_of(reranker: Reranker) -> Judge:
    """The log-odds of relevance that a cross-encoder gives to pairs."""

    def judge(pairs: Sequence[tuple[str, str]]) -> Floats:
        relevance = np.clip(reranker.relevance(pairs), 1e-6, 1 - 1e-6)
        logits: Floats = np.log(relevance / (1 - relevance))
        return logits

    return judge


def pool_of(collection: Collection) -> Pool:
    """The collection's passages as training reads them: all with their title in front, then all without."""
    passages = collection.passages
    untitled = np.repeat([False, True], len(passages.windows))
    return Pool((*passages.texts(), *passages.texts(bare=True)), np.concatenate([passages.owner, passages.owner]), untitled)


def bank_of(collection: Collection, forbidden: frozenset[int] = frozenset()) -> Floats:
    """The vectors of the passages of `pool_of`, 0 where there are none: without titles they may not have been made, and
    articles in `forbidden` are shown to nobody."""
    bare = collection.untitled.vectors if collection.untitled else np.zeros_like(collection.vectors)
    bank = np.concatenate([collection.vectors, bare])
    bank[np.isin(np.r_[collection.passages.owner, collection.passages.owner], [*forbidden])] = 0.0
    return bank


def noise_of(pool: Pool, examples: Iterable[Example], queries: Iterable[LabelledQuery], power: float = 0.75) -> Noise:
    """Articles in proportion to how often they are labelled relevant, to the power of 0.75 (Mikolov et al. 2013).

    Each is shown by the passage that most often answers, or its first where none is drawn to answer. Articles without any
    label are not drawn, as words that a corpus does not have are not.
    """
    labels = Counter(row for query in queries for row, value in query.relevance.items() if value >= RELEVANT)
    articles, first = np.unique(pool.article, return_index=True)
    shown = {int(article): Counter({int(passage): 0}) for article, passage in zip(articles, first, strict=True)}
    for example in examples:
        shown[int(pool.article[example.positive])][example.positive] += 1
    weights = np.array([count**power for count in labels.values()])
    return Noise(
        np.array([*labels], np.int64),
        np.array([shown[article].most_common(1)[0][0] for article in labels], np.int64),
        weights / weights.sum(),
    )


def _of_query(
    collection: Collection,
    query: LabelledQuery,
    evidence: Evidence,
    documents: Floats,
    mining: Mining,
    forbidden: frozenset[int],
    judge: Judge | None,
    rng: np.random.Generator,
) -> list[Example]:
    positives = np.array([row for row, value in query.relevance.items() if value >= RELEVANT and row not in forbidden], np.int64)
    if not len(positives):
        return []
    fused = evidence.fused
    to_positive = (documents @ documents[positives].T).max(axis=1)
    doubtful = false_negatives(evidence.similarity, to_positive, float(evidence.similarity[positives].max()), mining.rule)
    unshown = np.zeros(len(fused), bool)
    unshown[[*forbidden, *query.hidden]] = True
    allowed = ~(doubtful | unshown)
    allowed[[row for row, value in query.relevance.items() if value > 0]] = False
    negatives = _best(fused, allowed, mining.negatives)
    candidates = _best(fused, ~unshown, 0 if query.bare else mining.candidates)
    bare = len(collection.passages.windows) if query.bare else 0  # how far behind the others the rows without titles are
    chosen = rng.choice(positives, min(mining.positives, len(positives)), replace=False)
    relevant = frozenset([*(row for row, value in query.relevance.items() if value > 0), *query.hidden, *np.flatnonzero(doubtful).tolist()])
    made = []
    for positive in chosen:
        others = candidates[candidates != positive]
        scores = _teach(collection, query, evidence, np.r_[positive, others], mining, judge) if len(others) else ()
        kept = negatives if judge is None else _below(judge, collection, query, evidence, int(positive), negatives)
        made.append(
            Example(
                query.text,
                int(evidence.passage[positive]) + bare,
                relevant,
                tuple(int(row) + bare for row in evidence.passage[kept]),
                tuple(int(row) for row in evidence.passage[others]),
                tuple(scores),
            )
        )
    return made


def _best(fused: Floats, allowed: npt.NDArray[np.bool_], count: int) -> Rows:
    """The `count` best allowed rows by first-stage evidence."""
    if not count:
        return np.empty(0, np.int64)
    score = np.where(allowed, fused, -np.inf)
    best = np.argpartition(-score, min(count, len(score)) - 1)[:count]
    ordered: Rows = best[np.argsort(-score[best], kind="stable")]
    return ordered[allowed[ordered]]


def _teach(
    collection: Collection, query: LabelledQuery, evidence: Evidence, rows: Rows, mining: Mining, judge: Judge | None
) -> tuple[float, ...]:
    """The teacher's logits for some articles."""
    if judge is not None:
        return tuple(float(score) for score in judge(_pairs(collection, query, evidence, rows)))
    labels = np.array([query.relevance.get(int(row), 0.0) for row in rows])
    return tuple(float(score) for score in (evidence.fused[rows] + mining.label_bonus * labels) / mining.temperature)


def _below(judge: Judge, collection: Collection, query: LabelledQuery, evidence: Evidence, positive: int, negatives: Rows) -> Rows:
    """The negatives that the judge finds worse than the positive (Qu et al. 2021, RocketQA)."""
    if not len(negatives):
        return negatives
    scores = judge(_pairs(collection, query, evidence, np.r_[positive, negatives]))
    kept: Rows = negatives[scores[1:] < scores[0]]
    return kept


def _pairs(collection: Collection, query: LabelledQuery, evidence: Evidence, rows: Rows) -> list[tuple[str, str]]:
    """What the judge reads of some articles, for a headline without their titles."""
    return [(query.text, collection.passages.text(int(evidence.passage[row]), bare=query.bare)) for row in rows]
