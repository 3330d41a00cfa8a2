"""The engine's answers, from queries to hits, over a small archive with models whose answers are known."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from indexer.publication import publish
from search.article import Article
from search.cutoff import RELEVANCE_CUTOFF
from search.engine import Depths, SearchEngine
from search.errors import EncoderMismatch, NoIndex, NotFound
from search.index.live import LiveSnapshot
from search.protocols import Reranker
from search.query import Filters, Mode, Query, Sort
from search.ranking import combine, coverage_fusion, weights_for
from search.response import Seconds
from search.store import Archive, open_archive
from tests.archives import index, record
from tests.fakes import TableReranker, WordEncoder

DEPTHS = Depths(candidates=50, rerank=8)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with open_archive(f"sqlite:///{tmp_path / 'a.db'}") as archive:
        yield archive


def _engine(archive: Archive, data: Path, reranker: Reranker | None = None) -> SearchEngine:
    encoder = WordEncoder()
    return SearchEngine(LiveSnapshot(data, lambda _: encoder), reranker, archive, DEPTHS)


@pytest.fixture
def data(archive: Archive, tmp_path: Path) -> Path:
    stories = [
        record("crude", 1, title="Crude price collapses", text="Storage for petroleum is full in the pandemic", topic="Energy"),
        record("olive", 2, title="Olive harvest", text="The olive oil price rose in Spain", topic="Food"),
        record("virus", 3, title="Virus spreads", text="Hospitals fill as the virus spreads", topic="Health"),
    ]
    index(archive, WordEncoder(), [*stories, *(record(f"other{i}", 100 + i) for i in range(80))])
    publish(archive, tmp_path)
    return tmp_path


def test_a_query_in_words_that_no_article_contains_finds_the_one_that_means_it(archive: Archive, data: Path) -> None:
    response = _engine(archive, data).search(Query("covid clinics"))
    assert response.hits[0].article.key == "virus"
    assert response.hits[0].bm25 == 0


def test_every_hit_carries_its_evidence(archive: Archive, data: Path) -> None:
    response = _engine(archive, data, TableReranker({"Storage": 0.9})).search(Query("price of crude"))
    encoder = WordEncoder()
    vector = encoder.encode_queries(["price of crude"])[0]
    assert [hit.rank for hit in response.hits] == list(range(1, len(response.hits) + 1))
    for hit in response.hits:
        start, end = hit.passage
        passage = encoder.encode_passages([f"{hit.article.title}\n{hit.article.text[start:end]}"])[0]
        assert hit.similarity == pytest.approx(float(passage @ vector), abs=2e-3)
        assert hit.bm25 is not None
        assert hit.fused is not None
        assert (hit.bm25 > 0) == bool({"price", "crude"} & set(f"{hit.article.title} {hit.article.text}".lower().split()))
    assert all(hit.relevance is not None for hit in response.hits[:8])
    seconds = response.seconds
    assert seconds.total >= seconds.encode + seconds.retrieve + seconds.rerank


def test_without_a_reranker_the_order_is_that_of_the_fused_evidence(archive: Archive, data: Path) -> None:
    hits = _engine(archive, data).search(Query("oil price storm", top_k=50)).hits
    similarity = np.array([hit.similarity for hit in hits], np.float32)
    bm25 = np.array([hit.bm25 for hit in hits], np.float32)
    fused = [hit.fused for hit in hits]
    assert fused == sorted(fused, key=lambda value: -(value or 0))
    assert all(hit.relevance is None for hit in hits)
    # Both are stretched over all candidates, of which these are the best: the order is what can be compared.
    bound = LiveSnapshot(data, lambda _: WordEncoder()).opened.snapshot.bm25_bound("oil price storm")
    assert np.argmax(coverage_fusion(similarity, bm25, bound)) == 0


def test_the_reranker_reads_the_best_passages_and_its_evidence_is_combined(archive: Archive, data: Path) -> None:
    plain = _engine(archive, data).search(Query("oil price", top_k=50))
    favourite = plain.hits[5]
    table = {favourite.article.title: 0.99}
    reranker = TableReranker(table, default=0.2)
    response = _engine(archive, data, reranker).search(Query("oil price", top_k=50))
    assert len(reranker.pairs) == 8
    assert all(query == "oil price" for query, _ in reranker.pairs)
    top, relevance = plain.hits[:8], np.array([0.99 if hit is favourite else 0.2 for hit in plain.hits[:8]], np.float32)
    combined = combine(np.array([hit.fused for hit in top], np.float32), relevance, weights_for("oil price"))
    expected = [top[i].id for i in np.lexsort(([hit.id for hit in top], -combined))]
    assert [hit.id for hit in response.hits[:8]] == expected
    assert [hit.id for hit in response.hits[8:]] == [hit.id for hit in plain.hits[8:]], "the rest keeps its order"


def test_a_list_in_which_the_reranker_finds_nothing_relevant_is_not_shown(archive: Archive, data: Path) -> None:
    low = RELEVANCE_CUTOFF / 2
    nothing = _engine(archive, data, TableReranker({}, default=low)).search(
        Query("election " + " ".join(f"unheard{number}" for number in range(20)))
    )
    assert (nothing.total, nothing.hits) == (0, ())
    something = _engine(archive, data, TableReranker({"Storage": 0.9}, default=low)).search(Query("oil price storage"))
    assert something.total == _engine(archive, data).search(Query("oil price storage")).total


def test_words_that_mean_nothing_here_find_nothing(archive: Archive, data: Path) -> None:
    assert _engine(archive, data).search(Query("qwertyuiop zxcvbnm", mode=Mode.BM25)).total == 0


@pytest.mark.parametrize("rerank", [True, False])
@pytest.mark.parametrize("sort", list(Sort))
def test_pages_put_together_are_the_whole_ranking(archive: Archive, data: Path, rerank: bool, sort: Sort) -> None:
    engine = _engine(archive, data, TableReranker({"word1": 0.8}))
    whole = engine.search(Query("oil price word3", top_k=100, rerank=rerank, sort=sort))
    pages = [
        engine.search(Query("oil price word3", top_k=7, offset=offset, rerank=rerank, sort=sort)) for offset in range(0, whole.total, 7)
    ]
    assert [hit for page in pages for hit in page.hits] == list(whole.hits)
    assert {page.total for page in pages} == {whole.total} == {len(whole.hits)}


@pytest.mark.parametrize("sort", [Sort.NEWEST, Sort.OLDEST, Sort.DATE])
def test_by_date_all_that_match_are_in_order_and_the_undated_last(archive: Archive, data: Path, sort: Sort) -> None:
    engine = _engine(archive, data)
    response = engine.search(Query("oil price word3", top_k=100, sort=sort))
    dates = [hit.article.published_at for hit in response.hits]
    known = [date for date in dates if date]
    assert known == sorted(known, reverse=sort is not Sort.OLDEST)
    assert dates[len(known) :] == [None] * (len(dates) - len(known))
    assert {hit.id for hit in response.hits} == {hit.id for hit in engine.walk(Query("oil price word3")).hits}
    assert response.total_is_exact


@pytest.mark.parametrize("mode", list(Mode))
def test_every_mode_honours_the_filters(archive: Archive, data: Path, mode: Mode) -> None:
    filters = Filters(sources=("gazette",), topics=("Energy", "World"), after=datetime(2020, 6, 1, tzinfo=UTC))
    hits = _engine(archive, data).search(Query("oil price word3 word5", top_k=100, mode=mode, filters=filters)).hits
    assert hits
    for hit in hits:
        assert hit.article.source == "Gazette"
        assert {"Energy", "World"} & set(hit.article.topics)
        assert hit.article.published_at is not None
        assert hit.article.published_at >= datetime(2020, 6, 1, tzinfo=UTC)


def test_queries_answered_together_get_what_each_gets_alone(archive: Archive, data: Path) -> None:
    engine = _engine(archive, data, TableReranker({"word1": 0.8, "oil": 0.6}))
    queries = [
        Query("oil price"),
        Query("virus hospitals", rerank=False),
        Query("zxcvbnm", mode=Mode.BM25),
        Query("storm", mode=Mode.DENSE, filters=Filters(sources=("Ledger",))),
    ]
    together = [replace(response, seconds=Seconds()) for response in engine.search_many(queries)]
    assert together == [replace(engine.search(query), seconds=Seconds()) for query in queries]


def test_similar_articles_are_the_nearest_without_the_article_itself(archive: Archive, data: Path) -> None:
    engine = _engine(archive, data)
    crude = archive.article_by_key("crude")
    assert crude is not None
    hits = engine.similar(crude.id, 5)
    assert len(hits) == 5
    assert crude.id not in {hit.id for hit in hits}
    similarity = [hit.similarity or 0.0 for hit in hits]
    assert similarity == sorted(similarity, reverse=True)
    assert all(hit.snippet.highlights == () for hit in hits)
    with pytest.raises(NotFound, match="999999"):
        engine.similar(999_999, 5)


def test_an_article_deleted_since_the_snapshot_is_left_out(archive: Archive, data: Path) -> None:
    engine = _engine(archive, data)
    archive.delete(["crude"])
    response = engine.search(Query("crude petroleum storage"))
    assert "crude" not in {hit.article.key for hit in response.hits}


def test_the_overview_counts_what_is_served(archive: Archive, data: Path) -> None:
    overview = _engine(archive, data).overview()
    articles: list[Article] = [stored.article for batch in archive.all_articles() for stored in batch]
    assert overview.articles == len(articles)
    assert dict(overview.sources) == {name: sum(a.source == name for a in articles) for name in {a.source for a in articles}}
    assert dict(overview.topics) == {name: sum(name in a.topics for a in articles) for a in articles for name in a.topics}
    assert overview.latest == max(a.published_at for a in articles if a.published_at)


def test_an_empty_folder_has_no_index_until_one_is_published(archive: Archive, tmp_path: Path) -> None:
    engine = _engine(archive, tmp_path)
    with pytest.raises(NoIndex, match="broadsheet index"):
        engine.search(Query("oil"))
    index(archive, WordEncoder(), [record("a", 1, title="Oil")])
    publish(archive, tmp_path)
    assert engine.refresh()
    assert engine.search(Query("oil")).total == 1
    assert not engine.refresh()


def test_an_index_of_another_encoder_is_refused(data: Path) -> None:
    with pytest.raises(EncoderMismatch, match="--encoder"):
        LiveSnapshot(data, lambda _: WordEncoder("another"))


def test_snapshots_are_swapped_under_load_without_a_failed_search(archive: Archive, data: Path) -> None:
    engine = _engine(archive, data)
    stop, failures, names = Event(), [], set()

    def ask() -> None:
        while not stop.is_set():
            try:
                response = engine.search(Query("oil price", top_k=20))
                assert response.hits
                names.add(response.snapshot)
            except Exception as error:
                failures.append(error)
                return

    asking = [Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    for i in range(6):
        index(archive, WordEncoder(), [record(f"new{i}", 5_000 + i)])
        publish(archive, data)
        assert engine.refresh()
    stop.set()
    for thread in asking:
        thread.join()
    assert failures == []
    assert len(names) > 1
