"""The commands that count what matches a search: over time, beside other searches, and by words."""

import sys
from collections.abc import Iterable, Sequence
from typing import Annotated

import typer
from pydantic import BaseModel

from search.cli import DataOption, EncoderOption, RerankerOption, indexed_engine, settings_with
from search.export.spreadsheet import Cell, csv_lines
from search.options import (
    ANYTHING,
    CsvOption,
    IntervalOption,
    JsonOption,
    ModeOption,
    QueryArgument,
    RerankOption,
    with_filters,
)
from search.query import Filters, Interval, Mode, Query


@with_filters
def timeline(
    query: QueryArgument,
    data: DataOption = None,
    interval: IntervalOption = Interval.AUTO,
    filters: Filters = ANYTHING,
    mode: ModeOption = Mode.HYBRID,
    rerank: RerankOption = True,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    encoder: EncoderOption = None,
    reranker: RerankerOption = None,
) -> None:
    """Count all articles that match, over time, also as a share of all articles of each bar."""
    asked = Query(query, top_k=1, mode=mode, rerank=rerank, filters=filters, timeline=interval)
    response = indexed_engine(settings_with(data, encoder, reranker if rerank else "none")).search(asked)
    from search.figures import TIMELINE_COLUMNS, TimelineResponseAnswer, timeline_rows
    from search.terminal import print_timeline

    if as_json:
        _print_json(TimelineResponseAnswer.of(response))
    elif as_csv:
        _print_csv(TIMELINE_COLUMNS, timeline_rows(response.timeline) if response.timeline else ())
    elif response.timeline:
        print_timeline(response.timeline, response.total)


@with_filters
def compare(
    queries: Annotated[list[str], typer.Argument(metavar="QUERY...", help="Two or more queries.")],
    data: DataOption = None,
    interval: IntervalOption = Interval.AUTO,
    filters: Filters = ANYTHING,
    mode: ModeOption = Mode.HYBRID,
    rerank: RerankOption = True,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    encoder: EncoderOption = None,
    reranker: RerankerOption = None,
) -> None:
    """Count what matches several queries, side by side over time."""
    asked = [Query(text, top_k=1, mode=mode, rerank=rerank, filters=filters, timeline=interval) for text in queries]
    comparison = indexed_engine(settings_with(data, encoder, reranker if rerank else "none")).compare(asked)
    from search.figures import ComparisonAnswer, comparison_columns, comparison_rows
    from search.terminal import print_comparison

    if as_json:
        _print_json(ComparisonAnswer.of(comparison))
    elif as_csv:
        _print_csv(comparison_columns(comparison), comparison_rows(comparison))
    else:
        print_comparison(comparison)


@with_filters
def words(
    query: QueryArgument,
    data: DataOption = None,
    filters: Filters = ANYTHING,
    mode: ModeOption = Mode.HYBRID,
    rerank: RerankOption = True,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    encoder: EncoderOption = None,
    reranker: RerankerOption = None,
) -> None:
    """Show what is typical of the articles that match: words, sources, topics, authors."""
    asked = Query(query, top_k=1, mode=mode, rerank=rerank, filters=filters, facets=True, keywords=True)
    response = indexed_engine(settings_with(data, encoder, reranker if rerank else "none")).search(asked)
    from search.figures import WORD_COLUMNS, WordsAnswer, word_rows
    from search.terminal import print_words

    if as_json:
        _print_json(WordsAnswer.of(response))
    elif as_csv:
        _print_csv(WORD_COLUMNS, word_rows(response))
    else:
        print_words(response)


def _print_json(answer: BaseModel) -> None:
    print(answer.model_dump_json(indent=2))


def _print_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    for line in csv_lines(columns, rows):
        sys.stdout.write(line)
