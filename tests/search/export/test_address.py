"""The address of a search, read back by the page's own parameters, asks for the same."""

from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest

from search.export import address_of
from search.query import Filters, Mode, Names, Query, Sort
from web.parameters import PageParameters

WHOLE = Query(
    'oil & gas "price cap" -Saudi',
    mode=Mode.BM25,
    rerank=False,
    sort=Sort.OLDEST,
    half_life_days=30.5,
    filters=Filters(
        after=datetime(2020, 4, 21, tzinfo=UTC),
        before=datetime(2021, 6, 30, 23, 59, 59, 999_999, UTC),
        sources=("The Gazette & Sons", "一二"),
        topics=("R&D",),
        authors=("Inés Okafor",),
        languages=("en",),
        without=Names(("Courier",), ("Sport",), ("Nobody",), ("fr",), ("negative",), ("A B",), ("C&D",), ("Ö",), ("section: Sport",)),
        sentiments=("neutral",),
        persons=("Inés Okafor",),
        organisations=("AT&T",),
        places=("Ürümqi", "New York"),
        labels=("section: R&D", "mood: =?"),
    ),
)


@pytest.mark.parametrize("query", [Query("oil"), WHOLE])
def test_the_address_holds_the_whole_search(query: Query) -> None:
    given = parse_qs(address_of(query), strict_parsing=True)
    parameters = PageParameters.model_validate({name: values[0] if len(values) == 1 else values for name, values in given.items()})
    assert parameters.query() == query


def test_what_is_not_asked_for_is_not_in_it() -> None:
    assert address_of(Query("oil", top_k=50, offset=20, facets=True, stories=True)) == "q=oil"
