"""Results for the tests of the formats: articles as awkward as archives hold them."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from search.article import Article
from search.export import Results
from search.response import Hit, Snippet, Walk

SITE = "https://news.example/archive"
PAGE = f"{SITE}/?q=oil+%26+gas"
PUBLISHED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

ARTICLES = (
    Article(
        key="gazette-1",
        title='Oil & gas: "50% <off>" says {OPEC}_1 #2 — 🛢 油价',
        text="Body.",
        url="https://gazette.example/a?b=1&c={2}%20_~#d",
        source="The Gazette & Sons",
        author="Inés Okafor",
        language="en",
        published_at=datetime(2020, 4, 21, 10, 30, tzinfo=UTC),
        published_precision="minute",
        topics=("Business", "R&D"),
    ),
    Article(key="=cmd|' /C calc'!A0", title="", text="=1+1; =2+2"),
    Article(
        key="3",
        title="Bad \x00\x0b\ufffe\ud800 characters\r\nin two lines ^~\\ $x$",
        text="x",
        url="javascript:alert(1)",
        author="Doe, Jane, and sons and others",
        source="@SUM(A1)",
        published_at=datetime(1987, 2, 1, tzinfo=UTC),
        published_precision="month",
        topics=("-topic",),
    ),
)


def hit(rank: int, article: Article) -> Hit:
    return Hit(rank, rank + 16, article, Snippet(article.text, ()), (0, len(article.text)), 0.5, 12.25, 0.25, None if rank == 2 else 0.875)


def results(articles: Iterable[Article] = ARTICLES, query: str = "oil & gas\x00") -> Results:
    """The articles as found, ranked from 1, with ids from 17."""
    found = list(articles)
    return results_of((hit(rank, article) for rank, article in enumerate(found, 1)), len(found), query)


def results_of(hits: Iterator[Hit], total: int, query: str = "oil") -> Results:
    return Results(Walk(query, total, "0000000001-x", hits), SITE, PAGE, PUBLISHED)
