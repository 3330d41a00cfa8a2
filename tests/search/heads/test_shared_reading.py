"""Heads on one body say of a text what each says that reads it by itself."""

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from search.article import Article
from search.heads.article_windows import READ_WORDS, WINDOW_TOKENS, Read, article_windows
from search.heads.card import HeadCard, Kind
from search.heads.network import Body, Network, run_top
from search.heads.shared_reading import SharedReading
from search.heads.tagging import tag_texts
from search.heads.tokens import Tokens, split_words
from search.heads.tops import make_top
from search.models.bert import PackedBert
from search.models.device import Placement
from tests.families import SENTENCES, make_family

LABELS = {"topic": ("World", "Sport"), "tone": ("bad", "fair", "good"), "ner": ("O", "B-PER", "I-PER", "B-LOC")}
LONG = "\n".join(f"{sentence}. " * (1 + number % 3) for number, sentence in enumerate(SENTENCES * 6))
TEXTS = [*(f"{sentence}." for sentence in SENTENCES), LONG, "", "word" * 300, LONG.replace(".", "")]


@pytest.fixture(scope="module")
def body(tmp_path_factory: pytest.TempPathFactory) -> Body:
    folder = make_family("bert", tmp_path_factory.mktemp("body"))
    bert = AutoModel.from_pretrained(folder).eval()
    place = Placement(torch.device("cpu"), torch.float32)
    return Body(PackedBert(bert, torch.float32), AutoTokenizer.from_pretrained(folder), bert.get_input_embeddings().weight, place)


@pytest.fixture(scope="module")
def reading(body: Body) -> SharedReading:
    torch.manual_seed(3)
    cards = {name: HeadCard(name, Kind.TAGGING if name == "ner" else Kind.CLASSIFICATION, labels=labels) for name, labels in LABELS.items()}
    tops = {name: make_top(card.kind, len(card.labels), body.bert.config).eval() for name, card in cards.items()}
    for top in tops.values():
        torch.nn.init.normal_(top.classifier.weight, std=3.0)  # so that the tags differ
    return SharedReading(body, {name: (cards[name], tops[name]) for name in cards})


def _alone(reading: SharedReading, body: Body, name: str) -> Network:
    card, top = reading._tops[name]
    return Network(card, name, Tokens(body.tokenizer, WINDOW_TOKENS), lambda features: run_top(top, body, features), body.place)


@pytest.mark.parametrize("name", ["topic", "tone"])
def test_labels_are_those_of_the_head_alone_on_the_beginning(reading: SharedReading, body: Body, name: str) -> None:
    together = reading.read(TEXTS, LABELS).logits[name]
    windows = [one.beginning for one in article_windows(TEXTS, body.tokenizer)]
    encodings = [{"input_ids": ids, "attention_mask": [1] * len(ids)} for ids in windows]
    np.testing.assert_allclose(together, _alone(reading, body, name).logits(encodings), atol=1e-5)
    np.testing.assert_allclose(together, reading.read(TEXTS, [name]).logits[name], atol=1e-5)
    short = _alone(reading, body, name).logits(_alone(reading, body, name).tokens.texts(TEXTS[:6]))
    np.testing.assert_allclose(together[:6], short, atol=1e-5)


def test_names_are_those_of_the_tagger_alone(reading: SharedReading, body: Body) -> None:
    together = reading.read(TEXTS, ["ner", "topic"]).mentions["ner"]
    assert any(together)
    for found, alone in zip(together, tag_texts(_alone(reading, body, "ner"), TEXTS), strict=True):
        assert [(one.text, one.type, one.start, one.end) for one in found] == [(e.text, e.type, e.start, e.end) for e in alone.entities]


def test_the_sentences_hold_every_word_once(body: Body) -> None:
    for text, windows in zip(TEXTS, article_windows(TEXTS, body.tokenizer), strict=True):
        assert [word for words in windows.words for word in words] == split_words(text)
        assert all(len(tokens) <= WINDOW_TOKENS for tokens in (windows.beginning, *windows.tokens))
        ids = [token for tokens in windows.tokens for token in tokens[1:-1]]
        assert ids == body.tokenizer(text, add_special_tokens=False)["input_ids"]
        for tokens, words, firsts in zip(windows.tokens, windows.words, windows.firsts, strict=True):
            for (start, _), place in zip(words, firsts.tolist(), strict=True):
                piece = body.tokenizer.convert_ids_to_tokens(tokens[place])
                assert piece == "[UNK]" or text[start:].lower().startswith(piece)
    long = article_windows([LONG], body.tokenizer)[0]
    assert all(LONG[words[-1][1] - 1] == "." for words in long.words)
    whole = [[token for tokens in long.tokens[:count] for token in tokens[1:-1]] for count in range(len(long.tokens))]
    assert long.beginning[1:-1] == [tokens for tokens in whole if len(tokens) <= WINDOW_TOKENS - 2][-1]


def test_the_beginning_of_an_article_is_read_with_its_title_in_front() -> None:
    article = Article("k", "A title", " ".join(f"w{i}" for i in range(READ_WORDS + 50)))
    read = Read.of(article)
    assert read.text[read.body :] == " ".join(article.text.split()[:READ_WORDS])
    assert read.text[: read.body] == "A title\n"
    assert Read.of(Article("k", "", "text")) == Read("text", 0)
    assert Read.of(Article("k", "title", "")) == Read("title", 0)
