"""A run is known again in another process, and only with the data and settings that it was begun with."""

import os
import subprocess
import sys
from dataclasses import dataclass, field, replace

from indexer.training.objective import Negatives
from indexer.training.run_key import run_key
from indexer.training.sources import Document, LabelledQuery, LabelledSet


@dataclass(frozen=True)
class Plan:
    negatives: frozenset[Negatives] = frozenset(Negatives)
    inner: "Plan | None" = None
    reranker: str | None = None
    labels: LabelledSet = field(
        default_factory=lambda: LabelledSet(
            "set", (Document("a", "Title", "body"),), (LabelledQuery("query", {0: 1.0}, hidden=frozenset({5, 9})),)
        )
    )


PRINTED = f"""
import sys
from importlib.util import module_from_spec, spec_from_file_location

spec = spec_from_file_location("test_run_key", {__file__!r})
module = sys.modules["test_run_key"] = module_from_spec(spec)
spec.loader.exec_module(module)
print(module.run_key("base", module.Plan(inner=module.Plan())))
"""


def test_a_new_process_knows_the_run_again() -> None:
    """Strings hash differently in every process, and a set of them is ordered by their hashes."""
    printed = [
        subprocess.run([sys.executable, "-c", PRINTED], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True).stdout
        for seed in ("1", "2")
    ]
    assert printed[0] == printed[1] == f"{run_key('base', Plan(inner=Plan()))}\n".encode()


def test_other_data_and_other_settings_are_another_run() -> None:
    plan = Plan()
    others = [
        replace(plan, negatives=frozenset({Negatives.HARD})),
        replace(plan, reranker="broadsheet"),
        replace(plan, inner=plan),
        replace(plan, labels=replace(plan.labels, queries=())),
    ]
    assert len({run_key("base", each) for each in (plan, *others)} | {run_key("another base", plan)}) == 6
