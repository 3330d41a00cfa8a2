"""A word that is not in the archive is corrected to one that is: the fewest edits, then the most articles."""

import pytest
from rapidfuzz.distance import OSA

from search.index.vocabulary import Vocabulary

ARTICLES = {"oil": 900, "price": 500, "prices": 480, "government": 4_000, "gorbachev": 40, "gorbachevs": 2, "opec": 60, "production": 700}
ARTICLES |= {"recession": 90, "secession": 12, "wheat": 30, "what": 3_000, "typo": 1, "石油": 50, "volcker": 600, "volker": 2}


def _vocabulary(articles: int = 4_000) -> Vocabulary:
    return Vocabulary(lambda letter: [(word, count) for word, count in ARTICLES.items() if word.startswith(letter)], articles)


def _correction(word: str) -> str | None:
    return _vocabulary().correction(word, ARTICLES.get(word, 0))


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("prodcution", "production"),  # two letters swapped
        ("govrnment", "government"),
        ("gorbatschev", "gorbachev"),  # two edits in a long word
        ("iol", "oil"),  # the first two swapped
        ("whaet", "wheat"),  # rather than "what", which is one edit away too
        ("volker", "volcker"),  # there, but in two articles of 602
    ],
)
def test_the_likeliest_word_is_offered(word: str, meant: str) -> None:
    assert _correction(word) == meant


@pytest.mark.parametrize("word", ["oil", "opec", "secession", "xylophone", "oi", "typos", "prices2", "石由", "gorb", "ruhe", ""])
def test_a_word_that_is_there_or_like_none_is_left_alone(word: str) -> None:
    assert _correction(word) is None


def test_a_correction_has_fewer_edits_than_any_other_word_or_more_articles() -> None:
    for written in ("receson", "recessions", "secesion", "pricess", "goverment"):
        meant = _correction(written)
        near = {word: OSA.distance(word, written) for word, count in ARTICLES.items() if count > 1 and OSA.distance(word, written) <= 2}
        if meant is None:
            assert not [word for word, edits in near.items() if edits <= 1 and word[0] in written[:2]]
        else:
            fewest = min(near.values())
            assert near[meant] == fewest
            assert ARTICLES[meant] == max(ARTICLES[word] for word, edits in near.items() if edits == fewest)


def test_in_a_larger_archive_a_word_must_be_in_more_articles_to_be_proposed() -> None:
    assert _vocabulary(300_000).correction("whaet", 0) == "wheat"
    assert _vocabulary(310_000).correction("whaet", 0) == "what"
    assert _vocabulary(50_000_000).correction("whaet", 0) is None
