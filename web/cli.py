"""``broadsheet serve``: parse, open the engine, serve."""

from pathlib import Path
from typing import Annotated

import typer

from search.overview import Overview


def serve(
    data: Annotated[Path | None, typer.Option(help="Folder of the archive [BROADSHEET_DATA].")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8000,
    encoder: Annotated[str | None, typer.Option(help="Bi-encoder, by name, path or hub id; the archive's own by default.")] = None,
    reranker: Annotated[str | None, typer.Option(help="Cross-encoder, by name, path or hub id; 'none' for none.")] = None,
) -> None:
    """Serve the search page and the API until stopped; what is indexed meanwhile appears by itself."""
    # Imported here because the other commands should not wait for a web framework.
    from search.assemble import open_engine
    from search.settings import Settings
    from web.app import create_app
    from web.server import address_of, open_socket, run

    given = {"data": data, "encoder": encoder, "reranker": reranker}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    listener = open_socket(host, port)  # first, because a taken port is known at once and a model is not
    engine = open_engine(settings)
    app = create_app(engine, settings)

    def announce() -> None:
        typer.echo(f"Serving {address_of(listener)} · {served(app.state.service.overview_or_none(), settings.data)}")

    run(app, listener, deadline=settings.deadline, started=announce)


def served(overview: Overview | None, data: Path) -> str:
    """What is served, in a few words."""
    if overview is None:
        return f"nothing is indexed in {data} yet: run 'broadsheet index PATH --data {data}' and it appears here"
    line = f"{overview.articles:,} articles in snapshot {overview.snapshot} · {overview.backend}"
    return f"{line} · {overview.notice}" if overview.notice else line
