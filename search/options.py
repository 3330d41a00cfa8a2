"""The options that commands on a search share, and what they mean together."""

from pathlib import Path
from typing import Annotated

import typer

from search.dates import parse_period
from search.export.format import Format
from search.query import Filters, Interval, Mode, Names

QueryArgument = Annotated[str, typer.Argument(help="Words, a question, a description, or operators: see docs/query-language.md.")]
ModeOption = Annotated[Mode, typer.Option(help="First stage.")]
RerankOption = Annotated[bool, typer.Option("--rerank/--no-rerank", help="Let the cross-encoder reorder the best articles.")]
AfterOption = Annotated[
    str | None, typer.Option("--after", help="Published on this day (month, year) or later: 2020-01-01, 2020-04, 2020.", show_default=False)
]
BeforeOption = Annotated[str | None, typer.Option("--before", help="Published on this day (month, year) or earlier.", show_default=False)]
SourceOption = Annotated[list[str] | None, typer.Option("--source", help="Of this source; may be repeated.", show_default=False)]
TopicOption = Annotated[list[str] | None, typer.Option("--topic", help="On this topic; may be repeated.", show_default=False)]
AuthorOption = Annotated[list[str] | None, typer.Option("--author", help="By this author; may be repeated.", show_default=False)]
LanguageOption = Annotated[list[str] | None, typer.Option("--language", help="In this language; may be repeated.", show_default=False)]
NotSourceOption = Annotated[list[str] | None, typer.Option("--not-source", help="Not of this source; may be repeated.", show_default=False)]
NotTopicOption = Annotated[list[str] | None, typer.Option("--not-topic", help="Not on this topic; may be repeated.", show_default=False)]
NotAuthorOption = Annotated[list[str] | None, typer.Option("--not-author", help="Not by this author; may be repeated.", show_default=False)]
NotLanguageOption = Annotated[
    list[str] | None, typer.Option("--not-language", help="Not in this language; may be repeated.", show_default=False)
]
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


def filters_of(
    after: str | None,
    before: str | None,
    wanted: tuple[list[str] | None, list[str] | None, list[str] | None, list[str] | None],
    unwanted: tuple[list[str] | None, list[str] | None, list[str] | None, list[str] | None],
) -> Filters:
    """The filters that the options say; names are those of sources, topics, authors and languages, in this order."""
    sources, topics, authors, languages = (tuple(names or ()) for names in wanted)
    return Filters(
        after=parse_period(after, "after").first if after else None,
        before=parse_period(before, "before").last if before else None,
        sources=sources,
        topics=topics,
        languages=languages,
        authors=authors,
        without=Names(*(tuple(names or ()) for names in unwanted)),
    )
