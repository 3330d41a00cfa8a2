"""The command line: parses, calls one function, prints. Commands of the other packages join through entry points.

Exit status: 0 when everything asked for was done, 2 for bad usage, otherwise 1 with one line that says what to do.
"""

import logging
import os
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from search.errors import BadInput, BroadsheetError
from search.export.format import Format
from search.options import (
    ANYTHING,
    ByteOrderMarkOption,
    FormatOption,
    JsonOption,
    ModeOption,
    OutOption,
    QueryArgument,
    RerankOption,
    with_filters,
)
from search.query import Filters, Interval, Mode, Query, Sort
from search.settings import Settings

if TYPE_CHECKING:
    from search.engine import SearchEngine

COMMANDS = "broadsheet.commands"
_SITE = "http://127.0.0.1:8000"  # what links begin with where no other address is set: where `broadsheet serve` is found

DataOption = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Folder of database and index (env: BROADSHEET_DATA).", show_default=False)
]
EncoderOption = Annotated[
    str | None, typer.Option("--encoder", metavar="NAME", help="Bi-encoder: the bundled one, a folder or a hub id.", show_default=False)
]
RerankerOption = Annotated[
    str | None, typer.Option("--reranker", metavar="NAME", help="Cross-encoder: bundled, a folder, a hub id, or none.", show_default=False)
]


def settings_with(data: Path | None = None, encoder: str | None = None, reranker: str | None = None) -> Settings:
    """The settings of the environment, with what was given on the command line (not None) in their place."""
    given = {"data": data, "encoder": encoder, "reranker": reranker}
    return Settings().model_copy(update={name: value for name, value in given.items() if value is not None})


def application() -> typer.Typer:
    """The command with all sub-commands that are installed."""
    app = typer.Typer(help="Self-hosted semantic search for news.", no_args_is_help=True, add_completion=False)
    app.pretty_exceptions_enable = False
    from search.counting_cli import compare, timeline, words
    from search.likeness_cli import similar

    for command in (search, similar, timeline, compare, words):
        app.command(command.__name__)(command)
    for entry in sorted(entry_points(group=COMMANDS), key=lambda entry: entry.name):
        joined: Any = entry.load()
        if isinstance(joined, typer.Typer):
            app.add_typer(joined, name=entry.name)
        else:
            app.command(entry.name)(joined)
    return app


def main() -> NoReturn:
    """Runs the command line; every known failure is one line on standard error."""
    # Before faiss or torch are imported: each has a pool of threads, and threads that spin while they wait take the cores from the
    # other pool; threads that sleep at once make every short step of a model wait for them to wake. A short spin is best for both.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        application()(standalone_mode=True)
    except BadInput as error:
        _fail(error, 2)
    except BroadsheetError as error:
        _fail(error, 1)
    except KeyboardInterrupt:
        _fail("Interrupted.", 1)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone, as with `| head`
        sys.exit(1)
    sys.exit(0)


def _fail(message: object, status: int) -> NoReturn:
    print(f"broadsheet: {message}", file=sys.stderr)
    sys.exit(status)


@with_filters
def search(
    query: QueryArgument,
    data: DataOption = None,
    top_k: Annotated[int, typer.Option("--top-k", "-k", help="Number of articles.")] = 10,
    offset: Annotated[int, typer.Option(help="Number of articles to skip.")] = 0,
    mode: ModeOption = Mode.HYBRID,
    rerank: RerankOption = True,
    filters: Filters = ANYTHING,
    sort: Annotated[Sort, typer.Option(help="By relevance, or all that match by date.")] = Sort.RELEVANCE,
    half_life: Annotated[
        float | None, typer.Option(metavar="DAYS", help="Recency boost: after so many days half of it is left.", show_default=False)
    ] = None,
    facets: Annotated[
        bool, typer.Option("--facets", help="Count all that match by source, topic, author, language and what annotating found.")
    ] = False,
    timeline: Annotated[
        Interval | None, typer.Option(help="Count all that match over time, in bars of this length.", show_default=False)
    ] = None,
    stories: Annotated[bool, typer.Option("--stories", help="One result per story.")] = False,
    as_json: JsonOption = False,
    wanted: FormatOption = None,
    out: OutOption = None,
    byte_order_mark: ByteOrderMarkOption = False,
    encoder: EncoderOption = None,
    reranker: RerankerOption = None,
) -> None:
    """Search the archive, or take all that is found away with --format."""
    asked = Query(query, top_k, offset, mode, rerank, sort, filters, half_life, facets=facets, timeline=timeline, stories=stories)
    if out is not None and wanted is None:
        raise BadInput(f"{out} can be written in several formats: say which with --format, for example --format csv.", field="format")
    settings = settings_with(data, encoder, reranker if rerank else "none")
    engine = indexed_engine(settings)
    if wanted is not None:
        _take_away(engine, asked, settings, wanted, out, byte_order_mark)
        return
    from search.terminal import print_response

    response = engine.search(asked)
    if as_json:
        from search.answers import SearchAnswer

        print(SearchAnswer.of(response).model_dump_json(indent=2))
    else:
        print_response(response)


def _take_away(engine: "SearchEngine", query: Query, settings: Settings, wanted: Format, out: Path | None, byte_order_mark: bool) -> None:
    from search.export import Results, address_of, export
    from search.export.file import write_file, write_output

    site, address = (settings.public_url or _SITE).rstrip("/"), address_of(query)
    walk = engine.walk(query)
    results = Results(walk, site, f"{site}/?{address}", engine.overview().published_at)
    pieces = export(results, wanted, address=f"{site}/feed.{wanted.value}?{address}", byte_order_mark=byte_order_mark)
    if out is None:
        write_output(pieces)
    else:
        write_file(out, pieces)
        print(f"Wrote {walk.total:,} articles to {out}.", file=sys.stderr)


def indexed_engine(settings: Settings) -> "SearchEngine":
    """An engine over a data folder in which something is indexed; raises NoIndex otherwise, before any model is loaded."""
    from search.assemble import open_engine
    from search.index.published import require_index

    require_index(settings.data)
    return open_engine(settings)
