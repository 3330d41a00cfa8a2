"""The picture names the queries that changed, whatever is in their texts."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from indexer.evaluation import compare, differences
from indexer.evaluation.plot import plot_differences
from search.errors import BadInput, BroadsheetError


def _draw(path: Path, changes: list[float], texts: dict[str, str]) -> str:
    before = {f"q{number}": {"nDCG@10": 0.5} for number in range(len(changes))}
    after = {f"q{number}": {"nDCG@10": 0.5 + change} for number, change in enumerate(changes)}
    (comparison,) = compare(("hybrid", before), ("rerank", after))
    plot_differences(path, comparison, differences(before, after, "nDCG@10"), texts)
    return " ".join("".join(each.itertext()) for each in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text"))


def test_each_changed_query_is_named_and_the_test_is_stated(tmp_path: Path) -> None:
    drawn = _draw(tmp_path / "few.svg", [0.2, -0.1, 0.0, 0.3], {"q0": "oil & $price$ <b>", "q1": "storm " * 40, "q2": "unchanged"})
    assert "oil & $price$ <b>" in drawn
    assert "storm storm" in drawn
    assert "…" in drawn
    assert "q3" in drawn  # has no text
    assert "unchanged" not in drawn
    assert "+0.1000 on average over 4 queries" in drawn
    assert "2 better, 1 equal, 1 worse" in drawn


def test_of_many_queries_the_ends_are_named(tmp_path: Path) -> None:
    changes = [(number - 100) / 250 for number in range(201)]
    drawn = _draw(tmp_path / "many.svg", changes, {f"q{number}": f"query number {number}." for number in range(201)})
    assert "query number 200." in drawn
    assert "query number 0." in drawn
    assert "query number 50." not in drawn


def test_equal_systems_make_an_empty_picture(tmp_path: Path) -> None:
    assert "0 better, 3 equal, 0 worse" in _draw(tmp_path / "none.svg", [0.0, 0.0, 0.0], {})


def test_the_same_figures_make_the_same_file(tmp_path: Path) -> None:
    for name in ("one.svg", "two.svg"):
        _draw(tmp_path / name, [0.2, -0.1, 0.3], {})
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_a_file_that_is_no_picture_or_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"\.svg, \.png, \.pdf"):
        _draw(tmp_path / "figures.txt", [0.2, 0.1], {})
    with pytest.raises(BroadsheetError, match="cannot be written"):
        _draw(tmp_path / "gone" / "figures.svg", [0.2, 0.1], {})
