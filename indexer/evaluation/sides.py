"""What is compared with what: modes just measured, TREC runs of any system, or two reports of before and after."""

import logging
from collections.abc import Sequence
from pathlib import Path

from indexer.evaluation.evaluation import Evaluation
from indexer.evaluation.measuring import figures
from indexer.evaluation.report import Report
from indexer.evaluation.runs import as_judged, read_run
from indexer.evaluation.significance import Figures
from indexer.evaluation.system import System
from indexer.judgements import Judged
from search.errors import BadInput

Side = tuple[str, Figures]
"""A name and the figures of every query."""

_log = logging.getLogger(__name__)
_REPORT = ".json"


def is_file(side: str) -> bool:
    """False for a mode; raises BadInput for what is neither that nor a file."""
    if side in set(System):
        return False
    if not Path(side).is_file():
        raise BadInput(f"{side!r} is neither a mode ({', '.join(System)}) nor a file: correct what --compare names.", field="compare")
    return True


def measured_side(side: str, evaluation: Evaluation) -> Side:
    """A mode of this evaluation, or a run measured with its judgements."""
    if not is_file(side):
        return side, evaluation.per_query(System(side))
    return _run_side(Path(side), evaluation.judged)


def file_sides(first: Path, second: Path, judged: Judged | None, systems: Sequence[System] | None) -> list[tuple[Side, Side]]:
    """The pairs that two files hold: one of two runs, and of two reports one for each mode (of those asked for) that both have.

    Raises BadInput when a run comes without judgements, or two reports are not about the same queries and judgements.
    """
    if (first.suffix == _REPORT) != (second.suffix == _REPORT):
        raise BadInput(f"{first} and {second} are a report and a run: compare two reports or two runs.", field="compare")
    if first.suffix == _REPORT:
        return _report_sides(first, second, systems)
    if judged is None:
        raise BadInput("A run says nothing about what is relevant: give the folder or --qrels that it belongs to.", field="qrels")
    return [(_run_side(first, judged), _run_side(second, judged))]


def _run_side(path: Path, judged: Judged) -> Side:
    run = as_judged(read_run(path), judged)
    known = set(judged.query_ids)
    if not run:
        _log.warning("%s ranks nothing: every judged query counts 0.", path)
    elif not any(hit.query_id in known for hit in run):
        raise BadInput(
            f"{path} ranks nothing for any of the {len(known):,} judged queries, its first is {run[0].query_id!r}: "
            "give a run for these queries.",
            field="compare",
        )
    return path.stem, figures(judged.qrels, run)


def _report_sides(first: Path, second: Path, systems: Sequence[System] | None) -> list[tuple[Side, Side]]:
    before, after = Report.read(first), Report.read(second)
    if before.questions.qrels_sha256 != after.questions.qrels_sha256 or before.questions.queries_sha256 != after.questions.queries_sha256:
        raise BadInput(f"{first} and {second} were measured with other queries or judgements: compare two of the same.", field="compare")
    if before.questions.corpus_sha256 != after.questions.corpus_sha256:
        _log.warning("%s and %s were measured on other articles: differences may come from these.", first, second)
    common = [name for name in before.systems if name in after.systems and (not systems or name in systems)]
    if not common:
        raise BadInput(f"{first} and {second} have no mode in common that was asked for: measure one in both.", field="compare")
    names = (first.stem, second.stem) if first.stem != second.stem else (str(first), str(second))
    return [((f"{names[0]} {name}", before.systems[name].queries), (f"{names[1]} {name}", after.systems[name].queries)) for name in common]
