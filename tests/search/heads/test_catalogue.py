"""The installed heads: found without being loaded, the user's before the package's, and a newly trained one at once."""

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from search.errors import BadInput, NotFound
from search.heads.card import HeadCard, Kind, Reads
from search.heads.catalogue import Heads

PACKAGE = (
    HeadCard("sentiment", Kind.CLASSIFICATION, labels=("bad", "good")),
    HeadCard("ner", Kind.TAGGING, labels=("O", "B-PER")),
    HeadCard("answer", Kind.SPAN, Reads.PAIR),
)


def install(folder: Path, *cards: HeadCard) -> Path:
    for card in cards:
        (folder / card.task).mkdir(parents=True, exist_ok=True)
        card.write(folder / card.task)
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "own"


@pytest.fixture
def heads(tmp_path: Path, own: Path) -> Heads:
    return Heads([own, install(tmp_path / "package", *PACKAGE)])


def test_the_heads_are_listed_by_their_tasks(heads: Heads) -> None:
    assert [card.task for card in heads.cards()] == ["answer", "ner", "sentiment"]


def test_a_folder_that_does_not_exist_holds_no_heads(tmp_path: Path) -> None:
    assert Heads([tmp_path / "nowhere"]).cards() == []


def test_a_users_head_stands_before_the_packages_and_is_found_while_they_are_in_use(heads: Heads, own: Path) -> None:
    assert heads.card("sentiment").labels == ("bad", "good")
    install(own, HeadCard("sentiment", Kind.CLASSIFICATION, labels=("calm", "angry")), HeadCard("section", Kind.CLASSIFICATION))
    assert heads.card("sentiment").labels == ("calm", "angry")
    assert heads.folder("sentiment") == own / "sentiment"
    assert "section" in [card.task for card in heads.cards()]
    shutil.rmtree(own / "sentiment")
    assert heads.card("sentiment").labels == ("bad", "good")


def test_a_head_that_was_trained_again_is_read_again(heads: Heads, own: Path) -> None:
    install(own, HeadCard("mood", Kind.CLASSIFICATION, labels=("low",)))
    assert heads.card("mood").labels == ("low",)
    install(own, HeadCard("mood", Kind.CLASSIFICATION, labels=("low", "high")))
    later = (own / "mood" / "head.json").stat().st_mtime_ns + 1_000_000
    os.utime(own / "mood" / "head.json", ns=(later, later))
    assert heads.card("mood").labels == ("low", "high")


def test_a_missing_head_is_named_with_those_that_are_there_and_the_way_to_get_it(heads: Heads) -> None:
    with pytest.raises(NotFound, match=r"'mood'; installed: answer, ner, sentiment.*broadsheet train head"):
        heads.card("mood")
    with pytest.raises(NotFound) as caught:
        heads.card("x" * 1_000)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        "null",
        '{"version": 0, "task": "older"}',
        '{"version": 1, "task": "mood"}',
        '{"version": 1, "task": "mood", "kind": "weather", "reads": "text", "labels": []}',
        '{"version": 1, "task": ["mood"], "kind": "mask", "reads": "text", "labels": []}',
        '{"version": 1, "task": "mood", "kind": ["mask"], "reads": "text", "labels": 3}',
        '{"version": 1, "task": "mood", "kind": "mask", "reads": "text", "labels": [], "colour": "red"}',
    ],
)
def test_a_broken_head_does_not_take_the_others_with_it(content: str, heads: Heads, own: Path, caplog: pytest.LogCaptureFixture) -> None:
    (own / "broken").mkdir(parents=True)
    (own / "broken" / "head.json").write_text(content, "utf-8")
    assert [card.task for card in heads.cards()] == ["answer", "ner", "sentiment"]
    heads.cards()
    assert [record.message.count("train the head again") for record in caplog.records] == [1]  # once


