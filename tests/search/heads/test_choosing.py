"""Of a long passage a choice is judged by the sentences that say something about it."""

import pytest
from transformers import AutoTokenizer

from search.heads.choosing import choice_pairs
from search.heads.problem import Problem
from search.heads.tokens import Tokens
from tests.families import make_family

OIL, CUP, BANK = "Oil prices fell in spring.", "The champions won the cup.", "Shares of the bank rose."
PASSAGE = f"{OIL} {CUP} {BANK}"
QUESTION, CHOICES = "what rose", ("shares of the bank", "oil prices", "the cup")


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> object:
    return AutoTokenizer.from_pretrained(make_family("bert", tmp_path_factory.mktemp("bert")))


def test_a_passage_that_fits_is_read_whole(tokenizer: object) -> None:
    pairs = choice_pairs(Tokens(tokenizer, 128), Problem(QUESTION, CHOICES, PASSAGE))
    assert pairs == [(PASSAGE, f"{QUESTION} {choice}") for choice in CHOICES]


def test_of_one_that_does_not_fit_each_choice_gets_the_sentence_about_it(tokenizer: object) -> None:
    pairs = choice_pairs(Tokens(tokenizer, 20), Problem(QUESTION, CHOICES, PASSAGE))
    assert pairs == [(BANK, "what rose shares of the bank"), (OIL, "what rose oil prices"), (CUP, "what rose the cup")]


def test_several_sentences_stay_in_their_order(tokenizer: object) -> None:
    problem = Problem("what won", ("the cup in spring",), PASSAGE)
    [(evidence, _)] = choice_pairs(Tokens(tokenizer, 27), problem)
    assert evidence == f"{OIL} {CUP}"


def test_without_a_passage_question_and_choice_are_the_pair(tokenizer: object) -> None:
    assert choice_pairs(Tokens(tokenizer, 20), Problem("who won", ("oil", "cup"))) == [("who won", "oil"), ("who won", "cup")]


def test_a_question_that_fills_the_model_still_gets_a_sentence(tokenizer: object) -> None:
    [(evidence, text)] = choice_pairs(Tokens(tokenizer, 12), Problem("what rose " * 10, ("bank",), PASSAGE))
    assert evidence == BANK
    assert len(Tokens(tokenizer, 12).pairs([(evidence, text)], "longest")[0]["input_ids"]) == 12
