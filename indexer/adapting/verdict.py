"""Whether the new models are better, query by query: what is kept, and the table that shows why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table

from indexer.evaluation.significance import Comparison, Figures, compare

SIGNIFICANT = 0.05
MEASURE = "nDCG@10"

HEADLINES, JUDGED = "held-out headlines", "judged queries"
BM25, DENSE, HYBRID, RERANK = "bm25", "dense", "hybrid", "rerank"
TUNED_RERANK, RERANKER_ALONE = "rerank, new cross-encoder", "the cross-encoder alone"


@dataclass(frozen=True)
class Row:
    """One system before and after on one kind of query."""

    queries: str
    system: str
    comparison: Comparison


def rows(queries: str, before: Mapping[str, Figures], after: Mapping[str, Figures]) -> list[Row]:
    """A row for each system that was measured on both sides."""
    return [_row(queries, system, before[system], figures) for system, figures in after.items() if system in before]


def reranker_rows(queries: str, before: Figures, unchanged: Figures, tuned: Figures) -> list[Row]:
    """The new cross-encoder against the reranking of before, and against the old one over the same first stage."""
    return [_row(queries, TUNED_RERANK, before, tuned), _row(queries, RERANKER_ALONE, unchanged, tuned)]


def encoder_is_better(table: Sequence[Row]) -> bool:
    """Whether dense and hybrid search both gain on the held-out headlines, beyond chance, and nothing that was measured loses."""
    gains = [row for row in table if row.queries == HEADLINES and row.system in (DENSE, HYBRID)]
    return all(_gains(row) for row in gains) and not any(_loses(row) for row in table if row.system in (DENSE, HYBRID, RERANK))


def reranker_is_better(table: Sequence[Row]) -> bool:
    """Whether the new cross-encoder alone gains on the held-out headlines, beyond chance, and loses on no queries."""
    own = [row for row in table if row.system == RERANKER_ALONE]
    return any(_gains(row) for row in own if row.queries == HEADLINES) and not any(_loses(row) for row in own)


def printed(table: Sequence[Row]) -> list[Table]:
    """The rows for a terminal of 80 columns, a table for each kind of queries."""
    width = max((len(row.system) for row in table), default=0)
    kinds = dict.fromkeys(row.queries for row in table)
    return [_printed([row for row in table if row.queries == queries], width) for queries in kinds]


def _printed(table: Sequence[Row], width: int) -> Table:
    """Rows of one kind of queries; ``width`` is that of the systems' names."""
    title = f"\n{MEASURE} of {table[0].comparison.queries:,} {table[0].queries}"
    shown = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    shown.add_column("", min_width=width)
    for heading in ("before", "after", "difference", "95 % interval", "p"):
        shown.add_column(heading, justify="right")
    for row in table:
        found = row.comparison
        low, high = found.interval
        shown.add_row(
            row.system,
            f"{found.means[0]:.3f}",
            f"{found.means[1]:.3f}",
            f"{found.difference:+.3f}",
            f"{low:+.3f} to {high:+.3f}",
            f"{found.p_randomisation:.4f}",
        )
    return shown


def markdown(table: Sequence[Row]) -> str:
    """The rows for a model card."""
    lines = [f"| | | queries | {MEASURE} before | after | difference | p |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for row in table:
        found = row.comparison
        lines.append(
            f"| {row.queries} | {row.system} | {found.queries:,} | {found.means[0]:.4f} | {found.means[1]:.4f} "
            f"| {found.difference:+.4f} | {found.p_randomisation:.4f} |"
        )
    return "\n".join(lines)


def _row(queries: str, system: str, before: Figures, after: Figures) -> Row:
    comparisons = {each.measure: each for each in compare(("before", before), ("after", after))}
    return Row(queries, system, comparisons[MEASURE])


def _gains(row: Row) -> bool:
    return row.comparison.difference > 0 and row.comparison.p_randomisation < SIGNIFICANT


def _loses(row: Row) -> bool:
    return row.comparison.difference < 0 and row.comparison.p_randomisation < SIGNIFICANT
