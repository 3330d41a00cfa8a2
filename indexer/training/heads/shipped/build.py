"""The run that makes the heads of the package: one shared body and a top for each, from raw data to written weights."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from indexer.training.checkpoint import Checkpoint
from indexer.training.heads.evaluation import evaluate_head
from indexer.training.heads.examples import Example
from indexer.training.heads.features import features_of
from indexer.training.heads.shared_body import Recipe, StepReport, Task, Trainee, freeze_lowest, make_trainee, save_shared, train_shared
from indexer.training.heads.shipped.head import Shipped
from indexer.training.heads.shipped.tasks import shipped_heads
from indexer.training.run_key import run_key
from search.heads.card import HeadCard, Reads
from search.heads.network import Network
from search.heads.tokens import Tokens
from search.models.bundled import bundled_encoder_folder
from search.models.device import placement

FROZEN = (1, 1, 0)
"""Lowest layers that stay the base's in each stage. The learning rate rises and falls once in each; what a stage has not learned gets most
of the next."""
SILVER_UNTIL = 0.6
"""Of the last stage: what people labelled has the last word."""


def build(data: Path, work: Path, out: Path, recipe: Recipe) -> None:
    """Reads, trains, writes, measures."""
    heads = shipped_heads(data)
    base = bundled_encoder_folder()
    trainee = make_trainee(str(base), [head.card for head in heads], recipe)
    for stage in range(len(FROZEN)):
        train_stage(trainee, heads, stage, work, recipe)
    save_shared(trainee, base, out)
    measure(heads, out)


def train_stage(trainee: Trainee, heads: Sequence[Shipped], stage: int, work: Path, recipe: Recipe) -> None:
    """One of the stages, from the last checkpoint of it if there is one."""
    freeze_lowest(trainee.body, FROZEN[stage])
    is_last = stage == len(FROZEN) - 1
    silver = [(head, head.silver()) for head in heads if is_last and head.silver]
    tasks = [_task(trainee, head, head.train, head.epochs[stage]) for head in heads]
    tasks += [replace(_task(trainee, head, examples, 1), until=SILVER_UNTIL) for head, examples in silver]
    folder = work / str(stage + 1)
    columns = (
        TextColumn(f"stage {stage + 1} of {len(FROZEN)}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[last]}"),
    )
    folder.mkdir(parents=True, exist_ok=True)
    with Progress(*columns) as progress, (folder / "log.jsonl").open("a", encoding="utf-8") as log:
        bar = progress.add_task("training", total=None, last="")

        def show(report: StepReport) -> None:
            progress.update(bar, completed=report.step, total=report.steps, last=f"{report.task} {report.loss:.3f}")
            log.write(json.dumps({"step": report.step, "task": report.task, "loss": round(report.loss, 4)}) + "\n")

        learned = [(head.card, head.epochs, head.train) for head in heads]
        run = run_key(recipe, stage, learned, [examples for _, examples in silver])
        train_shared(trainee, tasks, replace(recipe, seed=recipe.seed + stage), checkpoint=Checkpoint(folder, run), on_step=show)


def _task(trainee: Trainee, head: Shipped, examples: Sequence[Example], epochs: float) -> Task:
    tokens = Tokens(trainee.tokenizer, head.card.max_tokens, head.card.casing)
    return Task(head.card, features_of(head.card, tokens, examples), epochs, head.tokens_per_step)


def measure(heads: Sequence[Shipped], out: Path) -> None:
    """Asks every written head for its dev sets, prints the figures and puts them into the cards."""
    place = placement("auto", "auto")
    for head in heads:
        folder = out / head.card.task
        network = Network.load(folder, place)
        figures = {
            f"{name}: {measure}": round(value, 4)
            for name, dev in head.dev.items()
            for measure, value in evaluate_head(network, dev).items()
        }
        card = replace(network.card, figures=figures)
        card.write(folder)
        (folder / "README.md").write_text(model_card(head, card), encoding="utf-8")
        print(head.card.task, figures, flush=True)


def model_card(head: Shipped, card: HeadCard) -> str:
    """What a head does, its data, its figures beside published ones, and its limits, as Markdown."""
    figures = "\n".join(f"| {name} | {value:.4f} |" for name, value in card.figures.items())
    published = "\n".join(f"| {model}, published | {value} |" for model, value in card.published.items())
    return (
        f"""# {card.task}

{card.description} One of the heads on the body that all heads of the package share; how they were trained is in ../README.md.

- **Data**: {card.trained_on}
- **Licence of the data**: {head.licence}
- **Reads**: {"two texts" if card.reads is Reads.PAIR else "one text"}, at most {card.max_tokens} tokens at once
- **Limits**: English. {head.limits}

| | |
| --- | --- |
{figures}
{published}
""".replace("\n\n\n", "\n\n").rstrip("\n")
        + "\n"
    )
