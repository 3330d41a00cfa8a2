"""Texts are tagged sentence by sentence, and a sentence does not end within a name."""

import pytest

from search.heads.tagging import sentences_of
from search.heads.tokens import split_words


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("George W. Bush met John F. Kerry in St. Louis. It rained.", ["George W. Bush met John F. Kerry in St. Louis.", "It rained."]),
        ("It was plan B. Then it rained.", ["It was plan B.", "Then it rained."]),
        ("A title\nOil fell by 3.5%! Why?", ["A title", "Oil fell by 3.5%!", "Why?"]),
        ("The U.S. Treasury agreed. 石油价格下跌。", ["The U.S. Treasury agreed.", "石油价格下跌。"]),
    ],
)
def test_a_sentence_ends_at_its_last_sign_and_not_at_the_dot_of_an_initial(text: str, sentences: list[str]) -> None:
    assert [text[part[0][0] : part[-1][1]] for part in sentences_of(text, split_words(text))] == sentences


def test_a_sentence_without_end_is_cut() -> None:
    text = "word " * 130
    assert [len(part) for part in sentences_of(text, split_words(text))] == [60, 60, 10]
