"""The options that the commands of training share."""

from pathlib import Path
from typing import Annotated

import typer

QueriesArgument = Annotated[
    Path | None, typer.Argument(metavar="[FOLDER]", help="Labelled queries in BEIR's layout; without it, the archive is its own label.")
]
ModelOption = Annotated[
    Path, typer.Option("--out", metavar="MODEL", help="Folder for the model; what is there is replaced at the very end.")
]
QueriesOption = Annotated[int, typer.Option(min=1, metavar="N", help="At most so many queries, drawn at random: mining takes long.")]
FeedbackOption = Annotated[bool, typer.Option("--feedback", help="Learn from the clicks and marks that are kept in the archive of --data.")]
AccumulateOption = Annotated[int, typer.Option(min=1, help="Batches whose gradients make one step.")]
LearningRateOption = Annotated[float, typer.Option(min=0.0, help="Largest learning rate.")]
HeldOutOption = Annotated[float, typer.Option(min=0.01, max=0.5, help="Share of the queries to measure with, if there is no dev.tsv.")]
SeedOption = Annotated[int, typer.Option(help="Decides about everything that is drawn.")]

INTERRUPTED = "Interrupted: run the same command again to go on from the last state that was kept."
