"""Figures as tables for a terminal."""

from collections.abc import Callable, Sequence

from rich.table import Table
from rich.text import Text

from indexer.evaluation.measuring import HEADINGS
from indexer.evaluation.report import Report
from indexer.evaluation.significance import Comparison

_LEAST_P = 0.0001  # what the randomisation can resolve


def systems_table(report: Report) -> Table:
    """A row for each system: the means, and milliseconds a query."""
    questions = report.questions
    of = f"{questions.collection}, {questions.split}: " if questions.collection else ""
    table = Table(title=Text(f"{of}{questions.queries:,} queries, {report.articles:,} articles"), title_justify="left")
    table.add_column("")
    for heading in (*HEADINGS.values(), "ms/query"):
        table.add_column(heading, justify="right")
    for name, figures in report.systems.items():
        milliseconds = 1000 * figures.seconds / questions.queries
        table.add_row(name, *(f"{figures.means[measure]:.4f}" for measure in HEADINGS), f"{milliseconds:.0f}")
    return table


def comparison_table(comparisons: Sequence[Comparison]) -> Table:
    """Comparisons of one pair, a column for each measure."""
    pair = comparisons[0]
    table = Table(title=Text(f"{pair.second} against {pair.first}, {pair.queries:,} queries"), title_justify="left")
    table.add_column("")
    for each in comparisons:
        table.add_column(HEADINGS.get(each.measure, each.measure), justify="right")

    def row(name: str, cell: Callable[[Comparison], str]) -> None:
        table.add_row(Text(name), *(cell(each) for each in comparisons))

    row(pair.first, lambda each: f"{each.means[0]:.4f}")
    row(pair.second, lambda each: f"{each.means[1]:.4f}")
    row("difference", lambda each: f"{each.difference:+.4f}")
    row("95 % interval, from", lambda each: f"{each.interval[0]:+.4f}")
    row("to", lambda each: f"{each.interval[1]:+.4f}")
    row("p, randomisation", lambda each: _p(each.p_randomisation))
    row("p, paired t-test", lambda each: _p(each.p_t))
    row("better/equal/worse", lambda each: f"{each.wins}/{each.ties}/{each.losses}")
    return table


def _p(value: float) -> str:
    return f"{value:.4f}" if value > _LEAST_P else f"≤ {_LEAST_P}"
