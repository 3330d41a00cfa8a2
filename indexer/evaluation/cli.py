"""The command ``broadsheet evaluate``: parses, measures or compares, and writes down what was found."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from indexer.evaluation.system import System
from indexer.judgements import Judged, read_qrels
from search.cli import DataOption, EncoderOption, RerankerOption, settings_with
from search.errors import BadInput, BroadsheetError

if TYPE_CHECKING:
    from indexer.evaluation.evaluation import Evaluation
    from indexer.evaluation.sides import Side
    from indexer.evaluation.significance import Comparison
    from search.settings import Settings


def evaluate(
    folder: Annotated[
        Path | None, typer.Argument(help="A folder of corpus.jsonl, queries.jsonl and qrels/*.tsv (BEIR's layout).", show_default=False)
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="Which of qrels/*.tsv; the only one, test, else dev, when not given.", show_default=False)
    ] = None,
    queries: Annotated[
        Path | None, typer.Option(metavar="FILE", help="BEIR's queries.jsonl, to measure the archive as it is.", show_default=False)
    ] = None,
    qrels: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its judgements: query-id, corpus-id, score, parted by tabs.", show_default=False)
    ] = None,
    data: DataOption = None,
    mode: Annotated[
        list[System] | None, typer.Option(help="What to measure; may be repeated. All when not given.", show_default=False)
    ] = None,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="Test B against A: two modes, TREC runs, or reports saved with --json.", show_default=False),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the differences of --compare by query: .svg, .png, .pdf.", show_default=False)
    ] = None,
    per_query: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the figures of every query: .csv, .jsonl.", show_default=False)
    ] = None,
    run: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the rankings in TREC's format, one file for each mode.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A report as JSON: all figures and what they depend on.")] = False,
    encoder: EncoderOption = None,
    reranker: RerankerOption = None,
) -> None:
    """Measure answers to judged queries: nDCG@10, MRR@10, MAP and Recall@100, of a folder in BEIR's layout or of the archive."""
    from indexer.evaluation.sides import file_sides, is_file, measured_side

    _check(folder, split, queries, qrels)
    _check_outputs(plot, per_query, run, compare is not None)
    if compare and is_file(compare[0]) and is_file(compare[1]):
        if per_query or run:
            raise BadInput("Nothing is searched to compare two files: leave out --per-query and --run.", field="compare")
        judged = _judged(folder, split, queries, qrels)
        pairs = file_sides(Path(compare[0]), Path(compare[1]), judged, mode)
        _report_pairs(pairs, judged.queries if judged else {}, plot, as_json)
        return
    named = [System(side) for side in compare or () if not is_file(side)]
    settings = settings_with(data=data, encoder=encoder, reranker=reranker)
    evaluation = _measure(folder, split, queries, qrels, settings, [*mode, *named] if mode else None)
    if compare:
        pair = (measured_side(compare[0], evaluation), measured_side(compare[1], evaluation))
        evaluation = evaluation.compare(*pair)
        if plot:
            _draw(plot, pair, evaluation.report.comparisons[0], evaluation.judged.queries)
    _write_tables(evaluation, per_query, run)
    _print(evaluation, as_json)


def _measure(
    folder: Path | None, split: str | None, queries: Path | None, qrels: Path | None, settings: "Settings", systems: list[System] | None
) -> "Evaluation":
    """Measures the folder, or the archive with two files, showing how far it is."""
    from indexer.evaluation.evaluation import evaluate_archive, evaluate_folder

    if folder is None and (queries is None or qrels is None):
        raise BadInput("Say what to measure: a folder in BEIR's layout, or --queries and --qrels for the archive.", field="folder")
    with _progress_bar() as bar:
        listener = _Bars(bar)
        if folder is not None:
            return evaluate_folder(folder, settings, split, systems, listener)
        assert queries is not None
        assert qrels is not None
        return evaluate_archive(Judged.read(queries, qrels), settings, systems, listener)


