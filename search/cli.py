"""The command line: parses, calls one function, prints. Commands of the other packages join through entry points.

Exit status: 0 when everything asked for was done, 2 for bad usage, otherwise 1 with one line that says what to do.
"""

import logging
import os
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from search.dates import parse_period
from search.errors import BadInput, BroadsheetError
from search.query import Filters, Mode, Query, Sort
from search.settings import Settings

COMMANDS = "broadsheet.commands"

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
    app.command("search")(search)
    for entry in sorted(entry_points(group=COMMANDS), key=lambda entry: entry.name):
        command: Any = entry.load()
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=entry.name)
        else:
            app.command(entry.name)(command)
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


def search(
    query: Annotated[str, typer.Argument(help="Words, a question, or a description of what you are looking for.")],
    data: DataOption = None,
    top_k: Annotated[int, typer.Option("--top-k", "-k", help="Number of articles.")] = 10,
    offset: Annotated[int, typer.Option(help="Number of articles to skip.")] = 0,
    mode: Annotated[Mode, typer.Option(help="First stage.")] = Mode.HYBRID,
    rerank: Annotated[bool, typer.Option("--rerank/--no-rerank", help="Let the cross-encoder reorder the best articles.")] = True,
    after: Annotated[str | None, typer.Option(help="Published on this day (month, year) or later: 2020-01-01, 2020-04, 2020.")] = None,
    before: Annotated[str | None, typer.Option(help="Published on this day (month, year) or earlier.")] = None,
    source: Annotated[list[str] | None, typer.Option(help="Of this source; may be repeated.")] = None,
    topic: Annotated[list[str] | None, typer.Option(help="On this topic; may be repeated.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="In this language; may be repeated.")] = None,
    sort: Annotated[Sort, typer.Option(help="Order of the articles.")] = Sort.RELEVANCE,
    as_json: Annotated[bool, typer.Option("--json", help="The answer of the HTTP API instead of text.")] = False,
    encoder: EncoderOption = None,
    reranker: RerankerOption = None,
) -> None:
    """Search the archive."""
    filters = Filters(
        after=parse_period(after, "after").first if after else None,
        before=parse_period(before, "before").last if before else None,
        sources=tuple(source or ()),
        topics=tuple(topic or ()),
        languages=tuple(language or ()),
    )
    asked = Query(query, top_k, offset, mode, rerank, sort, filters)
    settings = settings_with(data=data, encoder=encoder, reranker=reranker if rerank else "none")
    from search.assemble import open_engine
    from search.index.published import require_index
    from search.terminal import print_response

    require_index(settings.data)
    response = open_engine(settings).search(asked)
    if as_json:
        from search.answers import SearchAnswer

        print(SearchAnswer.of(response).model_dump_json(indent=2))
    else:
        print_response(response)
