"""The heads from the command line: classify, pair, tag, answer, fill-mask, choose, embed, heads. Each answers as the API does."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import BaseModel

from search.cli import DataOption, EncoderOption, settings_with
from search.errors import BadInput
from search.heads.features import Vector

if TYPE_CHECKING:
    from search.heads.catalogue import Heads

JsonOption = Annotated[bool, typer.Option("--json", help="The answer of the HTTP API instead of text.")]
TextsArgument = Annotated[list[str], typer.Argument(help="Texts; - reads one from each line of standard input.")]


def classify(
    task: Annotated[str, typer.Argument(help="Such as sentiment, topic, acceptability.")],
    texts: TextsArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give each text a label."""
    from search.heads.answers import classify as run

    given = _texts(texts)
    found = run(_heads(data), task, given)
    _print(found, as_json, [(text, one.label, _shares(one.probabilities)) for text, one in zip(given, found, strict=True)])


def pair(
    task: Annotated[str, typer.Argument(help="Such as nli, paraphrase, stance, similarity.")],
    first: Annotated[str, typer.Argument(help="The first text: the premise, the claim.")],
    second: Annotated[str, typer.Argument(help="The second text: the hypothesis, the article.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two texts."""
    from search.heads.answers import Label
    from search.heads.answers import pair as run

    [found] = run(_heads(data), task, [(first, second)])
    row = (found.label, _shares(found.probabilities)) if isinstance(found, Label) else (f"{found.value:.2f}",)
    _print([found], as_json, [row])


def tag(
    task: Annotated[str, typer.Argument(help="Such as pos or ner.")],
    texts: TextsArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tag every word, and find the entities."""
    from search.heads.answers import tag as run

    found = run(_heads(data), task, _texts(texts))
    rows: list[tuple[str, ...]] = []
    for one in found:
        rows.append((" ".join(f"{token.text}/{token.tag}" for token in one.tokens),))
        rows += [(f"  {entity.type}", entity.text, f"{entity.start}-{entity.end}", f"{entity.probability:.2f}") for entity in one.entities]
    _print(found, as_json, rows)


def fill_mask(
    texts: TextsArgument,
    top_k: Annotated[int, typer.Option("--top-k", "-k", min=1, max=100, help="Tokens for each mask.")] = 5,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find words for [MASK]."""
    from search.heads.answers import fill_masks

    given = _texts(texts)
    found = fill_masks(_heads(data), given, top_k)
    rows = [(text, one.token, f"{one.probability:.3f}") for text, fillings in zip(given, found, strict=True) for one in fillings]
    _print([one for fillings in found for one in fillings] if not as_json else found, as_json, rows)


def choose(
    question: Annotated[str, typer.Argument(help="The question.")],
    choices: Annotated[list[str], typer.Argument(help="Two or more choices.")],
    passage: Annotated[str, typer.Option(help="The passage that the question is about.")] = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Choose among several answers."""
    from search.heads.answers import choose as run
    from search.heads.choosing import Problem

    if len(choices) < 2:
        raise BadInput("There is one choice: give at least two.", field="choices")
    [found] = run(_heads(data), [Problem(question, tuple(choices), passage)])
    rows = [("→" if number == found.choice else " ", choice, f"{found.probabilities[number]:.2f}") for number, choice in enumerate(choices)]
    _print([found], as_json, rows)


def embed(
    texts: TextsArgument,
    kind: Annotated[Vector, typer.Option(help="As the index holds it, as it is asked with, of [CLS], or of every token.")] = Vector.PASSAGE,
    data: DataOption = None,
    encoder: EncoderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Turn each text into a vector, by the encoder of the archive."""
    from search.assemble import load_embedder

    given = _texts(texts)
    embedder = load_embedder(settings_with(data=data, encoder=encoder))
    if kind is Vector.TOKENS:
        words = embedder.embed_tokens(given)
        results: list[Any] = [[asdict(word) for word in text] for text in words]
        rows: list[tuple[str, ...]] = [(word.token, f"{word.start}-{word.end}", _numbers(word.vector)) for text in words for word in text]
    else:
        results = embedder.embed(given, kind)
        rows = [(text, _numbers(vector)) for text, vector in zip(given, results, strict=True)]
    if as_json:
        print(json.dumps({"results": results}, ensure_ascii=False))
    else:
        _print([], False, rows)


def heads(data: DataOption = None, as_json: JsonOption = False) -> None:
    """List the installed heads with what they answer and how good they are."""
    from search.heads.answers import HeadAnswer

    found = [HeadAnswer.of(card) for card in _heads(data).cards()]
    _print(found, as_json, [(one.task, one.endpoint, ", ".join(one.labels[:8]), one.description) for one in found])


def _heads(data: Path | None) -> "Heads":
    from search.heads.catalogue import BUNDLED, OWN, Heads

    settings = settings_with(data=data)
    return Heads([settings.data / OWN, BUNDLED], settings.device, settings.precision)


def _texts(given: Sequence[str]) -> list[str]:
    return [line.rstrip("\n") for line in sys.stdin if line.strip()] if list(given) == ["-"] else list(given)


def _numbers(vector: Sequence[float]) -> str:
    return " ".join(f"{number:.4f}" for number in vector)


def _shares(probabilities: dict[str, float]) -> str:
    return "  ".join(f"{label} {share:.2f}" for label, share in sorted(probabilities.items(), key=lambda pair: -pair[1])[:5])


def _print(found: Sequence[Any], as_json: bool, rows: Sequence[tuple[str, ...]]) -> None:
    if as_json:
        plain = [
            [one.model_dump() for one in each] if isinstance(each, list) else each.model_dump()
            for each in found
            if isinstance(each, list | BaseModel)
        ]
        print(json.dumps({"results": plain}, indent=2, ensure_ascii=False))
    else:
        for row in rows:
            print("\t".join(row))
