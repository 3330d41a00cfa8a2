"""The differences between two systems as a picture: which queries gained, which lost, and by how much."""

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from search.errors import BadInput, BroadsheetError, MissingDependency

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from indexer.evaluation.significance import Comparison

SUFFIXES = (".svg", ".png", ".pdf")
_LABELLED = 40  # queries that fit with a label each; of more, only the ends are named
_NAMED = 8  # at each end
_CHARACTERS = 58
_GAIN, _LOSS, _NONE = "#2a7f62", "#b5483a", "#8a8a8a"  # told apart by colour-blind people too, and by their direction


def require_plotting(path: Path) -> None:
    """Raises BadInput when the file's suffix is no picture's, and MissingDependency without matplotlib."""
    if path.suffix.lower() not in SUFFIXES:
        raise BadInput(f"{path} does not say what picture to draw: end its name in {', '.join(SUFFIXES)}.", field="plot")
    try:
        import matplotlib  # noqa: F401 - asks whether it is there
    except ImportError as error:
        raise MissingDependency("Drawing needs matplotlib: run `pip install 'broadsheet[evaluate]'`.") from error


def plot_differences(path: Path, comparison: "Comparison", differences: Mapping[str, float], queries: Mapping[str, str]) -> None:
    """Draws one bar for each query, the greatest gain first; ``differences`` are in that order, ``queries`` are the texts.

    Every query that changed is named where they fit, else those that changed most. Raises BroadsheetError when the file cannot be written.
    """
    require_plotting(path)
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    changed = {query: difference for query, difference in differences.items() if difference}
    few = len(changed) <= _LABELLED
    figure = Figure(figsize=(11, 2.2 + 0.24 * len(changed)) if few else (11, 8.5), layout="constrained")
    figure.suptitle(_title(comparison), fontsize=11, ha="left", x=0.01, parse_math=False)
    if few:
        _bars_with_names(figure.add_subplot(), changed, queries)
    else:
        upper, lower = figure.subplots(2, 1, height_ratios=(3, 4))
        _all_bars(upper, differences, comparison.difference)
        _bars_with_names(lower, _ends(changed), queries)
        lower.set_title(f"the {_NAMED} greatest gains and losses", loc="left", fontsize=9)
    axis = figure.axes[-1]
    axis.set_xlabel(f"{comparison.measure}: {comparison.second} minus {comparison.first}", parse_math=False)
    try:
        with rc_context({"svg.fonttype": "none", "svg.hashsalt": "broadsheet"}):  # text stays text; the same figures, the same file
            figure.savefig(path, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)
    except OSError as error:
        raise BroadsheetError(f"{path} cannot be written ({error.strerror}): give another file with --plot.") from error


def _title(comparison: "Comparison") -> str:
    low, high = comparison.interval
    return (
        f"{comparison.second} against {comparison.first}: {comparison.measure} {comparison.difference:+.4f} on average over "
        f"{comparison.queries:,} queries (95 % interval {low:+.4f} to {high:+.4f})\n"
        f"{comparison.wins:,} better, {comparison.ties:,} equal, {comparison.losses:,} worse; "
        f"p = {comparison.p_randomisation:.4f} (randomisation), {comparison.p_t:.4f} (paired t-test)"
    )


def _all_bars(axis: "Axes", differences: Mapping[str, float], mean: float) -> None:
    """Every query as a thin bar, from left to right."""
    values = list(differences.values())
    axis.bar(range(len(values)), values, width=1.0, color=_colours(values))
    axis.axhline(mean, color="black", linewidth=0.8, linestyle="--", label=f"mean {mean:+.4f}")
    axis.axhline(0, color="black", linewidth=0.8)
    axis.margins(x=0.01)
    axis.set_xlabel("queries, the greatest gain first")
    axis.legend(frameon=False, fontsize=8)
    _plain(axis)


def _bars_with_names(axis: "Axes", differences: Mapping[str, float], queries: Mapping[str, str]) -> None:
    """A bar for each query from top to bottom, its text beside it."""
    values = list(differences.values())
    names = [textwrap.shorten(queries.get(query, query), _CHARACTERS, placeholder=" …") or query for query in differences]
    axis.barh(range(len(values)), values, height=0.7, color=_colours(values))
    axis.set_yticks(range(len(values)), names, fontsize=8, parse_math=False)
    axis.invert_yaxis()
    axis.axvline(0, color="black", linewidth=0.8)
    axis.margins(y=0.01)
    _plain(axis)


def _ends(differences: Mapping[str, float]) -> dict[str, float]:
    items = list(differences.items())
    return dict(items[:_NAMED] + items[-_NAMED:])


def _colours(values: list[float]) -> list[str]:
    return [_GAIN if value > 0 else _LOSS if value < 0 else _NONE for value in values]


def _plain(axis: "Axes") -> None:
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="both", alpha=0.25)
    axis.set_axisbelow(True)
