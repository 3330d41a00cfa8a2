"""How good the answers to judged queries are: measured, compared and reported; the command is ``broadsheet evaluate``."""

from indexer.evaluation.collection import Collection
from indexer.evaluation.evaluation import Evaluation, Listener, Quiet, evaluate_archive, evaluate_folder
from indexer.evaluation.measuring import HEADINGS, MEASURES, Result, evaluate, figures, means
from indexer.evaluation.report import Report
from indexer.evaluation.runs import as_judged, read_run, run_files, write_run
from indexer.evaluation.significance import Comparison, compare, differences
from indexer.evaluation.system import System
from indexer.judgements import Judged

__all__ = [
    "HEADINGS",
    "MEASURES",
    "Collection",
    "Comparison",
    "Evaluation",
    "Judged",
    "Listener",
    "Quiet",
    "Report",
    "Result",
    "System",
    "as_judged",
    "compare",
    "differences",
    "evaluate",
    "evaluate_archive",
    "evaluate_folder",
    "figures",
    "means",
    "read_run",
    "run_files",
    "write_run",
]
