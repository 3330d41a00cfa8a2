"""Labelled queries to train a reranker from, read from public data folders and brought to one shape.

Every source becomes a `LabelledSet`: some documents, and queries with the relevance of some of them. Retrieval
sets are read from the BEIR layout, question-answering sets from their own files. The module knows nothing about
models, negatives or splits for measuring; it only refuses to read what is reserved for measuring (see
`reserved_articles`).
"""

import csv
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

GRADE_RELEVANCE = {0: 0.0, 1: 0.25, 2: 0.75, 3: 1.0}
"""Relevance in 0..1 that a grade of `newsqueries` stands for (3 = mainly about it, 1 = same subject only)."""

RELEVANT = 0.5
"""Relevance (0..1) from which an article counts as relevant where that is a question of yes or no: grade 2 of 3."""

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")


@dataclass(frozen=True)
class Document:
    """What can be retrieved. `key` is the source's own id; `title` may be empty."""

    key: str
    title: str
    body: str


@dataclass(frozen=True)
class LabelledQuery:
    """A query and the relevance (0..1) of some documents, given by their row in the set.

    `closed` says that only the listed documents may be shown with this query, because every other one is unjudged
    and was retrieved less well; otherwise unlisted documents are candidates for negatives.
    `bare` says that passages are shown without their title (the query *is* the title of the relevant one).
    `hidden` are rows never shown, such as the document that the query was cut from.
    `kind` names how the query came about where a set mixes several ways, for figures per kind.
    """

    text: str
    relevance: Mapping[int, float]
    closed: bool = False
    bare: bool = False
    hidden: frozenset[int] = frozenset()
    kind: str = ""


@dataclass(frozen=True)
class LabelledSet:
    """Documents of one source and the queries labelled on them."""

    name: str
    documents: tuple[Document, ...]
    queries: tuple[LabelledQuery, ...]


def untitled(documents: Sequence[Document]) -> tuple[Document, ...]:
    """The documents as a headline is searched in them: bodies without titles, and a title where there is no body."""
    return tuple(replace(document, title="") if document.body else document for document in documents)


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON-lines file, in order."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def read_documents(folder: Path) -> tuple[Document, ...]:
    """The documents of a folder in BEIR layout, in the order of `corpus.jsonl`."""
    return tuple(
        Document(str(row["_id"]), (row.get("title") or "").strip(), (row.get("text") or "").strip())
        for row in read_jsonl(folder / "corpus.jsonl")
    )


