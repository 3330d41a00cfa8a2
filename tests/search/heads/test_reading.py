"""The answer is the best span by start + end, as trying all of them finds it, wherever in a long passage it stands."""

from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from search.heads.network import Logits, Network
from search.heads.reading import LONGEST_ANSWER, question_windows, read
from search.heads.tokens import Encoding, Tokens
from search.models.bundled import bundled_encoder_folder

QUESTION = "What fell?"
PASSAGE = " ".join(f"Word{number % 7} fell, and “the bank” rose by {number}%." for number in range(3))
MAX_TOKENS = 48


class _Worth:
    """A network that gives each token of each window the (start, end) that a function says; counts the windows."""

    def __init__(self, tokens: Tokens, worth: Callable[[Encoding], Logits]) -> None:
        self.tokens = tokens
        self._worth = worth
        self.windows: list[Encoding] = []

    def logits(self, encodings: Sequence[Encoding]) -> list[Logits]:
        self.windows += encodings
        return [self._worth(encoding) for encoding in encodings]

    def read(self, passage: str) -> tuple[str, int, int, float] | None:
        [found] = read(cast(Network, self), [(QUESTION, passage)])
        return None if found is None else (found.text, found.start, found.end, found.probability)


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    return Tokens(AutoTokenizer.from_pretrained(bundled_encoder_folder(), local_files_only=True), MAX_TOKENS)


def _at(tokens: Tokens, start: str, end: str, worth: float = 5.0) -> Callable[[Encoding], Logits]:
    """A worth for one token as the start and one as the end, and 1 for each in [CLS]."""
    ids = [tokens.tokenizer.convert_tokens_to_ids(token) for token in (start, end)]

    def worth_of(encoding: Encoding) -> Logits:
        given = np.array(encoding["input_ids"])[:, None] == np.array(ids)[None, :]  # (tokens, 2)
        logits = np.where(given & (np.array(encoding["token_type_ids"]) == 1)[:, None], worth, 0.0)
        logits[0] = 1.0
        return logits.astype(np.float32)

    return worth_of


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), nothing=st.sampled_from([-9.0, 2.0, 4.0]), words=st.integers(1, 90))
def test_the_best_span_is_that_of_trying_all(tokens: Tokens, seed: int, nothing: float, words: int) -> None:
    passage = " ".join((PASSAGE.split() * 9)[:words])
    wide = Tokens(tokens.tokenizer, 256)
    [(_, offsets)] = question_windows(wide, QUESTION, passage)
    logits = np.random.default_rng(seed).normal(size=(len(offsets), 2)).astype(np.float32)
    logits[0] = nothing / 2
    inside = [place for place, span in enumerate(offsets) if span is not None]
    assert inside == list(range(inside[0], len(offsets) - 1)), "all but [CLS], the question and the [SEP]s"
    worths = {(i, j): float(logits[i, 0] + logits[j, 1]) for i in inside for j in inside if i <= j < i + LONGEST_ANSWER}
    first, last = max(worths, key=lambda span: worths[span])
    found = _Worth(wide, lambda _: logits).read(passage)
    if worths[first, last] <= nothing:
        assert found is None
        return
    start, end = offsets[first][0], offsets[last][1]  # type: ignore[index]
    share = np.exp(worths[first, last]) / (np.exp(list(worths.values())).sum() + np.exp(nothing))
    assert found == (passage[start:end], start, end, pytest.approx(share, rel=1e-3))


@pytest.mark.parametrize(("worth", "answered"), [(0.9, False), (1.1, True)])
def test_there_is_no_answer_where_the_first_token_is_worth_as_much(tokens: Tokens, worth: float, answered: bool) -> None:
    found = _Worth(tokens, _at(tokens, "bank", "bank", worth)).read("Oil and the bank.")
    assert (found is not None) == answered
    if found:
        assert found[:3] == ("bank", 12, 16)


@pytest.mark.parametrize("before", [0, 17, 100, 1_000])
def test_an_answer_is_found_in_whichever_window_it_stands(tokens: Tokens, before: int) -> None:
    passage = f"{'oil ' * before}“The bank’s” (Ünal) {'oil ' * 120}"
    network = _Worth(tokens, _at(tokens, "bank", "##l"))
    found = network.read(passage)
    assert found is not None
    text, start, end, probability = found
    assert (text, passage[start:end]) == ("bank’s” (Ünal", text)
    assert 0.5 < probability < 1
    assert len(network.windows) > 1 + before // MAX_TOKENS
    assert all(len(encoding["input_ids"]) <= MAX_TOKENS for encoding in network.windows)


def test_of_several_windows_the_surest_answers_and_those_without_do_not_outvote_it(tokens: Tokens) -> None:
    weak, strong = _at(tokens, "bank", "bank", 2.0), _at(tokens, "cup", "cup", 4.0)

    def worth(encoding: Encoding) -> Logits:
        logits = np.maximum(weak(encoding), strong(encoding))
        empty = logits[1:].max() == 0
        logits[0] = 9.0 if empty else 1.0  # sure that there is nothing
        return logits

    passage = f"bank {'oil ' * 100} cup {'oil ' * 100} bank"
    found = _Worth(tokens, worth).read(passage)
    assert found is not None
    assert (found[0], found[1]) == ("cup", passage.index("cup"))


def test_many_questions_keep_their_order(tokens: Tokens) -> None:
    passages = ["oil " * 90 + "bank", "nothing at all", "the bank"]
    network = _Worth(tokens, _at(tokens, "bank", "bank"))
    found = read(cast(Network, network), [(QUESTION, passage) for passage in passages])
    assert [one and one.start for one in found] == [360, None, 4]
    assert read(cast(Network, network), []) == []
