"""What no search could answer is refused at the edge, in one sentence that names the value."""

from datetime import UTC, datetime
from typing import Any

import pytest

from search.errors import BadInput
from search.query import MAX_QUERY_CHARACTERS, MAX_WINDOW, Filters, Query


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"text": ""}, "q", "empty"),
        ({"text": " \n\t"}, "q", "empty"),
        ({"text": "x" * (MAX_QUERY_CHARACTERS + 1)}, "q", "4,001"),
        ({"text": "half \ud83d"}, "q", "surrogate"),
        ({"text": "oil", "top_k": 0}, "top_k", "0"),
        ({"text": "oil", "offset": -1}, "offset", "-1"),
        ({"text": "oil", "top_k": 10**9}, "top_k", "1,000,000,000"),
        ({"text": "oil", "top_k": 1, "offset": MAX_WINDOW}, "top_k", "1,001"),
        (
            {"text": "oil", "filters": Filters(after=datetime(2021, 1, 1, tzinfo=UTC), before=datetime(2020, 1, 1, tzinfo=UTC))},
            "after",
            "2021-01-01",
        ),
    ],
)
def test_impossible_requests_name_the_value_and_the_field(given: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(BadInput) as refused:
        Query(**given)
    assert refused.value.field == field
    assert words in str(refused.value)


def test_the_limits_themselves_are_allowed() -> None:
    Query("x" * MAX_QUERY_CHARACTERS, top_k=MAX_WINDOW)
    Query("oil", top_k=1, offset=MAX_WINDOW - 1)


def test_filters_are_false_only_when_there_is_none() -> None:
    assert not Filters()
    assert Filters(sources=("Gazette",))
