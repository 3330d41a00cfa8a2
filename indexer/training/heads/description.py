"""What is written beside a head's weights: its card for the program and for people, its settings, the log of its training."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from search.heads.card import HeadCard


def describe(
    folder: Path, card: HeadCard, settings: Mapping[str, Any], seconds: float, log: Sequence[Mapping[str, Any]] = (), *, looked: bool = True
) -> None:
    """Writes head.json, README.md, training.json and, where there is a log, log.jsonl into an existing folder.

    ``looked``: the examples that the figures are of have chosen among several states of the head.
    """
    card.write(folder)
    (folder / "README.md").write_text(model_card(card, settings, seconds, looked=looked), encoding="utf-8")
    (folder / "training.json").write_text(json.dumps({**settings, "seconds": round(seconds, 1)}, indent=2) + "\n", encoding="utf-8")
    if log:
        (folder / "log.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in log), encoding="utf-8")


def model_card(card: HeadCard, settings: Mapping[str, Any], seconds: float, *, looked: bool) -> str:
    """What the head does, what it learned from and how good it is, as Markdown."""
    note = "The best of several looks at these examples was kept, so the figures flatter it a little. " if looked else ""
    labels = f"Labels: {', '.join(card.labels)}.\n\n" if card.labels else ""
    figures = "\n".join(f"| {name} | {value:.4f} |" for name, value in card.figures.items())
    return f"""# {card.task}

{card.description} A {card.kind} head of Broadsheet that reads {"pairs of texts" if card.reads == "pair" else "single texts"} of up to
{card.max_tokens} tokens, trained on {card.trained_on} in {seconds / 60:.1f} minutes from {settings["base"]}.

{labels}| on examples that it has not learned from | |
| --- | --- |
{figures}

{note}All settings are in training.json.
"""
