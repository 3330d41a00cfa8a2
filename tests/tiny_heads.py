"""A head of every kind with random weights, in the layout of a user's own: what it answers means nothing, but it answers."""

from dataclasses import replace
from pathlib import Path

from transformers import AutoTokenizer, set_seed

from search.heads.card import HeadCard, Kind
from search.heads.network import auto_class
from search.models.loading import quietly
from tests.families import CASES, make_family

_USUAL = {"ask": "answer", "pick": "choice", "words": "mask"}  # so that they stand before those of the package
CARDS = [replace(card, task=_USUAL.get(card.task, card.task)) for card, _ in CASES.values()]
"""Their tasks: mood, same, alike, names, answer, choice, mask."""


def make_heads(folder: Path) -> Path:
    """Writes one folder for each, on one random body, and returns the folder that holds them."""
    base = make_family("bert", folder / "body")
    for card in CARDS:
        _make_head(card, base, folder / card.task)
    return folder


def _make_head(card: HeadCard, base: Path, folder: Path) -> None:
    outputs = {"num_labels": len(card.labels)} if card.labels else {"num_labels": 1} if card.kind is Kind.REGRESSION else {}
    set_seed(7)
    with quietly():
        auto_class(card.kind).from_pretrained(base, **outputs).save_pretrained(folder)
    AutoTokenizer.from_pretrained(base).save_pretrained(folder)
    card.write(folder)
