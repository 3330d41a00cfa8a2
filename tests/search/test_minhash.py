import numpy as np
import pytest
from datasketch import MinHash
from hypothesis import given, settings
from hypothesis import strategies as st

from search.minhash import BANDS, MIN_SHINGLES, ROWS, SHINGLE, VALUES, bands, comparable_words, resemblance, signature

PINNED = [27376845, 41691947, 82125587, 301837478, -7443875087490304843, -9171208438400390214]


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = comparable_words(text)
    return {tuple(words[start : start + SHINGLE]) for start in range(len(words) - SHINGLE + 1)}


def _jaccard(one: str, other: str) -> float:
    return len(_shingles(one) & _shingles(other)) / len(_shingles(one) | _shingles(other))


def _variants(count: int) -> list[tuple[str, str]]:
    """Pairs of texts of 120 random words, of which a growing share differs."""
    generator = np.random.default_rng(5)
    vocabulary = [f"word{number}" for number in range(5_000)]
    pairs = []
    for number in range(count):
        words = generator.choice(vocabulary, 120)
        changed = words.copy()
        places = generator.choice(120, number * 60 // count, replace=False)
        changed[places] = generator.choice(vocabulary, len(places))
        pairs.append((" ".join(words), " ".join(changed)))
    return pairs


def test_words_are_compared_without_case_and_punctuation_and_characters_stand_for_themselves() -> None:
    assert comparable_words("The E.U.'s OIL-price, 3.5%") == ["the", "e", "u", "s", "oil", "price", "3", "5"]
    assert comparable_words("油价 falls 下跌") == ["油", "价", "falls", "下", "跌"]


def test_the_estimate_is_as_near_to_brute_force_as_theory_says() -> None:
    pairs = _variants(200)
    errors = np.array([resemblance(signature(a), signature(b)[None])[0] - _jaccard(a, b) for a, b in pairs])
    assert abs(errors.mean()) < 0.01
    assert errors.std() < 0.05  # sqrt(J (1 - J) / 100)


def test_the_estimate_is_as_good_as_datasketch_gives() -> None:
    ours, theirs = [], []
    for one, other in _variants(60):
        exact = _jaccard(one, other)
        sketches = [MinHash(num_perm=VALUES) for _ in range(2)]
        for sketch, text in zip(sketches, (one, other), strict=True):
            sketch.update_batch([" ".join(shingle).encode() for shingle in _shingles(text)])
        ours.append(abs(resemblance(signature(one), signature(other)[None])[0] - exact))
        theirs.append(abs(sketches[0].jaccard(sketches[1]) - exact))
    assert np.mean(ours) < 1.5 * np.mean(theirs)


def test_bands_meet_as_often_as_theory_says() -> None:
    pairs = _variants(400)
    met = np.array([bool(np.isin(bands(signature(a)), bands(signature(b))).any()) for a, b in pairs])
    expected = np.array([1 - (1 - _jaccard(a, b) ** ROWS) ** BANDS for a, b in pairs])
    assert abs(met.mean() - expected.mean()) < 0.05


def test_a_stored_signature_means_the_same_in_every_version() -> None:
    text = "Refiners along the coast cut output by a third on Tuesday as demand for petrol fell to its lowest level"
    assert signature(text)[:4].tolist() == PINNED[:4]
    assert bands(signature(text))[:2].tolist() == PINNED[4:]


def test_order_of_bands_matters_and_none_is_for_texts_too_short_to_tell() -> None:
    one = signature(" ".join(f"w{n}" for n in range(50)))
    assert len(np.unique(bands(np.full(VALUES, 7, np.uint32)))) == BANDS
    assert one.shape == (VALUES,)
    short = " ".join(f"w{n}" for n in range(MIN_SHINGLES + SHINGLE - 2))
    assert len(signature(short)) == len(bands(signature(short))) == 0
    assert len(signature(f"{short} more")) == VALUES


@pytest.mark.parametrize("text", ["", "\ud800 \x00", "一" * 100_000, "a " * 50_000])
def test_no_text_is_too_strange(text: str) -> None:
    assert signature(text).dtype == np.uint32


@settings(deadline=None)
@given(st.text())
def test_case_and_punctuation_do_not_matter(text: str) -> None:
    ending = "one two three four five six seven eight nine ten eleven"
    assert np.array_equal(signature(f"{text} {ending}"), signature(f"  {text} — {ending.upper()}!"))
