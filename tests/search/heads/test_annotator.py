"""Which heads annotate, what they are asked for by, and that they say of an article what each says of its text alone."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer

from indexer.training.heads.own_body import open_base
from indexer.training.heads.shared_body import Recipe, make_trainee, save_shared
from search.article import Article
from search.errors import BadInput, NotFound
from search.heads.annotator import HeadAnnotator, annotating_heads, chosen_tasks
from search.heads.card import HeadCard, Kind, Reads
from search.heads.catalogue import Heads
from search.heads.classification import classify
from search.heads.mentions import names_of
from search.heads.tagging import tag_texts
from search.models.device import placement
from tests.families import SENTENCES, make_family


def _write(folder: Path, *cards: HeadCard) -> Path:
    for card in cards:
        (folder / card.task).mkdir(parents=True)
        card.write(folder / card.task)
    return folder


def _labels(task: str) -> HeadCard:
    return HeadCard(task, Kind.CLASSIFICATION, labels=("a", "b"))


SHIPPED = (
    _labels("topic"),
    _labels("tone"),
    _labels("sentiment"),
    _labels("acceptability"),
    HeadCard("ner", Kind.TAGGING, labels=("O", "B-PER")),
    HeadCard("pos", Kind.TAGGING, labels=("NN",)),
    HeadCard("nli", Kind.CLASSIFICATION, Reads.PAIR, labels=("a", "b")),
)


def test_the_shipped_heads_give_topic_sentiment_and_entities(tmp_path: Path) -> None:
    shipped = _write(tmp_path / "shipped", *SHIPPED)
    assert annotating_heads(Heads([shipped]), Heads([])) == {"topic": "topic", "sentiment": "tone", "entities": "ner"}


def test_a_users_own_labels_come_besides_and_their_own_tone_comes_first(tmp_path: Path) -> None:
    own = _write(tmp_path / "own", _labels("section"), _labels("sentiment"), HeadCard("pairs", Kind.CLASSIFICATION, Reads.PAIR))
    shipped = _write(tmp_path / "shipped", *SHIPPED)
    found = annotating_heads(Heads([own, shipped]), Heads([own]))
    assert found == {"topic": "topic", "sentiment": "sentiment", "entities": "ner", "section": "section"}


def test_a_task_is_chosen_by_its_name_or_by_that_of_its_head() -> None:
    available = {"topic": "topic", "sentiment": "tone", "entities": "ner", "section": "section"}
    assert chosen_tasks((), available) == available
    assert chosen_tasks(("tone", "ner", "section"), available) == {"sentiment": "tone", "entities": "ner", "section": "section"}
    with pytest.raises(BadInput, match="'weather': choose among topic, sentiment, entities, section"):
        chosen_tasks(("weather",), available)
    with pytest.raises(NotFound, match="`broadsheet train head TASK`"):
        chosen_tasks((), {})


TASKS = {"topic": "topic", "entities": "ner", "section": "section", "places": "places"}
ARTICLES = [
    Article(str(number), "The Striker Scored" if number % 2 else "", ". ".join(SENTENCES[number : number + 3]).title())
    for number in range(len(SENTENCES))
]


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> Heads:
    """Random ones: topic and ner on one body, section and places with a body each."""
    folder = tmp_path_factory.mktemp("heads")
    base = make_family("bert", folder / "base")
    names = HeadCard("ner", Kind.TAGGING, labels=("O", "B-PER", "I-PER", "B-LOC"))
    torch.manual_seed(2)
    trainee = make_trainee(str(base), [_labels("topic"), names], Recipe())
    torch.nn.init.normal_(trainee.tops["ner"].classifier.weight, std=3.0)  # so that the tags differ
    save_shared(trainee, base, folder / "shipped", fields={"base": str(base)})
    for card in (_labels("section"), replace(names, task="places")):
        network = open_base(card, base)
        torch.nn.init.normal_(network.classifier.weight, std=3.0)
        network.save_pretrained(folder / "own" / card.task)
        AutoTokenizer.from_pretrained(base).save_pretrained(folder / "own" / card.task)
        card.write(folder / "own" / card.task)
    return Heads([folder / "own", folder / "shipped"], "cpu", "fp32")


@pytest.fixture(scope="module")
def annotator(heads: Heads) -> HeadAnnotator:
    return HeadAnnotator(heads, TASKS, placement("cpu", "fp32"))


def test_every_head_says_of_an_article_what_it_says_of_its_text(heads: Heads, annotator: HeadAnnotator) -> None:
    texts = [f"{article.title}\n{article.text}" if article.title else article.text for article in ARTICLES]
    found = [{one.task: one for one in said} for said in annotator.annotate(ARTICLES, TASKS)]
    assert all(said.keys() == TASKS.keys() for said in found)
    assert all(said[task].fingerprint == heads.fingerprint(name) for said in found for task, name in TASKS.items())
    for task in ("topic", "section"):
        for said, alone in zip(found, classify(heads.head(task), texts), strict=True):
            assert said[task].label == alone.label
            assert said[task].probability == pytest.approx(alone.probabilities[alone.label], abs=2e-4)
    for task in ("entities", "places"):
        for article, said, alone in zip(ARTICLES, found, tag_texts(heads.head(TASKS[task]), texts), strict=True):
            expected = names_of(alone.entities, len(article.title) + 1 if article.title else 0)
            assert [(one.name, one.type, one.count) for one in said[task].entities] == [(one.name, one.type, one.count) for one in expected]


def test_the_places_of_names_are_those_in_the_body(annotator: HeadAnnotator) -> None:
    for task in ("entities", "places"):
        places = [
            (article.text[start:end], one.name)
            for article, [said] in zip(ARTICLES, annotator.annotate(ARTICLES, [task]), strict=True)
            for one in said.entities
            for start, end in one.mentions
        ]
        assert len(places) > 5
        # A random tagger takes signs into a name, and a part of a longer name is counted there.
        strange = [(text, name) for text, name in places if name.casefold() not in text.casefold() and text not in name]
        assert strange == []


def test_only_what_is_asked_for_is_said(annotator: HeadAnnotator) -> None:
    assert [[one.task for one in said] for said in annotator.annotate(ARTICLES[:2], ["section", "entities"])] == [
        ["entities", "section"]
    ] * 2
    assert annotator.annotate([], TASKS) == []


def test_a_head_without_its_weights_is_refused(heads: Heads, tmp_path: Path) -> None:
    broken = _write(tmp_path, replace(_labels("topic"), body=str(heads.folder("topic").parent / "body")))
    with pytest.raises(BadInput, match="'topic'"):
        HeadAnnotator(Heads([broken]), {"topic": "topic"}, placement("cpu", "fp32")).annotate(ARTICLES, ["topic"])
