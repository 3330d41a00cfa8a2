"""Where the trainers' labelled queries come from: a folder in the layout of BEIR, an archive without any labels, or its feedback.

All become a `LabelledSet`. Bad input is refused with one sentence before any model is loaded. `hold_out` parts a set
by article for measuring. How queries are made from an article's own text is in `made_queries`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from indexer.dump import Dump, Rejected
from indexer.feedback.folder import read_relevances
from indexer.feedback.labels import HIGHEST_GRADE, grade_of
from indexer.feedback.training_set import feedback_labels
from indexer.fields import content_from
from indexer.judgements import read_numbered_qrels, read_queries
from indexer.training.made_queries import QueryMaker, Recipe
from indexer.training.sources import Document, LabelledQuery, LabelledSet
from search.errors import BadInput, BadRecord
from search.store import Archive

FEWEST_ARTICLES = 20
"""Below this there are too few articles to be negatives of one another, let alone to hold some out."""
_LAYOUT = "a folder in the layout of BEIR: corpus.jsonl, queries.jsonl, qrels/train.tsv"
DEFAULT_RECIPE = Recipe()


def read_folder(folder: Path, split: str = "train") -> LabelledSet:
    """The articles and the labelled queries of a folder in the layout of BEIR, grades divided by the largest: 0..1.

    A grade of ``feedback export`` becomes the relevance that it was rounded from; one that was changed since counts as it stands, of 3.
    The corpus is read as it would be indexed: its fields may have any of the usual names, and the file may be compressed.
    Articles that are graded 0 stay in a query's relevance with 0.0: they are negatives that somebody has looked at.
    Raises BadInput, naming file and line, for a missing file, a line that is not what it should be, no judgements,
    judgements of articles or queries that do not exist, a query with nothing relevant, and too few articles.
    """
    corpus = _require_files(folder, split)
    documents = _documents(corpus)
    texts = read_queries(folder / "queries.jsonl")
    qrels = folder / "qrels" / f"{split}.tsv"
    judgements = read_numbered_qrels(qrels)
    rows = {document.key: row for row, document in enumerate(documents)}
    _require_known(qrels, [(line, each.doc_id) for line, each in judgements if each.doc_id not in rows], "article", corpus.name)
    _require_known(qrels, [(line, each.query_id) for line, each in judgements if each.query_id not in texts], "query", "queries.jsonl")
    graded: dict[str, dict[int, int]] = defaultdict(dict)
    for _, each in judgements:
        graded[each.query_id][rows[each.doc_id]] = max(each.relevance, 0)
    without = [query for query, judged in graded.items() if not any(judged.values())]
    if without:
        raise BadInput(
            f"The query '{without[0]}' has no relevant article in {qrels} ({len(without)} such queries): give it one with a score above 0, "
            "or leave its lines out.",
            field="qrels",
        )
    return LabelledSet(
        folder.resolve().name,
        documents,
        tuple(LabelledQuery(texts[query], judged) for query, judged in _relevance(folder, documents, graded).items()),
    )


def _relevance(folder: Path, documents: Sequence[Document], graded: Mapping[str, Mapping[int, int]]) -> dict[str, dict[int, float]]:
    """The grades of each query as shares of the largest, of 3 in an export of feedback; what that rounded as it was before."""
    exact = read_relevances(folder)
    highest = max(HIGHEST_GRADE if exact else 0, *(grade for judged in graded.values() for grade in judged.values()))

    def share(query: str, row: int, grade: int) -> float:
        before = exact.get((query, documents[row].key))
        return before if before is not None and grade_of(before) == grade else grade / highest

    return {query: {row: share(query, row, grade) for row, grade in judged.items()} for query, judged in graded.items()}


def from_archive(archive: Archive, recipe: Recipe = DEFAULT_RECIPE) -> LabelledSet:
    """The articles of an archive with queries made from their own text; each finds the article that it was made from.

    A headline is shown with its article's passages without title (`bare`); questions, keywords and crops are taken from
    the body. `kind` says which a query is. The same archive and recipe give the same queries.
    Raises BadInput when the archive has too few articles, or none from which a query can be made.
    """
    documents = _archived(archive)
    _require_enough(tuple(documents.values()), "The archive")
    return from_documents(tuple(documents.values()), recipe)


def from_feedback(archive: Archive) -> LabelledSet:
    """The articles of an archive with what its readers searched for, and found relevant or not by their clicks and marks.

    Raises BadInput when there are too few articles, or no feedback that says of anything that it is relevant.
    """
    documents = _archived(archive)
    _require_enough(tuple(documents.values()), "The archive")
    rows = {article_id: row for row, article_id in enumerate(documents)}
    queries = tuple(
        LabelledQuery(one.text, {rows[id_]: label.relevance for id_, label in one.labels.items() if id_ in rows}, kind="feedback")
        for one in feedback_labels(archive).queries
    )
    return LabelledSet("feedback", tuple(documents.values()), queries)


def _archived(archive: Archive) -> dict[int, Document]:
    """All articles by id, in its order."""
    return {
        stored.id: Document(stored.article.key, stored.article.title, stored.article.text)
        for batch in archive.all_articles()
        for stored in batch
    }


def from_documents(documents: tuple[Document, ...], recipe: Recipe = DEFAULT_RECIPE) -> LabelledSet:
    """The same as `from_archive` for documents in memory."""
    maker = QueryMaker(documents, recipe)
    queries = tuple(
        LabelledQuery(made.text, {row: 1.0}, bare=made.is_headline, kind=made.kind)
        for row, document in enumerate(documents)
        for made in maker.queries(document)
    )
    if not queries:
        raise BadInput("No query can be made from these articles: they have neither headlines of four words nor sentences of eight.")
    return LabelledSet("archive", documents, queries)


def hold_out(labelled: LabelledSet, share: float, seed: int) -> tuple[LabelledSet, LabelledSet]:
    """Two sets, to train on and to measure with: about `share` of the queries is held out, with their articles.

    Queries that share a relevant (or hidden) article stay together; where so many do that no small part stands alone,
    queries are drawn, and the others lose the articles held out with them. The first set has no held-out article among
    its documents, not even as a negative; the second has all documents, so that its queries are searched for among all.
    Raises BadInput when nothing is left to train on.
    """
    if not 0 < share < 1:
        raise BadInput(f"The share to hold out is {share}: give a number between 0 and 1.", field="hold_out")
    held = _held(labelled.queries, max(1, round(share * len(labelled.queries))), Random(seed))
    held_queries = set(held)
    kept = [query for number, query in enumerate(labelled.queries) if number not in held_queries]
    held_rows = {row for number in held for row in _articles(labelled.queries[number])}
    trained = _without(labelled, held_rows, kept)
    if not trained.queries:
        raise BadInput(f"Nothing is left to train on beside {len(held)} held-out queries: give more queries about other articles.")
    return trained, replace(labelled, queries=tuple(labelled.queries[number] for number in sorted(held)))


def apart(trained: LabelledSet, held_out: LabelledSet) -> LabelledSet:
    """The first set without the articles that are relevant in the second (or hidden), nor the queries about these alone.

    Both have the same documents. Raises BadInput when nothing is left to train on.
    """
    left = _without(trained, {row for query in held_out.queries for row in _articles(query)}, trained.queries)
    if not left.queries:
        raise BadInput(
            f"Nothing of {trained.name} is left to train on: all relevant articles of qrels/train.tsv are relevant in qrels/dev.tsv, "
            "too; leave that file out, and a share of the queries is held out instead.",
            field="qrels",
        )
    return left


def drawn(labelled: LabelledSet, count: int, seed: int) -> LabelledSet:
    """The set with at most so many of its queries, drawn at random, in the order in which they were."""
    if len(labelled.queries) <= count:
        return labelled
    places = sorted(Random(seed).sample(range(len(labelled.queries)), count))
    return replace(labelled, queries=tuple(labelled.queries[place] for place in places))


def _held(queries: Sequence[LabelledQuery], wanted: int, rng: Random) -> list[int]:
    """The numbers of about `wanted` queries: whole clusters of them if any is small enough, else drawn one by one."""
    clusters = _clusters(queries)
    rng.shuffle(clusters)
    held: list[int] = []
    for cluster in clusters:
        if len(held) + len(cluster) <= wanted:
            held += cluster
    return held or rng.sample(range(len(queries)), wanted)


def _articles(query: LabelledQuery) -> frozenset[int]:
    """Rows that tell what a query is about: relevant ones, and the one it was cut from."""
    return frozenset(row for row, value in query.relevance.items() if value > 0) | query.hidden


def _clusters(queries: Sequence[LabelledQuery]) -> list[list[int]]:
    """The numbers of queries, those together that are linked by common articles (union-find)."""
    parent = list(range(len(queries)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    first_with: dict[int, int] = {}
    for number, query in enumerate(queries):
        for row in _articles(query):
            parent[root(number)] = root(first_with.setdefault(row, number))
    clusters: dict[int, list[int]] = defaultdict(list)
    for number in range(len(queries)):
        clusters[root(number)].append(number)
    return list(clusters.values())


def _without(labelled: LabelledSet, left_out: set[int], queries: Iterable[LabelledQuery]) -> LabelledSet:
    """The set without some documents, with those of the queries that still find something; rows are counted anew."""
    kept = [row for row in range(len(labelled.documents)) if row not in left_out]
    place = {row: position for position, row in enumerate(kept)}
    still = (
        replace(
            query,
            relevance={place[row]: value for row, value in query.relevance.items() if row in place},
            hidden=frozenset(place[row] for row in query.hidden if row in place),
        )
        for query in queries
    )
    return replace(
        labelled,
        documents=tuple(labelled.documents[row] for row in kept),
        queries=tuple(query for query in still if any(value > 0 for value in query.relevance.values())),
    )


def _require_files(folder: Path, split: str) -> Path:
    """The corpus, which may be compressed. Raises BadInput for a file that is not there."""
    corpora = sorted(folder.glob("corpus.jsonl*"))
    for name, found in (("corpus.jsonl", bool(corpora)), ("queries.jsonl", (folder / "queries.jsonl").is_file())):
        if not found:
            raise BadInput(f"{folder} has no {name}: give {_LAYOUT}.", field="folder")
    if not (folder / "qrels" / f"{split}.tsv").is_file():
        there = ", ".join(sorted(path.stem for path in (folder / "qrels").glob("*.tsv"))) or "none"
        raise BadInput(f"{folder} has no qrels/{split}.tsv: choose another split (there: {there}).", field="split")
    return corpora[0]


def _require_enough(documents: Sequence[Document], place: str) -> None:
    if len(documents) < FEWEST_ARTICLES:
        raise BadInput(
            f"{place} has {len(documents)} articles, too few to train on: at least {FEWEST_ARTICLES} are needed, and hundreds to gain."
        )


def _require_known(qrels: Path, unknown: Sequence[tuple[int, str]], what: str, file: str) -> None:
    if unknown:
        line, key = unknown[0]
        raise BadInput(
            f"{qrels}:{line} names the {what} '{key}', which {file} does not have ({len(unknown)} such lines): "
            "correct the id, or leave the line out.",
            field="qrels",
        )


def _documents(path: Path) -> tuple[Document, ...]:
    documents: dict[str, Document] = {}
    for item in Dump.open([str(path)]):
        if isinstance(item, Rejected):
            raise BadInput(f"{item.place} cannot be read ({item.reason}): correct it, or leave it out.", field="corpus")
        try:
            key, title, text = content_from(item)
        except BadRecord as error:
            raise BadInput(f"{item.place} cannot be read ({error}): correct it, or leave it out.", field="corpus") from error
        if key in documents:
            raise BadInput(f"{path} has the article '{key}' twice: give every article an _id of its own.", field="corpus")
        documents[key] = Document(key, title, text)
    _require_enough(tuple(documents.values()), str(path))
    return tuple(documents.values())