def test_a_head_that_is_being_written_or_replaced_is_not_served(heads: Heads, own: Path) -> None:
    for name, label in ((".mood.part", "unfinished"), ("mood", "finished"), (".mood.old", "replaced")):
        (own / name).mkdir(parents=True)
        HeadCard("mood", Kind.CLASSIFICATION, labels=(label,)).write(own / name)
    assert heads.card("mood").labels == ("finished",)


def test_the_only_head_of_a_kind_answers_where_none_is_named(heads: Heads) -> None:
    assert heads.first(Kind.SPAN) == "answer"
    with pytest.raises(NotFound, match="choice"):
        heads.first(Kind.CHOICE)


def test_of_several_the_one_of_the_usual_name_answers(heads: Heads, own: Path) -> None:
    install(own, HeadCard("law", Kind.SPAN, Reads.PAIR))
    assert heads.first(Kind.SPAN) == "answer"
    install(own, HeadCard("mine", Kind.CHOICE), HeadCard("yours", Kind.CHOICE))
    with pytest.raises(BadInput, match="mine, yours"):
        heads.first(Kind.CHOICE)


def test_the_fingerprint_changes_with_the_weights_and_needs_no_loading(heads: Heads, own: Path) -> None:
    card = HeadCard("mood", Kind.CLASSIFICATION, body="../body")
    install(own, card)
    (own / "body").mkdir()
    (own / "body" / "delta.safetensors").write_bytes(b"one")
    (own / "mood" / "top.safetensors").write_bytes(b"two")
    before = heads.fingerprint("mood")
    assert before.startswith("mood:")
    (own / "mood" / "top.safetensors").write_bytes(b"three")
    assert Heads([own]).fingerprint("mood") != before
    (own / "mood" / "top.safetensors").write_bytes(b"two")
    assert Heads([own]).fingerprint("mood") == before


@pytest.mark.parametrize("body", [None, "../body"])
@pytest.mark.parametrize(
    "changed",
    [{"labels": ("low", "high")}, {"max_tokens": 64}, {"truncation": "second"}, {"casing": True}, {"lowest": -1.0}, {"highest": 9.0}],
    ids=str,
)
def test_the_fingerprint_changes_with_what_the_card_says_of_the_answers(body: str | None, changed: dict[str, Any], own: Path) -> None:
    card = HeadCard("mood", Kind.CLASSIFICATION, labels=("bad", "good"), body=body)
    install(own, card)
    (own / "mood" / "logistic.safetensors").write_bytes(b"weights")
    (own / "mood" / "config.json").write_text('{"model_type": "logistic"}')
    before = Heads([own]).fingerprint("mood")
    install(own, replace(card, description="Another word for it.", figures={"accuracy": 0.5}))
    assert Heads([own]).fingerprint("mood") == before
    install(own, replace(card, **changed))
    assert Heads([own]).fingerprint("mood") != before


@pytest.mark.parametrize(
    ("card", "endpoint"),
    [
        (HeadCard("a", Kind.CLASSIFICATION), "/classify"),
        (HeadCard("a", Kind.CLASSIFICATION, Reads.PAIR), "/pair"),
        (HeadCard("a", Kind.REGRESSION, Reads.PAIR), "/pair"),
        (HeadCard("a", Kind.TAGGING), "/tag"),
        (HeadCard("a", Kind.SPAN, Reads.PAIR), "/answer"),
        (HeadCard("a", Kind.CHOICE, Reads.PAIR), "/choose"),
        (HeadCard("a", Kind.MASK), "/fill-mask"),
    ],
)
def test_every_kind_has_its_endpoint(card: HeadCard, endpoint: str) -> None:
    assert card.endpoint == endpoint


def test_listing_the_heads_loads_no_model(heads: Heads) -> None:
    loaded = {name for name in sys.modules if name.startswith("search.heads.network")}
    heads.cards()
    assert {name for name in sys.modules if name.startswith("search.heads.network")} == loaded
