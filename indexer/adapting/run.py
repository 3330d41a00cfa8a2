"""The state of one adaptation on disk: which run it is, which articles it has read, what it has trained so far.

It is in ``OUT/.adapting``, which one process holds at a time, until the run is over. Nobody's state is ever removed but
on request.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any

from indexer.adapting.outcome import Stage
from indexer.adapting.plan import Plan
from indexer.lock import held
from indexer.training.model_folder import publish_folder
from indexer.training.progress import Listener
from search.errors import BadInput
from search.index.durable import replace_file

WORK = ".adapting"
_RUN, _LOCK = "run.json", "adapting"

MEASURED_AGAIN = 1.6
"""What has to be measured in the end, as a multiple of what was measured before."""
LEAST_TRAINING = 0.3
"""The share of all the time that is for training, however long measuring takes."""


class Run:
    """Where an adaptation keeps what it has made, and how many steps each of its models is trained."""

    def __init__(self, work: Path, arguments: Mapping[str, str], plan: Plan, listener: Listener) -> None:
        self.work, self.plan, self.listener = work, plan, listener
        self._arguments = arguments
        self._seconds = plan.minutes * 60
        self._known = self._read()

    @property
    def articles(self) -> tuple[int, ...]:
        """The ids of the articles that an earlier, interrupted call has read; none in a run that begins."""
        return tuple(self._known.get("articles", ()))

    @property
    def key(self) -> str:
        """Tells the checkpoints of this run from those of others."""
        return hashlib.sha256(json.dumps(self._known).encode()).hexdigest()

    def has_read(self, articles: Sequence[int], texts: str) -> None:
        """Keeps which articles were read, with a digest of their texts, for calls that go on.

        Raises BadInput when the run goes on and its articles are not what they were: what was held out would be drawn anew.
        """
        if self._known and texts != self._known["texts"]:
            raise BadInput(
                f"Some of the articles that the run in {self.work} began with were changed or removed since: give --restart to begin anew.",
                field="out",
            )
        self._known = {"arguments": dict(self._arguments), "articles": list(articles), "texts": texts}
        replace_file(self.work / _RUN, json.dumps(self._known).encode())

    def measured(self, measuring: float, elapsed: float) -> None:
        """Tells how long the first measurement took and all until now, which leaves the rest for training."""
        everything = self.plan.minutes * 60
        self._seconds = max(LEAST_TRAINING * everything, everything - elapsed - MEASURED_AGAIN * measuring)

    def stage(self, name: str, pace: Callable[[], float]) -> Stage:
        """How long the model is trained: as decided when the run began, so that a run that goes on has the same steps."""
        decided = self.work / f"{name}.json"
        if not decided.exists():
            seconds = pace()
            steps = self.plan.steps or max(1, int(self.plan.share(name) * self._seconds / seconds))
            replace_file(decided, json.dumps(asdict(Stage(steps, seconds))).encode())
        return Stage(**json.loads(decided.read_text("utf-8")))

    def finish(self, name: str, folder: str, stage: Stage, make: Callable[[Path], None]) -> Path:
        """The folder that ``make`` fills, or an earlier call has filled; the checkpoints on the way to it are removed."""
        done = self.work / folder
        begun = perf_counter()
        if not done.exists():
            publish_folder(done, make)
            stage.seconds = round(perf_counter() - begun, 1)
            replace_file(self.work / f"{name}.json", json.dumps(asdict(stage)).encode())
            shutil.rmtree(self.checkpoints(name), ignore_errors=True)
        return done

    def checkpoints(self, name: str) -> Path:
        return self.work / f"{name} checkpoints"

    def _read(self) -> dict[str, Any]:
        """What an earlier call has kept, if it was of this run."""
        if not (self.work / _RUN).exists():
            if any(path.stem != _LOCK for path in self.work.iterdir()):
                raise BadInput(f"{self.work} does not say which run it belongs to: give --restart to begin anew.", field="out")
            return {}
        try:
            known: dict[str, Any] = json.loads((self.work / _RUN).read_text("utf-8"))
            theirs = known["arguments"]
            differing = [name for name, value in self._arguments.items() if theirs.get(name) != value]
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise BadInput(f"{self.work / _RUN} is damaged: give --restart to begin anew.", field="out") from error
        if differing:
            raise BadInput(
                f"{self.work} belongs to another run, with other {' and '.join(differing)}: repeat that command to go on with it, "
                "give --restart to begin anew, or give another folder with --out.",
                field="out",
            )
        return known


@contextmanager
def opened(out: Path, arguments: Mapping[str, str], plan: Plan, listener: Listener) -> Iterator[Run]:
    """The run with these arguments in the folder, begun or to go on with; no other process has it until the block ends.

    ``arguments`` are what it depends on, by names that a message can use. Raises WriterBusy when another process is at it,
    and BadInput when the state of another run is there.
    """
    work = out / WORK
    with held(work, _LOCK, f"adapting models into {out}"):
        run = Run(work, arguments, plan, listener)
        try:
            yield run
        finally:
            if not (work / _RUN).exists():  # it was over, or had not begun
                shutil.rmtree(work, ignore_errors=True)


def discard(out: Path) -> None:
    """Removes what an interrupted run has left in the folder. Raises WriterBusy when the run is not interrupted."""
    work = out / WORK
    if work.exists():
        with held(work, _LOCK, f"adapting models into {out}"):
            shutil.rmtree(work)
