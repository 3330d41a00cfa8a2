"""A word is what the slow and obvious definition says it is."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.language.words import words, words_with_places
from tests.generated_queries import NASTY, words_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The U.S. won't pay 3.5%", ["the", "u", "s", "won", "t", "pay", "3", "5"]),
        ("Zoë's NAÏVE Straße in Łódź", ["zoe", "s", "naive", "strasse", "in", "lodz"]),
        ("石油OPEC价格8.5亿", ["石", "油", "opec", "价", "格", "8", "5", "亿"]),
        ("Ｏｉｌ ﬁnance under_score", ["oil", "finance", "under", "score"]),
        ("🙂 -- ...", []),
        ("l" * 300, ["l" * 250]),
    ],
)
def test_words_are_folded_runs_of_letters_and_digits_or_single_characters(text: str, expected: list[str]) -> None:
    assert words(text) == expected == list(words_of(text))


@settings(deadline=None)
@given(st.lists(st.sampled_from([*NASTY, " ", ",", "\u0301", "é", "İ", "ß", "Ⅷ", "한", "ガ", "ไ", "_"]), max_size=12).map("".join))
def test_the_definition_is_the_same_for_texts_of_nasty_words(text: str) -> None:
    assert words(text) == list(words_of(text))


@settings(deadline=None)
@given(st.text(max_size=60))
def test_places_are_in_order_and_hold_the_words(text: str) -> None:
    found = words_with_places(text)
    assert all(0 <= word.start < word.end <= len(text) for word in found)
    assert all(one.start <= other.start for one, other in pairwise(found))


@settings(deadline=None)
@given(st.text(st.characters(codec="latin-1"), max_size=60))
def test_places_are_where_the_words_were_written(text: str) -> None:
    found = words_with_places(text)
    assert [word.text for word in found] == words(text)
    assert all(word.text in words(text[word.start : word.end]) for word in found)
