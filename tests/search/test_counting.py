"""What a search says about all articles that match, beside brute force over the whole corpus."""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.publication import publish
from search.article import Article
from search.engine import Depths, SearchEngine
from search.errors import BadInput
from search.index.lexical import query_terms
from search.index.live import LiveSnapshot
from search.matches import DENSE_ENOUGH, ENOUGH, LEAST_BEST, NEAR, WORDS_ENOUGH
from search.query import Filters, Interval, Mode, Names, Query, Sort
from search.recency import recency
from search.response import Hit, Seconds
from search.store import Archive, open_archive
from search.text import passage_text, windows
from tests.archives import CUTTING, SOURCES, TOPICS, index, record
from tests.fakes import TableReranker, WordEncoder

TEXTS = ("oil price word3", "storm", "virus election word7 word8", "crude", "word1 oil -price", "zxcvbnm")
AUTHORS = ("Ada", "Bo", "Cyd")
FIELDS: dict[str, Callable[[Article], tuple[str | None, ...]]] = {
    "source": lambda article: (article.source,),
    "topic": lambda article: article.topics,
    "author": lambda article: (article.author,),
    "language": lambda article: (article.language,),
}


@dataclass(frozen=True)
class Corpus:
    """An engine, and the articles that it searches."""

    engine: SearchEngine
    archive: Archive
    data: Path
    articles: dict[int, Article]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    data = tmp_path_factory.mktemp("counting")
    with open_archive(f"sqlite:///{data / 'a.db'}") as archive:
        generator = np.random.default_rng(7)
        authors = generator.choice([*AUTHORS, ""], 200).tolist()
        index(archive, WordEncoder(), [record(f"a{i}", i, **({"author": author} if author else {})) for i, author in enumerate(authors)])
        archive.delete(["a5", "a6"])
        publish(archive, data)
        articles = {stored.id: stored.article for batch in archive.all_articles() for stored in batch}
        yield Corpus(_engine(archive, data), archive, data, articles)


def _engine(archive: Archive, data: Path, reranker: TableReranker | None = None) -> SearchEngine:
    encoder = WordEncoder()
    return SearchEngine(LiveSnapshot(data, lambda _: encoder), reranker, archive, Depths(candidates=4, rerank=3))


def _matching(corpus: Corpus, text: str, mode: Mode = Mode.HYBRID) -> set[int]:
    """The ids of all articles that match, worked out from their texts by the definition in docs/api.md."""
    said, _, excluded = text.partition(" -")
    vector = WordEncoder().encode_queries([said])[0]
    terms = {id_: set(query_terms(f"{one.title}\n{one.text}")) for id_, one in corpus.articles.items()}
    frequency = Counter(term for own in terms.values() for term in own)
    count = len(corpus.articles)
    weights = {term: math.log(1 + (count - frequency[term] + 0.5) / (frequency[term] + 0.5)) for term in set(query_terms(said))}
    words = {id_: sum(weights[term] for term in weights if term in own) / sum(weights.values()) for id_, own in terms.items()}
    similarity = {id_: max(float(passage @ vector) for passage in _passages(one.title, one.text)) for id_, one in corpus.articles.items()}
    best, best_words = max(*similarity.values(), LEAST_BEST), max(*words.values(), LEAST_BEST)
    if not any(words.values()) and best < 0.4:
        return set()
    near = {id_: max(value, 0.0) / best for id_, value in similarity.items()}
    has = {id_: value / best_words for id_, value in words.items()}
    enough = {
        Mode.HYBRID: lambda id_: (near[id_] + has[id_]) / 2 >= ENOUGH or near[id_] >= NEAR,
        Mode.DENSE: lambda id_: near[id_] >= DENSE_ENOUGH,
        Mode.BM25: lambda id_: has[id_] >= WORDS_ENOUGH,
    }[mode]
    return {id_ for id_, one in corpus.articles.items() if enough(id_) and not (excluded and excluded in f"{one.title} {one.text}".split())}


@cache
def _passages(title: str, text: str) -> np.ndarray:
    texts = [passage_text(title, text[start:end]) for start, end in windows(text, CUTTING.words, CUTTING.step)]
    return WordEncoder().encode_passages(texts).astype(np.float16).astype(np.float32)


def _meets(article: Article, filters: Filters) -> bool:
    if (filters.after and not (article.published_at and article.published_at >= filters.after)) or (
        filters.before and not (article.published_at and article.published_at <= filters.before)
    ):
        return False
    for field, plural in (("source", "sources"), ("topic", "topics"), ("author", "authors"), ("language", "languages")):
        own = {name.casefold() for name in FIELDS[field](article) if name}
        wanted = {name.casefold() for name in getattr(filters, plural)}
        unwanted = {name.casefold() for name in getattr(filters.without, plural)}
        if (wanted and not own & wanted) or own & unwanted:
            return False
    return True


def _some(names: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from([*names, names[0].upper(), "Nobody"]), max_size=2).map(tuple)


