"""Texts are tagged sentence by sentence, and a sentence does not end within a name."""

from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer

from search.heads.card import HeadCard, Kind
from search.heads.network import Network
from search.heads.tagging import sentences_of, tag_texts, tag_words
from search.heads.tokens import Tokens, split_words
from search.models.device import placement
from tests.families import make_family


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("George W. Bush met John F. Kerry in St. Louis. It rained.", ["George W. Bush met John F. Kerry in St. Louis.", "It rained."]),
        ("It was plan B. Then it rained.", ["It was plan B.", "Then it rained."]),
        ("A title\nOil fell by 3.5%! Why?", ["A title", "Oil fell by 3.5%!", "Why?"]),
        ('"It rained." He left (at last!) "Why?"', ['"It rained."', "He left (at last!)", '"Why?"']),
        ("He left ( at last ) . Why ?", ["He left ( at last ) .", "Why ?"]),
        ("The U.S. Treasury agreed. 石油价格下跌。", ["The U.S. Treasury agreed.", "石油价格下跌。"]),
    ],
)
def test_a_sentence_ends_at_its_last_sign_and_not_at_the_dot_of_an_initial(text: str, sentences: list[str]) -> None:
    assert [text[part[0][0] : part[-1][1]] for part in sentences_of(text, split_words(text))] == sentences


def test_a_sentence_without_end_is_cut() -> None:
    text = "word " * 130
    assert [len(part) for part in sentences_of(text, split_words(text))] == [60, 60, 10]


def test_only_a_text_is_cut_into_sentences_and_words_are_read_as_they_are_given(tmp_path: Path) -> None:
    read: list[int] = []

    def forward(features: dict[str, torch.Tensor]) -> torch.Tensor:
        read.append(len(features["input_ids"]))
        return torch.zeros(*features["input_ids"].shape, 2)

    tokens = Tokens(AutoTokenizer.from_pretrained(make_family("bert", tmp_path)), 32)
    network = Network(HeadCard("names", Kind.TAGGING, labels=("O", "B-LOC")), "", tokens, forward, placement("cpu", "fp32"))
    [given] = tag_words(network, [["oil", "fell", ".", "why", "?"]])
    [text] = tag_texts(network, ["oil fell. why?"])
    assert read == [1, 2]
    assert [word.text for word in given.words] == [word.text for word in text.words] == ["oil", "fell", ".", "why", "?"]
