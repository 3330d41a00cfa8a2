"""``broadsheet serve``: parse, open the engine, serve."""

from pathlib import Path
from typing import Annotated

import typer

from search.cli import DataOption, EncoderOption, RerankerOption, settings_with
from search.overview import Overview


def serve(
    data: DataOption = None,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8000,
    encoder: EncoderOption = None,
    reranker: RerankerOption = None,
) -> None:
    """Serve the search page and the API until stopped; what is indexed meanwhile appears by itself."""
    # Imported here because the other commands should not wait for a web framework.
    from search.assemble import open_engine, open_predictor
    from web.app import create_app
    from web.server import address_of, open_socket, run

    settings = settings_with(data=data, encoder=encoder, reranker=reranker)
    listener = open_socket(host, port)  # first, because a taken port is known at once and a model is not
    engine = open_engine(settings)
    app = create_app(engine, settings, open_predictor(settings, engine))

    def announce() -> None:
        typer.echo(f"Serving {address_of(listener)} · {served(app.state.service.overview_or_none(), settings.data)}")

    run(app, listener, deadline=settings.deadline, started=announce)


def served(overview: Overview | None, data: Path) -> str:
    """What is served, in a few words."""
    if overview is None:
        return f"nothing is indexed in {data} yet: run 'broadsheet index PATH --data {data}' and it appears here"
    line = f"{overview.articles:,} articles in snapshot {overview.snapshot} · {overview.backend}"
    return f"{line} · {overview.notice}" if overview.notice else line
