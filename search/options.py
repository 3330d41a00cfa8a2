"""The options that commands on a search share, and what they mean together."""

import functools
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from search.dates import parse_period
from search.export.format import Format
from search.language.condition import NameField
from search.query import PLURALS, Filters, Interval, Mode, Names

QueryArgument = Annotated[str, typer.Argument(help="Words, a question, a description, or operators: see docs/query-language.md.")]
ModeOption = Annotated[Mode, typer.Option(help="First stage.")]
RerankOption = Annotated[bool, typer.Option("--rerank/--no-rerank", help="Let the cross-encoder reorder the best articles.")]
IntervalOption = Annotated[Interval, typer.Option("--interval", help="Length of a bar.")]
FormatOption = Annotated[
    Format | None,
    typer.Option("--format", help="Take away all that is found, not only a page of it, in this format.", show_default=False),
]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Where --format writes: a file instead of standard output.", show_default=False)
]
ByteOrderMarkOption = Annotated[bool, typer.Option("--bom", help="Begin CSV with a byte order mark, which Excel needs.")]
JsonOption = Annotated[bool, typer.Option("--json", help="The answer of the HTTP API instead of text.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="A table for spreadsheets instead of text.")]


ANYTHING = Filters()
_DATES = {
    "after": "Published on this day (month, year) or later: 2020-01-01, 2020-04, 2020.",
    "before": "Published on this day (month, year) or earlier.",
}
_NAMES: dict[NameField, str] = {
    "source": "of this source",
    "topic": "on this topic",
    "author": "by this author",
    "language": "in this language",
    "sentiment": "of this sentiment (negative, neutral, positive)",
    "person": "in which this person is named",
    "organisation": "in which this organisation is named",
    "place": "in which this place is named",
    "label": 'with this label of a head of your own, as in "section: Politics"',
}


def with_filters(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for each filter in place of its parameter ``filters``."""
    signature = inspect.signature(command)
    options = _filter_options()

    @functools.wraps(command)
    def run(**given: Any) -> None:
        command(filters=_filters({option.name: given.pop(option.name) for option in options}), **given)

    parameters = [one for own in signature.parameters.values() for one in (options if own.name == "filters" else [own])]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


def _filter_options() -> list[inspect.Parameter]:
    options = [_option(name, str | None, explained) for name, explained in _DATES.items()]
    options += [_option(field, list[str] | None, f"Only {explained}; may be repeated.") for field, explained in _NAMES.items()]
    options += [_option(f"not_{field}", list[str] | None, f"None {explained}; may be repeated.") for field, explained in _NAMES.items()]
    return options


def _option(name: str, kind: Any, explained: str) -> inspect.Parameter:
    option = typer.Option(f"--{name.replace('_', '-')}", help=explained, show_default=False)
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=Annotated[kind, option])


def _filters(given: Mapping[str, Any]) -> Filters:
    after, before = given["after"], given["before"]
    return Filters(
        after=parse_period(after, "after").first if after else None,
        before=parse_period(before, "before").last if before else None,
        without=Names(**{plural: tuple(given[f"not_{field}"] or ()) for field, plural in PLURALS.items()}),
        **{plural: tuple(given[field] or ()) for field, plural in PLURALS.items()},
    )
