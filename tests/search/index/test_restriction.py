"""What may be found is exactly what brute force finds over the texts: for made-up queries, on both sides, whatever has changed since."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from indexer.publication import Policy, publish
from indexer.readers.record import Place, Record
from search.article import StoredArticle
from search.index.published import open_current
from search.index.snapshot import Snapshot
from search.language import Condition, understand
from search.query import Filters, Names
from search.store import Archive, open_archive
from tests.archives import index, record
from tests.fakes import WordEncoder
from tests.generated_queries import NASTY, Asker, words_of

SAMPLE = Path(__file__).parents[3] / "indexer" / "sample" / "corpus.jsonl"
QUERIES = 500
NO_FILTERS = Filters()
SMALL = Policy(whole=20, tail=10, waste=0.9)  # so that a handful of articles makes several segments


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with open_archive(f"sqlite:///{tmp_path_factory.mktemp('archive') / 'a.db'}") as archive:
        yield archive


@pytest.fixture(scope="module")
def snapshot(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """The sample and texts of nasty words, published in segments, with articles changed and deleted in between."""
    data = tmp_path_factory.mktemp("data")
    encoder = WordEncoder()
    lines = SAMPLE.read_text("utf-8").splitlines()
    index(archive, encoder, [Record(Place("sample", number + 1), json.loads(line)) for number, line in enumerate(lines)])
    publish(archive, data, SMALL)
    index(archive, encoder, [_nasty(number) for number in range(120)])
    publish(archive, data, SMALL)
    archive.delete(["sample-001", "sample-077", "nasty-3", "nasty-4"])
    changed = [_nasty(number, title=f"Rewritten {number}", author="Ann Other") for number in range(50, 60)]
    index(archive, encoder, [*changed, record("sample-010", 10), record("new", 11, author="O'Brien, Zoë")])
    manifest = publish(archive, data, SMALL)
    assert manifest is not None
    assert len(manifest.segments) > 1
    return open_current(data).snapshot


@pytest.fixture(scope="module")
def stored(archive: Archive, snapshot: Snapshot) -> list[StoredArticle]:
    articles = [stored for batch in archive.all_articles() for stored in batch]
    assert len(articles) == len(snapshot)
    return articles


def _nasty(number: int, **changed: object) -> Record:
    generator = np.random.default_rng(number)
    text = "".join(f"{word}{generator.choice([' ', ' ', ' ', ', ', '. ', '-', chr(10)])}" for word in generator.choice(NASTY, 40))
    fields: dict[str, object] = {
        "id": f"nasty-{number}",
        "title": " ".join(generator.choice(NASTY, 4)),
        "text": f"{text}{number}",
        "source": str(generator.choice(["The Daily Zoë", "石油日报", "AT&T News", "daily"])),
        "author": str(generator.choice(["Zoë O'Brien", "Łukasz Ærø", "J. R. Smith"])),
        "language": str(generator.choice(["en", "zh-CN", "de"])),
        "topic": [str(name) for name in generator.choice(["Oil & Gas", "World", "科技"], 2, replace=False)],
    }
    if number % 7:
        fields["published_at"] = f"{1965 + number // 4}-0{1 + number % 9}-01T00:00:00Z"
    return Record(Place("nasty", number + 1), fields | changed)


def _found(snapshot: Snapshot, condition: Condition | None, filters: Filters = NO_FILTERS) -> set[int]:
    among = snapshot.restrict(condition, filters)
    return set(snapshot.columns.article_id[among.articles].tolist() if among else snapshot.columns.article_id.tolist())


@pytest.mark.parametrize("part", range(5))
def test_generated_queries_find_what_brute_force_finds(snapshot: Snapshot, stored: list[StoredArticle], part: int) -> None:
    asker = Asker([article.article for article in stored], seed=part)
    found = 0
    for number in range(QUERIES // 5):
        asked = asker.ask()
        understood = understand(asked.text)
        expected = {article.id for article in stored if asked.meets(article.article)}
        among = snapshot.restrict(understood.condition, Filters())
        assert among is not None, asked.text
        assert _found(snapshot, understood.condition) == expected, asked.text
        found += bool(expected) and len(expected) < len(stored)
        if number % 5 == 0:  # the same on each side of the search, in every mode
            vector = WordEncoder().encode_queries([asked.text])[0]
            everything = len(stored)
            assert set(snapshot.dense("oil", vector, among, everything).article_id.tolist()) == expected, asked.text
            with_word = {article.id for article in stored if "oil" in words_of(f"{article.article.title} {article.article.text}")}
            lexical = set(snapshot.lexical("oil", vector, among, everything).article_id.tolist())
            assert with_word & expected <= lexical <= expected, asked.text
            assert set(snapshot.hybrid("oil", vector, among, everything).article_id.tolist()) == expected, asked.text
            assert set(snapshot.newest(among, everything).article_id.tolist()) == expected, asked.text
    assert found > QUERIES / 15, "most queries must choose some and leave some out, or this proves little"


def test_filters_take_in_and_leave_out_names(snapshot: Snapshot, stored: list[StoredArticle]) -> None:
    filters = Filters(
        after=datetime(1970, 1, 1, tzinfo=UTC),
        authors=("ZOË O'BRIEN", "Łukasz Ærø"),
        without=Names(sources=("daily",), topics=("world", "Nothing"), languages=("DE",)),
    )
    expected = {
        found.id
        for found in stored
        if found.article.published_at is not None
        and found.article.published_at >= datetime(1970, 1, 1, tzinfo=UTC)
        and found.article.author in ("Zoë O'Brien", "Łukasz Ærø")
        and found.article.source != "daily"
        and "World" not in found.article.topics
        and found.article.language != "de"
    }
    assert expected
    assert _found(snapshot, None, filters) == expected
    among = snapshot.restrict(None, filters)
    assert among is not None
    vector = WordEncoder().encode_queries(["oil"])[0]
    lexical = set(snapshot.lexical("oil 石油 naïve", vector, among, len(stored)).article_id.tolist())
    assert lexical
    assert lexical <= expected
    condition = understand("title:rewritten OR naïve*").condition
    assert _found(snapshot, condition, filters) == _found(snapshot, condition) & expected


def test_nothing_asked_restricts_nothing(snapshot: Snapshot) -> None:
    assert snapshot.restrict(None, Filters()) is None


def test_names_nobody_has_find_nothing_and_exclude_nothing(snapshot: Snapshot, stored: list[StoredArticle]) -> None:
    assert _found(snapshot, None, Filters(sources=("Nobody",))) == set()
    assert len(_found(snapshot, None, Filters(without=Names(sources=("Nobody",))))) == len(stored)


def test_without_words_the_newest_come_first_and_the_undated_last(snapshot: Snapshot, stored: list[StoredArticle]) -> None:
    among = snapshot.restrict(understand("language:en OR language:zh").condition, Filters())
    dates = {article.id: article.article.published_at for article in stored}
    found = [dates[article_id] for article_id in snapshot.newest(among, 1_000).article_id.tolist()]
    known = [date for date in found if date]
    assert known == sorted(known, reverse=True)
    assert found[len(known) :] == [None] * (len(found) - len(known))
    assert known
    assert len(found) > len(known)
