"""The commands that train Broadsheet's models: train bi-encoder."""

import typer

train = typer.Typer(help="Train models on your own articles.", no_args_is_help=True)


@train.callback()
def _group() -> None:
    """Train models on your own articles."""
