"""Key words and their log-likelihood, beside the textbook's formula and hand-counted texts."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.keywords import keywords, log_likelihood

STOP = {"the", "a", "of"}


def _stems(words: Sequence[str]) -> list[str | None]:
    return [None if word.lower() in STOP else word.lower().removesuffix("s") for word in words]


def _g2(count: int, read: int, among: int, articles: int) -> float:
    """Dunning's -2 log lambda, from the likelihoods of two binomials against one."""

    def log_likelihood_of(share: float, hits: int, trials: int) -> float:
        return (hits * math.log(share) if hits else 0.0) + ((trials - hits) * math.log(1 - share) if trials - hits else 0.0)

    rest, rest_count = articles - read, among - count
    together = among / articles
    return 2 * (
        log_likelihood_of(count / read, count, read)
        + (log_likelihood_of(rest_count / rest, rest_count, rest) if rest else 0.0)
        - log_likelihood_of(together, count, read)
        - log_likelihood_of(together, rest_count, rest)
    )


@given(st.integers(1, 50), st.integers(1, 500), st.data())
def test_the_log_likelihood_is_that_of_two_binomials_against_one(read: int, rest: int, data: st.DataObject) -> None:
    count, rest_count = data.draw(st.integers(0, read)), data.draw(st.integers(0, rest))
    assert log_likelihood(count, read, count + rest_count, read + rest) == pytest.approx(
        max(_g2(count, read, count + rest_count, read + rest), 0), abs=1e-6
    )


def test_a_hand_counted_table() -> None:
    # 8 of 10 articles read have the word, 12 of all 100 do: expected 1.2 of 10 and 10.8 of 90.
    expected = 2 * (8 * math.log(8 / 1.2) + 4 * math.log(4 / 10.8) + 2 * math.log(2 / 8.8) + 86 * math.log(86 / 79.2))
    assert log_likelihood(8, 10, 12, 100) == pytest.approx(expected)


def test_the_words_that_more_articles_have_than_chance_explains_come_first() -> None:
    texts = ["The tankers wait, tankers tankers", "Tankers and a harbour", "A tanker; the harbour in 1987", "the price of harbour x2y"]
    frequency = {"tanker": 4, "harbour": 40, "wait": 1, "and": 900, "price": 500, "in": 950}
    found = keywords(texts, _stems, lambda stem: frequency.get(stem, 0), 1000)
    assert [(word.word, word.count, word.articles) for word in found.words] == [("tankers", 3, 4), ("harbour", 3, 40)]
    assert found.read == 4
    assert [word.keyness for word in found.words] == pytest.approx([log_likelihood(3, 4, 4, 1000), log_likelihood(3, 4, 40, 1000)])


def test_a_word_that_is_as_frequent_everywhere_is_not_typical() -> None:
    assert keywords(["oil gas"] * 5, _stems, lambda stem: 100 if stem == "oil" else 5, 100).words[0].word == "gas"
    assert len(keywords(["oil gas"] * 5, _stems, lambda stem: 100 if stem == "oil" else 5, 100).words) == 1


def test_one_article_or_none_has_few_words_or_none() -> None:
    assert keywords([], _stems, lambda _: 1, 10).words == ()
    assert [word.word for word in keywords(["Louvre accord"], _stems, lambda _: 1, 10).words] == ["Louvre", "accord"]


def test_a_word_of_every_seventh_article_is_no_key_word() -> None:
    assert [word.word for word in keywords(["he said oil"] * 9, _stems, {"he": 160, "said": 140, "oil": 20}.get, 1000).words] == [
        "oil",
        "said",
    ]  # type: ignore[arg-type]
