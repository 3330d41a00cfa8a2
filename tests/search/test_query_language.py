"""Conditions hold for every hit of every mode, and a query of conditions alone finds all that meet them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from indexer.publication import publish
from search.article import StoredArticle
from search.engine import Depths, SearchEngine
from search.index.live import LiveSnapshot
from search.language import understand
from search.query import Mode, Query
from search.store import Archive, open_archive
from tests.archives import index, record
from tests.fakes import TableReranker, WordEncoder
from tests.generated_queries import Asker, contains, words_of

TEXTS = {
    "saudi": ("Saudi output", "Saudi Arabia's oil output rose. The price cap did not bind."),
    "cap": ("A cap on prices", "Ministers agreed on a price cap for gas."),
    "caps": ("Price: cap or floor?", "The price, cap in hand: economists doubt it"),
    "economy": ("The economy", "Economic growth slowed; economies of scale did not help"),
    "zh": ("欧佩克宣布减产", "欧佩克周日减产，油价上涨"),
}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with open_archive(f"sqlite:///{tmp_path_factory.mktemp('archive') / 'a.db'}") as archive:
        yield archive


@pytest.fixture(scope="module")
def data(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    written = [record(key, number, title=title, text=text) for number, (key, (title, text)) in enumerate(TEXTS.items())]
    index(archive, WordEncoder(), [*written, *(record(f"other{i}", 100 + i, author=f"Ann O'Other {i % 3}") for i in range(120))])
    publish(archive, folder)
    return folder


@pytest.fixture(scope="module")
def engine(archive: Archive, data: Path) -> SearchEngine:
    encoder = WordEncoder()
    return SearchEngine(LiveSnapshot(data, lambda _: encoder), TableReranker({}, default=0.0), archive, Depths(candidates=20, rerank=4))


@pytest.fixture(scope="module")
def stored(archive: Archive) -> list[StoredArticle]:
    return [stored for batch in archive.all_articles() for stored in batch]


def _keys(engine: SearchEngine, text: str, mode: Mode = Mode.HYBRID) -> list[str]:
    return [hit.article.key for hit in engine.search(Query(text, top_k=1_000, mode=mode)).hits]


@pytest.mark.parametrize("mode", list(Mode))
def test_conditions_hold_for_every_hit_and_alone_they_say_what_is_found(
    engine: SearchEngine, stored: list[StoredArticle], mode: Mode
) -> None:
    asker = Asker([article.article for article in stored], seed=list(Mode).index(mode))
    exact = 0
    for _ in range(60):
        asked = asker.ask()
        response = engine.search(Query(asked.text, top_k=1_000, mode=mode))
        expected = {article.id for article in stored if asked.meets(article.article)}
        found = {hit.id for hit in response.hits}
        assert found <= expected, asked.text
        assert response.understood == understand(asked.text)
        if understand(asked.text).exact:
            exact += 1
            assert found == expected, asked.text
            assert (response.total, response.total_is_exact) == (len(expected), True)
    assert exact > 10


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ('"price cap"', {"saudi", "cap", "caps"}),
        ('"price cap" -saudi', {"cap", "caps"}),
        ('"price cap" -(title:cap)', {"saudi"}),
        ("econom*", {"economy", "caps"}),
        ("economists OR 周日", {"caps", "zh"}),
        ('near3:"rose price"', {"saudi"}),
        ("“减产”", {"zh"}),
    ],
)
def test_each_operator_finds_what_it_says(engine: SearchEngine, mode: Mode, query: str, keys: set[str]) -> None:
    assert set(_keys(engine, query, mode)) == keys


def test_excluded_words_hold_for_what_is_near_in_meaning(engine: SearchEngine) -> None:
    assert "saudi" in _keys(engine, "crude output")
    assert "saudi" not in _keys(engine, "crude output -arabia")


def test_words_are_searched_without_what_was_excluded(engine: SearchEngine) -> None:
    hits = engine.search(Query("storm match -oil", top_k=1_000)).hits
    assert hits
    assert all(not contains(f"{hit.article.title}\n{hit.article.text}", ["oil"]) for hit in hits)


def test_without_words_the_newest_come_first(engine: SearchEngine) -> None:
    hits = engine.search(Query("source:gazette -oil", top_k=1_000)).hits
    dates = [hit.article.published_at or datetime(1, 1, 1, tzinfo=UTC) for hit in hits]
    assert dates == sorted(dates, reverse=True)
    assert {hit.article.source for hit in hits} == {"Gazette"}
    assert all("oil" not in words_of(f"{hit.article.title} {hit.article.text}") for hit in hits)


def test_a_chinese_article_is_found_by_a_word_of_two_characters_inside_it_and_marked(engine: SearchEngine) -> None:
    for word in ("减产", "油价", "日减", "佩克"):
        hits = engine.search(Query(word, mode=Mode.BM25)).hits
        assert [hit.article.key for hit in hits] == ["zh"]
        snippet = hits[0].snippet
        assert {snippet.text[start:end] for start, end in snippet.highlights} == {word}


def test_a_mistyped_word_is_corrected_in_the_suggestion(engine: SearchEngine) -> None:
    assert engine.search(Query("electoin storm -oil")).suggestion == "election storm -oil"
    assert engine.search(Query("election storm")).suggestion is None


def test_what_is_typed_is_completed(engine: SearchEngine) -> None:
    assert [found.text for found in engine.suggest("the econ")] == ["The economy"]
    assert engine.suggest("ann o'o")[0].kind == "author"
