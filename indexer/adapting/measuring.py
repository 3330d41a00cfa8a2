"""How well models find the article behind a held-out headline, and what judged queries ask for, in a pool of the archive.

Bodies are searched without their headlines, which would give the answer away; for judged queries the titles are there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ir_measures import Qrel, ScoredDoc

from indexer.adapting.corpus import Corpus
from indexer.evaluation.measuring import figures
from indexer.evaluation.significance import Figures
from indexer.evaluation.system import DEPTH
from indexer.judgements import Judged
from indexer.training.first_stage import Bm25, Passages
from indexer.training.groups import Collection, Evidence, gather_evidence
from indexer.training.sources import Document, LabelledQuery
from search.errors import BadInput
from search.protocols import Encoder, Reranker
from search.ranking import combine, weights_for
from search.store import Archive, Identity

RERANKED = 16
"""Articles that the cross-encoder reads, as in a search."""


class Pool:
    """Articles that are searched in, ready for any encoder."""

    def __init__(self, documents: Sequence[Document], identity: Identity) -> None:
        self.documents = documents
        self._passages = Passages.from_documents(documents, identity.passage_words, identity.passage_step)
        self._bm25 = Bm25(documents)

    def encoded(self, encoder: Encoder) -> Collection:
        """The pool with an encoder's vectors."""
        return Collection(self._passages, encoder.encode_passages(self._passages.texts()), self._bm25)


@dataclass(frozen=True)
class Task:
    """Queries by their id, and which articles of a pool are relevant: query → article key → grade."""

    pool: Pool
    queries: Mapping[str, str]
    grades: Mapping[str, Mapping[str, int]]

    def evidence(self, collection: Collection, encoder: Encoder) -> list[Evidence]:
        """First-stage evidence of every query over the pool, which the same encoder has encoded."""
        texts = list(self.queries.values())
        return gather_evidence(collection, texts, encoder.encode_queries(texts))

    def measured(self, scores: Sequence[npt.NDArray[np.float32]]) -> Figures:
        """The figures of every query, given a value for each article, higher is better; 0 and below is not found."""
        run = []
        for query, values in zip(self.queries, scores, strict=True):
            found = [row for row in np.argsort(-values, kind="stable")[:DEPTH] if values[row] > 0]
            run += [ScoredDoc(query, self.pool.documents[row].key, float(DEPTH - place)) for place, row in enumerate(found)]
        qrels = [Qrel(query, key, grade) for query, judged in self.grades.items() for key, grade in judged.items()]
        return figures(qrels, run)

    def reranked(self, collection: Collection, evidence: Sequence[Evidence], reranker: Reranker) -> Figures:
        """The figures of the hybrid with its best articles reordered."""
        scores = []
        for text, found in zip(self.queries.values(), evidence, strict=True):
            rows = best(found)
            relevance = reranker.relevance(pairs(collection, text, found))
            values = found.fused.copy()
            values[rows] = 1.0 + combine(found.fused[rows], relevance, weights_for(text))  # above all that were not read
            scores.append(values)
        return self.measured(scores)


def best(evidence: Evidence) -> npt.NDArray[np.int64]:
    """Rows of the articles that a reranker reads."""
    return np.argsort(-evidence.fused, kind="stable")[:RERANKED]


def pairs(collection: Collection, text: str, evidence: Evidence) -> list[tuple[str, str]]:
    """What a reranker reads of them: the query with the best passage of each."""
    return [(text, collection.passages.text(int(evidence.passage[row]))) for row in best(evidence)]


def headline_pool(corpus: Corpus, identity: Identity) -> Pool:
    """The corpus's pool, bodies without titles."""
    return Pool([Document(corpus.documents[row].key, "", corpus.documents[row].body) for row in corpus.pool], identity)


def headline_task(corpus: Corpus, pool: Pool, queries: Sequence[LabelledQuery]) -> Task:
    """Each headline for the article that it stands above."""
    texts = {str(number): query.text for number, query in enumerate(queries)}
    grades = {str(number): {corpus.documents[row].key: 1 for row in query.relevance} for number, query in enumerate(queries)}
    return Task(pool, texts, grades)


def judged_task(corpus: Corpus, archive: Archive, identity: Identity, judged: Judged) -> Task:
    """Judged queries over the articles that are judged and those of the corpus's pool, with their titles.

    Raises BadInput when the archive has none of the articles that are judged relevant.
    """
    documents = {corpus.documents[row].key: corpus.documents[row] for row in corpus.pool}
    for key in dict.fromkeys(qrel.doc_id for qrel in judged.qrels):
        if key not in documents and (stored := archive.article_by_key(key)):
            documents[key] = Document(key, stored.article.title, stored.article.text)
    if not any(qrel.doc_id in documents and qrel.relevance > 0 for qrel in judged.qrels):
        raise BadInput("The archive has none of the articles that are judged relevant: give judgements of its own articles.", field="qrels")
    grades: dict[str, dict[str, int]] = {}
    for qrel in judged.qrels:
        grades.setdefault(qrel.query_id, {})[qrel.doc_id] = qrel.relevance
    return Task(Pool([*documents.values()], identity), {query: judged.queries[query] for query in grades}, grades)