DATES = st.none() | st.datetimes(datetime(2019, 6, 1), datetime(2023, 6, 1)).map(lambda moment: moment.replace(tzinfo=UTC, microsecond=0))
FILTERS = st.builds(
    lambda dates, sources, topics, authors, without: Filters(*dates, sources, topics, (), authors, without),
    st.tuples(DATES, DATES).map(lambda pair: (min(pair), max(pair)) if None not in pair else pair),  # type: ignore[type-var]
    _some(SOURCES),
    _some(TOPICS),
    _some(AUTHORS),
    st.builds(Names, _some(SOURCES), _some(TOPICS), _some(AUTHORS), st.just(())),
)
MANY = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("text", TEXTS)
def test_the_articles_that_match_are_those_of_the_definition(corpus: Corpus, text: str, mode: Mode) -> None:
    response = corpus.engine.search(Query(text, mode=mode, facets=True))
    assert response.total_is_exact
    assert response.total == len(_matching(corpus, text, mode))
    assert {hit.id for hit in corpus.engine.walk(Query(text, mode=mode)).hits} == _matching(corpus, text, mode)


@MANY
@given(text=st.sampled_from(TEXTS), filters=FILTERS, interval=st.sampled_from([Interval.DAY, Interval.MONTH, Interval.AUTO]))
def test_total_facets_and_timeline_are_what_brute_force_counts(corpus: Corpus, text: str, filters: Filters, interval: Interval) -> None:
    response = corpus.engine.search(Query(text, filters=filters, facets=True, timeline=interval))
    matching = [corpus.articles[id_] for id_ in _matching(corpus, text)]
    found = [article for article in matching if _meets(article, filters)]
    assert response.total == len(found)
    for facet, plural in zip(response.facets, ("sources", "topics", "authors", "languages"), strict=True):
        others = replace(filters, **{plural: ()}, without=replace(filters.without, **{plural: ()}))
        counted = [FIELDS[facet.field](article) for article in matching if _meets(article, others)]
        names = Counter(name for own in counted for name in own if name)
        assert {value.name: value.count for value in facet.values if value.count} == names
        assert facet.unnamed == sum(not any(own) for own in counted)
        assert {value.name.casefold() for value in facet.values if value.included} == {n.casefold() for n in getattr(filters, plural)}
        assert {value.name.casefold() for value in facet.values if value.excluded} == {
            n.casefold() for n in getattr(filters.without, plural)
        }
    timeline = response.timeline
    assert timeline is not None
    assert sum(bar.count for bar in timeline.bars) + timeline.undated == len(found)
    for bar in timeline.bars:
        assert bar.count == sum(_within(article, bar.first, bar.last) for article in found)
        among = [article for article in corpus.articles.values() if _meets(article, filters) and _within(article, bar.first, bar.last)]
        assert bar.articles == len(among)
        assert bar.share == (bar.count / len(among) if among else 0.0)


def _within(article: Article, first: date, last: date) -> bool:
    return article.published_at is not None and first <= article.published_at.date() <= last


@pytest.mark.parametrize("text", TEXTS[:3])
def test_a_count_is_the_total_that_choosing_the_name_gives(corpus: Corpus, text: str) -> None:
    filters = Filters(sources=("Gazette", "Courier"), without=Names(topics=("Sport",)))
    response = corpus.engine.search(Query(text, filters=filters, facets=True))
    sources, topics = response.facets[:2]
    for value in sources.values:
        chosen = replace(filters, sources=(value.name,))
        assert corpus.engine.search(Query(text, filters=chosen, facets=True)).total == value.count
    for value in topics.values:
        chosen = replace(filters, topics=(value.name,), without=Names())
        assert corpus.engine.search(Query(text, filters=chosen, facets=True)).total == value.count


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("rerank", [True, False])
def test_pages_and_walk_are_one_order_and_the_numbers_stay_the_same(corpus: Corpus, sort: Sort, rerank: bool) -> None:
    engine = _engine(corpus.archive, corpus.data, TableReranker({"word1": 0.8}))
    query = Query("oil price word3", top_k=4, facets=True, timeline=Interval.YEAR, keywords=True, sort=sort, rerank=rerank)
    pages = [engine.search(replace(query, offset=offset)) for offset in range(0, 40, 4)]
    walk = engine.walk(query)
    walked = list(walk.hits)
    assert [hit for page in pages for hit in page.hits] == walked
    assert len(walked) == walk.total == pages[0].total > 8, "more than the candidates of both sides"
    assert len({hit.id for hit in walked}) == len(walked)
    numbers = [replace(page, hits=(), offset=0, seconds=Seconds()) for page in pages]
    assert all(page == numbers[0] for page in numbers)


