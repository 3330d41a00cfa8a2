"""The command that finds what is like an article or a text."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from search.cli import DataOption, EncoderOption, indexed_engine, settings_with
from search.errors import BadInput
from search.options import JsonOption


def similar(
    like: Annotated[
        str,
        typer.Argument(metavar="FILE|URL|KEY|ID|-", help="A text file, an indexed article, or - for standard input.", show_default=False),
    ],
    data: DataOption = None,
    top_k: Annotated[int, typer.Option("--top-k", "-k", min=1, max=100, help="Number of articles.")] = 10,
    as_json: JsonOption = False,
    encoder: EncoderOption = None,
) -> None:
    """Find what is like an article or a text; what reports the same story comes first."""
    text = _text_of(like)
    engine = indexed_engine(settings_with(data, encoder, "none"))
    article_id = engine.find(like).id if text is None else None
    hits = engine.similar(article_id, top_k) if article_id is not None else engine.like_text(text or "", top_k)
    from search.answers import SimilarAnswer
    from search.terminal import print_similar

    if as_json:
        print(SimilarAnswer.of(article_id, hits).model_dump_json(indent=2))
    else:
        print_similar(hits)


def _text_of(like: str) -> str | None:
    """The text of the file or of standard input; None when the name is not that of a file."""
    if like == "-":
        return sys.stdin.read()
    try:
        path = Path(like)
        return path.read_text("utf-8", "replace") if path.is_file() else None
    except (OSError, ValueError) as error:
        raise BadInput(f"{like[:200]!r} cannot be read: {error}.", field="like") from error
