"""Terms are stems, and pairs of characters where no spaces are written; offsets lead back to the text."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.index.terms import analyzer, query_terms, spread_out, terms_with_places

MIXED = ["石油", "价格上限", "油", "OPEC", "oil prices", " ", "，", "サウジ", "서울", "é", "🙂", "\n", "3.5%"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("沙特阿拉伯", ["沙特", "特阿", "阿拉", "拉伯"]),
        ("油", ["油"]),
        ("石油，价格", ["石油", "价格"]),
        ("OPEC宣布减产8.5%", ["opec", "宣布", "布减", "减产", "8", "5"]),
        ("コーヒー prices", ["コー", "ーヒ", "ヒー", "price"]),
        ("the price of oil", ["price", "oil"]),
    ],
)
def test_runs_without_spaces_are_cut_into_pairs(text: str, expected: list[str]) -> None:
    assert query_terms(text) == expected


@settings(deadline=None)
@given(st.lists(st.sampled_from(MIXED) | st.text(max_size=4), max_size=15).map("".join))
def test_terms_with_their_places_are_the_terms_that_are_indexed(text: str) -> None:
    found = terms_with_places(text, analyzer())
    assert sorted(term.text for term in found) == sorted(analyzer().analyze(spread_out(text)))
    assert all(0 <= term.start < term.end <= len(text) for term in found)
    assert all(one.start <= other.start for one, other in pairwise(found))


@pytest.mark.parametrize("query", ["Singapore's economy", "SINGAPORE’S economy", "Singapore economy"])
def test_the_s_of_a_possessive_is_no_word_of_a_query(query: str) -> None:
    assert query_terms(query) == ["singapor", "economi"]
