"""Capitals reach a body that reads small letters: each token with the casing of its own run of letters."""

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoConfig, AutoModel, AutoTokenizer

from search.heads.article_windows import article_windows
from search.heads.casing import Casing, add_casing, casing_of, casings_of, lacks_capitals
from search.heads.tagging import sentences_of
from search.heads.tokens import Tokens, split_words
from search.models.bundled import bundled_encoder_folder
from tests.families import make_family


@pytest.mark.parametrize(
    ("word", "casing"),
    [
        ("paris", Casing.SMALL),
        ("3.5", Casing.SMALL),
        ("上海", Casing.SMALL),
        ("", Casing.SMALL),
        ("Paris", Casing.FIRST),
        ("Éire", Casing.FIRST),
        ("BBC", Casing.ALL),
        ("I", Casing.ALL),
        ("U.S.", Casing.ALL),
        ("G7", Casing.ALL),
        ("iPhone", Casing.MIXED),
        ("McDonald", Casing.MIXED),
    ],
)
def test_a_word_is_small_begins_with_a_capital_is_all_capitals_or_mixed(word: str, casing: Casing) -> None:
    assert casing_of(word) is casing


def test_each_part_of_a_compound_has_its_own() -> None:
    names = {0: "-", 2: "F", 3: "A", 4: "M"}
    assert "".join(names[casing] for casing in casings_of("BBC's Anglo-French iPhone")) == "AAA---FFFFF-FFFFFF-MMMMMM"


@given(st.text(max_size=40))
def test_any_text_has_a_casing_for_each_character(text: str) -> None:
    assert len(casings_of(text)) == len(text)


def test_words_given_apart_and_articles_are_read_alike() -> None:
    tokenizer = AutoTokenizer.from_pretrained(bundled_encoder_folder(), local_files_only=True)
    text = "McGuinness of the BBC's Anglo-French desk met Éric in Paris. THE END, he said."
    [windows] = article_windows([text], tokenizer)
    sentences = [[text[start:end] for start, end in part] for part in sentences_of(text, split_words(text))]
    encodings, _ = Tokens(tokenizer, 64, casing=True).words(sentences)
    assert windows.tokens == [encoding["input_ids"] for encoding in encodings]
    assert windows.casings == [encoding["token_type_ids"] for encoding in encodings]
    assert {2, 3, 4} < {casing for row in windows.casings for casing in row}


def test_a_body_with_rows_for_casing_answers_as_before_until_they_are_learned(tmp_path: Path) -> None:
    folder = make_family("bert", tmp_path)
    bert, tokenizer = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    features = tokenizer("oil prices fell", "the bank rose", return_tensors="pt")
    before = bert(**features).last_hidden_state
    assert lacks_capitals(bert.config, tokenizer)
    add_casing(bert)
    assert not lacks_capitals(bert.config, tokenizer)
    assert torch.equal(bert(**features).last_hidden_state, before)
    for casing in Casing:
        told = bert(features["input_ids"], token_type_ids=torch.full_like(features["input_ids"], int(casing)))
        assert torch.equal(told.last_hidden_state, bert(features["input_ids"]).last_hidden_state)


@pytest.mark.parametrize("family", ["multilingual", "roberta", "distilbert"])
def test_bodies_that_see_capitals_or_have_no_segments_are_not_told(family: str, tmp_path: Path) -> None:
    folder = make_family(family, tmp_path)
    assert not lacks_capitals(AutoConfig.from_pretrained(folder), AutoTokenizer.from_pretrained(folder))