def read_query_texts(folder: Path) -> dict[str, str]:
    """Query id → text of a folder in BEIR layout."""
    return {str(row["_id"]): row["text"] for row in read_jsonl(folder / "queries.jsonl")}


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Query id → document id → grade of a BEIR `qrels` file (tab-separated, one header line)."""
    grades: dict[str, dict[str, int]] = defaultdict(dict)
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(rows, None)
        for query, document, grade in rows:
            grades[query][document] = int(grade)
    return dict(grades)


def reserved_articles(data: Path, *, lowest_grade: int) -> frozenset[str]:
    """Ids (as in `newsqueries`) of articles that a measuring split gives at least this grade (0: all it judges)."""
    reserved: set[str] = set()
    for split in ("dev", "dev_known_item"):
        for judged in read_qrels(data / "newsqueries" / "qrels" / f"{split}.tsv").values():
            reserved.update(key for key, grade in judged.items() if grade >= lowest_grade)
    for judged in read_qrels(data / "fnc1" / "qrels" / "dev.tsv").values():
        reserved.update(f"fnc1:{key}" for key in judged)
    return frozenset(reserved)


def newsqueries_known_item(data: Path, documents: tuple[Document, ...]) -> tuple[LabelledQuery, ...]:
    """Queries written for one article each: that one is relevant, its near twins may be too."""
    return _from_qrels(data / "newsqueries", "train", documents, {1: 1.0})


def newsqueries_graded(data: Path, documents: tuple[Document, ...]) -> tuple[LabelledQuery, ...]:
    """Queries with twelve pooled candidates each, all of them graded."""
    return _from_qrels(data / "newsqueries", "train_graded", documents, GRADE_RELEVANCE, closed=True)


def fnc1_headlines(data: Path, documents: tuple[Document, ...]) -> tuple[LabelledQuery, ...]:
    """Headlines with every article of their story; `documents` are those of `newsqueries`, which contain them."""
    return _from_qrels(data / "fnc1", "train", documents, {1: 1.0}, prefix="fnc1:")


def fnc1_leads(data: Path, documents: tuple[Document, ...], count: int, rng: random.Random) -> tuple[LabelledQuery, ...]:
    """Long queries: the first 20 to 60 words of an article, looking for the other articles of its story."""
    rows = {document.key: row for row, document in enumerate(documents)}
    stories = {tuple(sorted(judged)) for judged in read_qrels(data / "fnc1" / "qrels" / "train.tsv").values()}
    queries = []
    for story in sorted(stories):
        members = [rows[f"fnc1:{key}"] for key in story if f"fnc1:{key}" in rows]
        for row in members if len(members) > 1 else ():
            words = documents[row].body.split()
            text = " ".join(words[: rng.randint(20, 60)])
            others = {other: 1.0 for other in members if other != row}
            queries.append(LabelledQuery(text, others, hidden=frozenset({row})))
    rng.shuffle(queries)
    return tuple(queries[:count])


def headlines(documents: tuple[Document, ...], allowed: Iterable[int], count: int, rng: random.Random) -> tuple[LabelledQuery, ...]:
    """Headlines as queries for their own body, shown without titles. Bodies under 30 words are left out."""
    rows = [row for row in allowed if len(documents[row].title.split()) >= 4 and len(documents[row].body.split()) >= 30]
    return tuple(
        LabelledQuery(sentence_case(documents[row].title), {row: 1.0}, bare=True) for row in rng.sample(rows, min(count, len(rows)))
    )


def posts(queries: Sequence[LabelledQuery], count: int, rng: random.Random) -> tuple[LabelledQuery, ...]:
    """Long, untidy queries as pasted from a social network: what several queries ask about one article, signed and dated."""
    by_article: dict[int, list[str]] = defaultdict(list)
    for query in queries:
        by_article[next(iter(query.relevance))].append(query.text)
    several = sorted(row for row, texts in by_article.items() if len(texts) > 1)
    words = sorted({word for query in queries for word in query.text.split() if word.isalpha()})
    made = []
    for row in rng.sample(several, min(count, len(several))):
        texts = rng.sample(by_article[row], min(len(by_article[row]), rng.randint(2, 3)))
        name = rng.sample(words, 2)
        tag = f" #{rng.choice(words)}" if rng.random() < 0.3 else ""
        day = f"{rng.choice(_MONTHS)} {rng.randint(1, 28)}, {rng.randint(2009, 2023)}"
        signed = f"{name[0].title()} {name[1].title()} (@{''.join(name)[:14]}) {day}"
        made.append(LabelledQuery(f"{'. '.join(texts)}{tag} — {signed}", {row: 1.0}))
    return tuple(made)


def squad_sentences(data: Path) -> LabelledSet:
    """Questions for the sentence of Wikipedia that answers them (the `train` split of `squad_qg`)."""
    with (data / "squad_qg" / "train.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return _from_pairs("squad_qg", ((row["question"], row["sentence"]) for row in rows))


def squad_paragraphs(path: Path) -> LabelledSet:
    """Questions for the paragraph that answers them, from a file in SQuAD format."""
    articles = json.loads(path.read_text(encoding="utf-8"))["data"]
    return _from_pairs(
        path.stem,
        (
            (question["question"], paragraph["context"])
            for article in articles
            for paragraph in article["paragraphs"]
            for question in paragraph["qas"]
        ),
    )


def reading_comprehension(data: Path) -> LabelledSet:
    """Questions of the `train` split of `mcqa` for the passage that they were asked about."""
    rows = read_jsonl(data / "mcqa" / "train.jsonl")
    return _from_pairs("mcqa", ((row["question"], row["passage"]) for row in rows))


def causal_news(data: Path) -> LabelledSet:
    """Cause and effect questions for sentences of news."""
    return squad_paragraphs(data / "causal_news_corpus" / "train.json")


def paraphrases(data: Path) -> LabelledSet:
    """Sentences of news for the sentence that says the same (the `train` split of `msrp`); those that only nearly do are irrelevant."""
    with (data / "msrp" / "train.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    same = _from_pairs("msrp", ((row["sentence1"], row["sentence2"]) for row in rows))
    place = {document.body: row for row, document in enumerate(same.documents)}
    judged: dict[str, dict[int, float]] = defaultdict(dict)
    for row in rows:
        judged[row["sentence1"].strip()][place[row["sentence2"].strip()]] = float(row["label"])
    asked = (LabelledQuery(text, relevance) for text, relevance in judged.items())
    return LabelledSet("msrp", same.documents, tuple(query for query in asked if any(query.relevance.values())))


def nonsense_queries(count: int, vocabulary: list[str], rng: random.Random) -> tuple[str, ...]:
    """Queries for which nothing is relevant: hits on the keyboard, unpronounceable words, words drawn at random."""
    makers = (_keyboard_mash, _random_letters, lambda r: " ".join(r.sample(vocabulary, r.randint(2, 6))))
    return tuple(makers[position % len(makers)](rng) for position in range(count))


def _keyboard_mash(rng: random.Random) -> str:
    rows = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890")
    return " ".join(rng.choice(rows)[rng.randint(0, 3) :][: rng.randint(3, 9)] for _ in range(rng.randint(1, 4)))


def _random_letters(rng: random.Random) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return " ".join("".join(rng.choices(letters, k=rng.randint(4, 11))) for _ in range(rng.randint(1, 5)))


def _from_qrels(
    folder: Path,
    split: str,
    documents: tuple[Document, ...],
    relevance: Mapping[int, float],
    *,
    closed: bool = False,
    prefix: str = "",
) -> tuple[LabelledQuery, ...]:
    rows = {document.key: row for row, document in enumerate(documents)}
    texts = read_query_texts(folder)
    return tuple(
        LabelledQuery(texts[query], {rows[prefix + key]: relevance[grade] for key, grade in judged.items()}, closed=closed)
        for query, judged in read_qrels(folder / "qrels" / f"{split}.tsv").items()
    )


def _from_pairs(name: str, pairs: Iterable[tuple[str, str]]) -> LabelledSet:
    """A set where each text answers the questions that it was paired with; equal texts are one document."""
    rows: dict[str, int] = {}
    queries: dict[str, dict[int, float]] = defaultdict(dict)
    for question, text in pairs:
        row = rows.setdefault(text.strip(), len(rows))
        queries[question.strip()][row] = 1.0
    documents = tuple(Document(str(row), "", text) for text, row in rows.items())
    return LabelledSet(name, documents, tuple(LabelledQuery(text, judged) for text, judged in queries.items()))


def sentence_case(title: str) -> str:
    """A headline in capitals as somebody would type it: lower case. The mark-up of agencies is removed from any."""
    plain = re.sub(r"\s*<[^>]*>\s*", " ", title).strip()
    return plain.lower() if plain.isupper() else plain
