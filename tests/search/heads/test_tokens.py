"""Pairs that are too long lose tokens of the longer text, or of both in proportion; words are found again among tokens."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from search.heads.tokens import Tokens, lengths_in_proportion, split_words
from search.models.bundled import bundled_encoder_folder
from tests.families import make_family

LENGTHS = st.integers(0, 60)


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    return Tokens(AutoTokenizer.from_pretrained(bundled_encoder_folder(), local_files_only=True), 24)


def _kept(encoding: dict[str, list[int]]) -> tuple[int, int]:
    """Tokens of each text that are left; [CLS] and two [SEP] are none."""
    second = sum(encoding["token_type_ids"]) - 1
    return len(encoding["input_ids"]) - second - 3, second


@settings(max_examples=40, deadline=None)
@given(first=LENGTHS, second=LENGTHS)
def test_longest_drops_the_last_token_of_the_longer_text_until_both_fit(tokens: Tokens, first: int, second: int) -> None:
    [encoding] = tokens.pairs([("oil " * first, "bank " * second)], "longest")
    one, two = first, second
    while one + two > 21:
        one, two = (one - 1, two) if one > two or (one == two and first <= second) else (one, two - 1)
    assert _kept(encoding) == (one, two)


@settings(max_examples=40, deadline=None)
@given(first=LENGTHS, second=LENGTHS)
def test_in_proportion_both_lose_the_same_share(tokens: Tokens, first: int, second: int) -> None:
    [encoding] = tokens.pairs([("oil " * first, "bank " * second)], "proportional")
    kept = _kept(encoding)
    assert kept == lengths_in_proportion(first, second, 21)
    if first + second <= 21:
        assert kept == (first, second)
    else:
        assert sum(kept) == 21
        assert abs(kept[0] - 21 * first / (first + second)) <= 1
        assert min(kept) >= (1 if first and second else 0)


@pytest.mark.parametrize(
    ("first", "second", "kept"), [(5, 40, (5, 16)), (5, 5, (5, 5)), (40, 40, (10, 11)), (40, 3, (10, 3)), (40, 0, (21, 0))]
)
def test_second_cuts_the_first_text_only_where_it_leaves_no_room(tokens: Tokens, first: int, second: int, kept: tuple[int, int]) -> None:
    [encoding] = tokens.pairs([("oil " * first, "bank " * second)], "second")
    assert _kept(encoding) == kept


def test_every_family_cuts_to_its_limit(tmp_path: Path) -> None:
    for family in ("bert", "roberta", "distilbert"):
        tokenizer = AutoTokenizer.from_pretrained(make_family(family, tmp_path / family))
        for truncation in ("longest", "proportional", "second"):
            [encoding] = Tokens(tokenizer, 20).pairs([("oil prices fell " * 9, "the bank rose " * 9)], truncation)
            assert len(encoding["input_ids"]) == 20
            assert ("token_type_ids" in encoding) == (family == "bert")


def test_each_word_begins_at_its_first_token(tokens: Tokens) -> None:
    words = ["Unbelievably", "", "\ud800", "cheap", "oil", "🛢", *["x"] * 40]
    [encoding], [starts] = tokens.words([words])
    pieces = tokens.tokenizer.convert_ids_to_tokens(encoding["input_ids"])
    assert len(encoding["input_ids"]) == 24
    assert not any(pieces[start].startswith("##") for start in starts)
    assert pieces[starts[0]] == tokens.tokenizer.tokenize("Unbelievably")[0]
    assert [pieces[start] for start in starts[-3:]] == ["x", "x", "x"]


def test_a_megabyte_is_cut_before_it_is_read(tokens: Tokens) -> None:
    [encoding] = tokens.texts(["oil " * 300_000])
    assert len(encoding["input_ids"]) == 24


def test_words_stay_whole_with_what_is_inside_them() -> None:
    text = "U.S.-led talks in the U.S., 3.5% (O'Neil, v1.2.3)… 桥."
    words = ["U.S.-led", "talks", "in", "the", "U.S.", ",", "3.5", "%", "(", "O'Neil", ",", "v1.2.3", ")", "…", "桥", "."]
    assert [text[start:end] for start, end in split_words(text)] == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("President George W. Bush met", "President George W. Bush met"),
        ("J. A. Smith, Ö. Carr", "J. A. Smith , Ö. Carr"),
        ("Mr. Brown saw Dr. He in St. Louis.", "Mr. Brown saw Dr. He in St. Louis ."),
        ("Ada Bell Jr., of Acme Inc., and Co.", "Ada Bell Jr. , of Acme Inc. , and Co ."),
        ("Acme Corp. said on Jan. 5", "Acme Corp. said on Jan. 5"),
        ("Room No. 5? No. Nobody", "Room No. 5 ? No . Nobody"),
        ("It was plan B. Then it rained.", "It was plan B . Then it rained ."),
        ("She works at Acme Inc. The firm", "She works at Acme Inc . The firm"),
        ("He met George W.\nBush", "He met George W . Bush"),
        ("AT&T. Then a Stop. Go", "AT&T . Then a Stop . Go"),
    ],
)
def test_an_initial_or_an_abbreviation_keeps_its_dot_where_its_sentence_goes_on(text: str, words: str) -> None:
    assert " ".join(text[start:end] for start, end in split_words(text)) == words


@pytest.mark.parametrize("dropped", ["\u200b", "\ufe0f", "\u00ad", "\u0301"])
def test_a_sign_that_the_tokenizer_drops_does_not_move_the_words_after_it(tokens: Tokens, dropped: str) -> None:
    assert tokens.tokenizer.tokenize(dropped) == []
    for casing in (False, True):
        [encoding], [starts] = Tokens(tokens.tokenizer, 24, casing).words([["Anna", dropped, "Okafor", "of", dropped, "Lagos"]])
        pieces = [tokens.tokenizer.convert_ids_to_tokens(encoding["input_ids"][start]) for start in starts]
        assert pieces == ["anna", "[UNK]", "ok", "of", "[UNK]", "lagos"]
