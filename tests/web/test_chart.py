"""Where bars, lines and labels stand, compared with what is calculated by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.chart import Chart, Column, Tick, round_up


@pytest.mark.parametrize(
    ("value", "rounded"),
    [(0, 1), (1, 1), (1.2, 1.5), (2.1, 2.5), (3, 3), (7, 8), (10, 10), (117, 150), (0.034, 0.04), (999, 1000), (0.1 + 0.2, 0.3)],
)
def test_the_top_is_the_next_round_number(value: float, rounded: float) -> None:
    assert round_up(value) == pytest.approx(rounded)


def test_bars_share_the_width_and_stand_on_the_base() -> None:
    chart = Chart.holding(100, [2, 0, 1, 4])
    assert chart.top == 4
    assert chart.columns([2, 0, 1, 4]) == [
        Column(0, 25, 1.75, 21.5, 50, 50),
        Column(25, 25, 26.75, 21.5, 100, 0),
        Column(50, 25, 51.75, 21.5, 75, 25),
        Column(75, 25, 76.75, 21.5, 0, 100),
    ]


def test_a_bar_of_one_among_thousands_is_seen() -> None:
    [one, _] = Chart.holding(88, [1, 5000]).columns([1, 5000])
    assert (one.y, one.height) == (87, 1)


def test_lines_share_one_scale() -> None:
    assert Chart.holding(160, [1, 2], [40, 3]) == Chart(40, 160, 2)


def test_a_line_goes_through_the_middles_of_the_intervals() -> None:
    assert Chart.holding(100, [1, 0]).points([1, 0]) == "250.0,0.0 750.0,100.0"


@given(st.lists(st.integers(0, 10_000), max_size=300))
def test_no_bar_leaves_the_drawing(values: list[int]) -> None:
    chart = Chart.holding(88, values)
    for column in chart.columns(values):
        assert 0 <= column.y <= 88
        assert column.y + column.height == pytest.approx(88, abs=0.02)
        assert 0 <= column.x <= column.x + column.width <= 100.01


@given(st.integers(0, 400))
def test_labels_are_few_and_stay_inside(count: int) -> None:
    ticks = Chart(1.0, 88, count).ticks()
    assert len(ticks) <= 6
    assert all(tick.x >= 6 or tick == Tick(0, 0.0, "start") for tick in ticks)
    assert all(tick.x <= 94 for tick in ticks)
    assert len(ticks) > 0 or count == 0