def test_the_candidates_that_match_come_first_in_the_order_of_a_plain_search(corpus: Corpus) -> None:
    plain = corpus.engine.search(Query("oil price word3", top_k=100))
    assert not plain.total_is_exact
    matching = _matching(corpus, "oil price word3")
    ranked = [hit.id for hit in plain.hits if hit.id in matching]
    walked = list(corpus.engine.walk(Query("oil price word3")).hits)
    assert [hit.id for hit in walked[: len(ranked)]] == ranked
    bm25 = {hit.id: hit.bm25 for hit in corpus.engine.search(Query("oil price word3", top_k=100, mode=Mode.BM25)).hits}
    for hit in walked[len(ranked) :]:
        assert hit.fused is None
        assert hit.similarity == pytest.approx(_similarity(hit, "oil price word3"), abs=1e-5)
        assert hit.bm25 == pytest.approx(bm25.get(hit.id, hit.bm25))


def _similarity(hit: Hit, text: str) -> float:
    return float((_passages(hit.article.title, hit.article.text) @ WordEncoder().encode_queries([text])[0]).max())


def test_conditions_alone_find_all_that_meet_them_newest_first(corpus: Corpus) -> None:
    response = corpus.engine.search(Query("source:gazette -oil", top_k=200, facets=True, timeline=Interval.YEAR))
    expected = {
        id_ for id_, one in corpus.articles.items() if one.source == "Gazette" and "oil" not in f"{one.title} {one.text}".lower().split()
    }
    assert {hit.id for hit in response.hits} == expected
    assert response.total == len(expected)
    assert all(hit.similarity is None and hit.bm25 is None and hit.fused is None for hit in response.hits)
    dates = [hit.article.published_at for hit in response.hits]
    assert [date for date in dates if date] == sorted((date for date in dates if date), reverse=True)
    assert response.timeline is not None
    for bar in response.timeline.bars:  # the source is a filter, the word is not
        assert bar.articles == sum(one.source == "Gazette" and _within(one, bar.first, bar.last) for one in corpus.articles.values())


def test_dates_in_the_query_say_where_the_timeline_begins_and_ends(corpus: Corpus) -> None:
    response = corpus.engine.search(Query("oil after:2020-03 before:2020-10", timeline=Interval.MONTH))
    assert response.timeline is not None
    assert [bar.first.month for bar in response.timeline.bars] == [3, 4, 5, 6, 7, 8, 9, 10]


def test_newer_articles_count_for_more_when_that_is_asked_for(corpus: Corpus) -> None:
    plain = {hit.id: hit for hit in corpus.engine.search(Query("oil price word3", top_k=100)).hits}
    boosted = corpus.engine.search(Query("oil price word3", top_k=100, half_life_days=30.0)).hits
    newest = max(one.published_at for one in corpus.articles.values() if one.published_at).timestamp()
    for hit in boosted:
        published = hit.article.published_at
        seconds = int(published.timestamp()) if published else -(2**63)
        factor = float(recency(np.array([seconds], np.int64), -(2**63), int(newest), 30.0)[0])
        assert hit.fused == pytest.approx((plain[hit.id].fused or 0.0) * factor)
    assert [hit.fused for hit in boosted] == sorted((hit.fused or 0.0 for hit in boosted), reverse=True)
    assert {hit.id for hit in boosted} == set(plain)


def test_compared_queries_are_counted_as_each_alone_over_bars_that_hold_both(corpus: Corpus) -> None:
    texts = ("oil price word3", "storm")
    comparison = corpus.engine.compare([Query(text, timeline=Interval.MONTH) for text in texts])
    assert len({tuple((bar.first, bar.last, bar.articles) for bar in each.timeline.bars) for each in comparison.queries}) == 1
    for each, text in zip(comparison.queries, texts, strict=True):
        alone = corpus.engine.search(Query(text, timeline=Interval.MONTH))
        assert alone.timeline is not None
        assert each.total == alone.total
        counts = {bar.first.replace(day=1): bar.count for bar in each.timeline.bars if bar.count}
        assert counts == {bar.first.replace(day=1): bar.count for bar in alone.timeline.bars if bar.count}
    with pytest.raises(BadInput, match="at least one"):
        corpus.engine.compare([])


def test_key_words_leave_out_the_words_of_the_query(corpus: Corpus) -> None:
    response = corpus.engine.search(Query("oil prices", keywords=True))
    assert response.keywords is not None
    assert response.keywords.read == min(response.total, 100)
    assert not {"oil", "price"} & {word.word for word in response.keywords.words}


def test_a_search_in_which_nothing_is_relevant_counts_nothing(corpus: Corpus) -> None:
    engine = _engine(corpus.archive, corpus.data, TableReranker({}, default=0.001))
    query = Query("election " + " ".join(f"unheard{number}" for number in range(80)), facets=True, timeline=Interval.AUTO, keywords=True)
    response = engine.search(query)
    assert (response.total, response.hits) == (0, ())
    assert all(value.count == 0 for facet in response.facets for value in facet.values)
    assert response.timeline is not None
    assert response.timeline.bars == ()
