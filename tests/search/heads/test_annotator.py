"""Which heads annotate, and what they are asked for by."""

from pathlib import Path

import pytest

from search.errors import BadInput, NotFound
from search.heads.annotator import annotating_heads, chosen_tasks
from search.heads.card import HeadCard, Kind, Reads
from search.heads.catalogue import Heads


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
