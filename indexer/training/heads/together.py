"""Several heads of one's own on one body, trained together: read from their files, trained, measured, put in place.

Each is a folder like that of any other head; their body stands beside them, and is a difference to the base.
"""

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from transformers import AutoConfig, AutoTokenizer

from indexer.training.checkpoint import Checkpoint
from indexer.training.heads.definition import Reading, define_head, hold_out, require_known
from indexer.training.heads.description import describe
from indexer.training.heads.evaluation import evaluate_head
from indexer.training.heads.examples import Columns, Example, infer_kind, read_examples
from indexer.training.heads.features import features_of
from indexer.training.heads.own_body import longest_input
from indexer.training.heads.shared_body import Recipe, StepReport, Task, make_trainee, save_shared, train_shared
from indexer.training.model_folder import publish_folder, require_replaceable, state_folder
from indexer.training.run_key import run_key
from indexer.training.trainer_state import saving
from search.errors import BadInput
from search.heads.card import HeadCard, Kind
from search.heads.casing import lacks_capitals
from search.heads.network import Network
from search.heads.tokens import Tokens
from search.models.device import DeviceName, placement
from search.models.loading import fingerprint, lasting_name, model_folder

_BODY = "body-"
_TOKENS_PER_STEP = 1024


@dataclass(frozen=True)
class Lesson:
    """A head to be, what it learns from and what it is measured on."""

    card: HeadCard
    train: Sequence[Example]
    dev: Sequence[Example]


class Listener(Protocol):
    """Hears how the training gets on."""

    def stage(self, name: str) -> None: ...

    def step(self, report: StepReport) -> None: ...


def read_lesson(task: str, path: Path) -> Lesson:
    """What a file teaches, by its ending and its columns, a tenth of it held out. Raises BadInput that names file and line."""
    columns = Columns(usual_target=task)
    kind, reads = infer_kind(path, columns)
    examples = read_examples(path, kind, reads, columns)
    card = define_head(task, kind, reads, examples, path, Reading())
    train, dev = hold_out(examples)
    require_known(card.labels, dev, path)
    return Lesson(replace(card, trained_on=f"{len(train):,} examples of {path.name}"), train, dev)


def train_together(
    lessons: Sequence[Lesson],
    base: str,
    recipe: Recipe,
    epochs: float,
    folder: Path,
    *,
    device: DeviceName = "auto",
    listener: Listener | None = None,
) -> list[HeadCard]:
    """Trains the heads on one body, writes them into ``folder``, one folder each, and returns their cards with their dev figures.

    State is kept in ``folder`` until all are written: an interrupted run goes on when it is called again with the same
    arguments. Raises BadInput for a base that is no BERT, and for another run's state.
    """
    began = time.monotonic()
    base_folder = model_folder(base, organisation="google-bert")
    lessons = _fitted(lessons, base, base_folder)
    for lesson in lessons:
        require_replaceable(folder / lesson.card.task)
    run = run_key(fingerprint(base_folder), recipe, epochs, lessons)
    with state_folder(folder / "together") as work:
        part = folder / ".together.part"
        if listener:
            listener.stage("Reading")
        trainee = make_trainee(str(base_folder), [lesson.card for lesson in lessons], recipe)
        tasks = []
        for card, train in ((lesson.card, lesson.train) for lesson in lessons):
            tokens = Tokens(trainee.tokenizer, card.max_tokens, card.casing)
            tasks.append(Task(card, features_of(card, tokens, train), epochs, _TOKENS_PER_STEP))
        if listener:
            listener.stage("Training")
        with saving(work):
            train_shared(trainee, tasks, recipe, checkpoint=Checkpoint(work, run), on_step=listener.step if listener else None)
        if listener:
            listener.stage("Saving")
        shutil.rmtree(part, ignore_errors=True)
        body = _BODY + run[:8]
        with saving(part):
            save_shared(trainee, base_folder, part, body, {"base": lasting_name(base)})
            cards = [_measured(lesson, part, device) for lesson in lessons]
        settings = {**asdict(recipe), "base": base, "epochs": epochs, "together": [card.task for card in cards]}
        for card in cards:
            describe(part / card.task, card, settings, time.monotonic() - began, looked=False)
        _put_in_place(part, folder, body, cards)
    return cards


def _fitted(lessons: Sequence[Lesson], base: str, folder: Path) -> list[Lesson]:
    """The lessons with cards that say what the base can read. Raises BadInput for a base that is no BERT."""
    if not (folder / "config.json").is_file() or (folder / "delta.safetensors").is_file():
        raise BadInput(f"The model '{base}' is not a whole model: give the one that it was made from.", field="base")
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    if config.model_type != "bert":
        raise BadInput(
            f"The model '{base}' is a {config.model_type}, and only a BERT can be shared: give one, or train each head alone.", field="base"
        )
    lacking = lacks_capitals(config, AutoTokenizer.from_pretrained(folder, local_files_only=True))
    longest = longest_input(config)
    cards = [
        replace(card, max_tokens=min(card.max_tokens, longest), casing=lacking and card.kind is Kind.TAGGING)
        for card in (lesson.card for lesson in lessons)
    ]
    return [replace(lesson, card=card) for lesson, card in zip(lessons, cards, strict=True)]


def _measured(lesson: Lesson, part: Path, device: DeviceName) -> HeadCard:
    network = Network.load(part / lesson.card.task, placement(device, "auto"))
    return replace(network.card, figures={name: round(value, 4) for name, value in evaluate_head(network, lesson.dev).items()})


def _put_in_place(part: Path, folder: Path, body: str, cards: Sequence[HeadCard]) -> None:
    """The body first, so that no head is ever without one; then bodies that no head stands on any more are removed."""
    publish_folder(folder / body, partial(_copy, part / body))
    for card in cards:
        publish_folder(folder / card.task, partial(_copy, part / card.task))
    shutil.rmtree(part, ignore_errors=True)
    in_use: Mapping[str, str | None] = {path.parent.name: HeadCard.read(path.parent).body for path in folder.glob("[!.]*/head.json")}
    for each in folder.glob(f"{_BODY}*"):
        if f"../{each.name}" not in in_use.values():
            shutil.rmtree(each, ignore_errors=True)


def _copy(source: Path, place: Path) -> None:
    shutil.copytree(source, place, dirs_exist_ok=True)