class _Bars:
    """A progress bar for each step, and warnings above them."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._tasks: dict[str, TaskID] = {}

    def advance(self, step: str, done: int, total: int) -> None:
        if step not in self._tasks:
            self._tasks[step] = self._bar.add_task(step, total=total)
        self._bar.update(self._tasks[step], completed=done)

    def warn(self, sentence: str) -> None:
        self._bar.console.print(sentence, style="yellow", markup=False, soft_wrap=True)


def _progress_bar() -> Progress:
    columns = (TextColumn("{task.description:10}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), TextColumn("left"))
    return Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True, highlight=False))


def _check(folder: Path | None, split: str | None, queries: Path | None, qrels: Path | None) -> None:
    if folder is not None and (queries or qrels):
        raise BadInput(f"{folder} has queries and judgements of its own: leave out --queries and --qrels.", field="folder")
    if folder is None and split is not None:
        raise BadInput("--split chooses among the judgements of a folder: give the folder too.", field="split")


def _check_outputs(plot: Path | None, per_query: Path | None, run: Path | None, compares: bool) -> None:
    """Refuses what could not be written, before anything is measured."""
    from indexer.evaluation.per_query import require_table
    from indexer.evaluation.plot import require_plotting

    if plot is not None:
        if not compares:
            raise BadInput("--plot draws the differences between two systems: name them with --compare.", field="plot")
        require_plotting(plot)
    if per_query is not None:
        require_table(per_query)
    for path in (plot, per_query, run):
        if path is not None and not path.absolute().parent.is_dir():
            raise BadInput(f"{path} cannot be written: there is no folder {path.parent}.", field="output")


def _judged(folder: Path | None, split: str | None, queries: Path | None, qrels: Path | None) -> Judged | None:
    """The judgements that two runs are measured with; without texts, queries go by their ids."""
    from indexer.evaluation.collection import Collection

    if folder is not None:
        return Collection.open(folder, split).judged
    if qrels is None:
        return None
    if queries is not None:
        return Judged.read(queries, qrels)
    judgements = read_qrels(qrels)
    return Judged({qrel.query_id: qrel.query_id for qrel in judgements}, tuple(judgements))


def _report_pairs(pairs: "Sequence[tuple[Side, Side]]", queries: Mapping[str, str], plot: Path | None, as_json: bool) -> None:
    from indexer.evaluation.significance import compare

    comparisons = [each for first, second in pairs for each in compare(first, second)]
    if plot is not None:
        if len(pairs) > 1:
            raise BadInput("--plot draws one comparison: choose a mode of the two reports with --mode.", field="plot")
        _draw(plot, pairs[0], comparisons[0], queries)
    if as_json:
        print(json.dumps({"comparisons": [asdict(each) for each in comparisons]}, indent=2))
    else:
        _print_comparisons(comparisons)


def _draw(plot: Path, pair: "tuple[Side, Side]", comparison: "Comparison", queries: Mapping[str, str]) -> None:
    """Draws the comparison, which is by nDCG@10, the first of the measures."""
    from indexer.evaluation.plot import plot_differences
    from indexer.evaluation.significance import differences

    plot_differences(plot, comparison, differences(pair[0][1], pair[1][1], comparison.measure), queries)
    _note(f"Wrote {plot}.")


def _write_tables(evaluation: "Evaluation", per_query: Path | None, run: Path | None) -> None:
    from indexer.evaluation.per_query import write_per_query
    from indexer.evaluation.runs import run_files, write_run

    if per_query is not None:
        _written(per_query, lambda: write_per_query(per_query, evaluation))
    if run is not None:
        for path, result in zip(run_files(run, evaluation.results), evaluation.results, strict=True):
            _written(path, lambda path=path, result=result: write_run(path, result))  # type: ignore[misc]


def _written(path: Path, write: Callable[[], None]) -> None:
    try:
        write()
    except OSError as error:
        raise BroadsheetError(f"{path} cannot be written ({error.strerror}): give another file.") from error
    _note(f"Wrote {path}.")


def _print(evaluation: "Evaluation", as_json: bool) -> None:
    from indexer.evaluation.tables import systems_table

    if as_json:
        print(evaluation.report.to_json())
        return
    Console().print(systems_table(evaluation.report))
    _print_comparisons(evaluation.report.comparisons)


def _print_comparisons(comparisons: "Sequence[Comparison]") -> None:
    from indexer.evaluation.tables import comparison_table

    for _, pair in groupby(comparisons, key=lambda each: (each.first, each.second)):
        Console().print(comparison_table(list(pair)))


def _note(sentence: str) -> None:
    Console(stderr=True, highlight=False).print(sentence, markup=False, soft_wrap=True)
