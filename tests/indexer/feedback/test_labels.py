"""Marks are believed, clicks are weighed by how likely their place is looked at, and what was passed over is irrelevant."""

from dataclasses import replace
from datetime import date

import pytest

from indexer.feedback.labels import LabelledText, labels_of, query_text
from search.feedback import JudgedShowing, Showing

SHOWING = Showing("s", date(2026, 3, 1), "oil price", "", "snapshot", "e", None, 1, (11, 12, 13, 14))


def judged(clicked: set[int] = frozenset(), relevant: set[int] = frozenset(), not_relevant: set[int] = frozenset()) -> JudgedShowing:  # type: ignore[assignment]
    return JudgedShowing(SHOWING, frozenset(clicked), frozenset(relevant), frozenset(not_relevant))


def only(*showings: JudgedShowing, eta: float = 1.0) -> LabelledText:
    (labelled,) = labels_of(showings, eta)
    return labelled


def test_what_was_passed_over_is_irrelevant_and_of_what_is_below_nothing_is_said() -> None:
    labels = only(judged({13})).labels
    assert {id_: label.grade for id_, label in labels.items()} == {11: 0, 12: 0, 13: 2}
    assert labels[11].evidence.skips == 1


def test_clicks_are_divided_by_the_looks_that_a_place_gets() -> None:
    labels = only(judged({11}), judged({11}), judged({13})).labels
    # Looks at places 1 and 3 in three showings: 3 and 1; one more is added to each.
    assert labels[11].evidence.looks == pytest.approx(3)
    assert labels[13].evidence.looks == pytest.approx(1)
    rate_of_first, rate_of_third = 2 / (3 + 1), 1 / (1 + 1)
    assert labels[11].relevance == pytest.approx(2 / 3 * rate_of_first / max(rate_of_first, rate_of_third))
    assert labels[13].relevance == pytest.approx(2 / 3)


def test_without_position_bias_more_clicks_are_more_relevant() -> None:
    labels = only(judged({11}), judged({11}), judged({13}), eta=0.0).labels
    assert labels[13].relevance == pytest.approx(labels[11].relevance / 2)
    assert (labels[11].grade, labels[13].grade) == (2, 1)


def test_a_mark_says_more_than_any_click() -> None:
    labels = only(judged({11, 13}, relevant={12}), judged({11}, not_relevant={11})).labels
    assert {id_: label.relevance for id_, label in labels.items() if id_ != 13} == {11: 0.0, 12: 1.0}
    assert labels[12].grade == 3
    assert labels[13].grade == 2


def test_readers_who_disagree_are_averaged() -> None:
    labels = only(judged(relevant={12}), judged(relevant={12}), judged(not_relevant={12})).labels
    assert labels[12].relevance == pytest.approx(2 / 3)
    assert labels[12].grade == 2


def test_where_nothing_was_clicked_nothing_was_passed_over() -> None:
    labels = only(judged(relevant={14})).labels
    assert list(labels) == [14]
    assert labels[14].evidence.looks == 0


def test_places_count_from_the_top_of_the_page_that_was_shown() -> None:
    second_page = JudgedShowing(replace(SHOWING, first=11), frozenset({11}))
    assert only(second_page).labels[11].evidence.looks == 1


def test_queries_that_differ_in_case_and_spaces_are_one_and_operators_are_no_words() -> None:
    again = JudgedShowing(replace(SHOWING, query="Oil   PRICE"), frozenset({12}))
    with_operators = JudgedShowing(replace(SHOWING, query="oil price source:gazette"), frozenset({12}))
    labelled = only(judged({11}), again, with_operators)
    assert labelled.text == "oil price"
    assert labelled.labels[12].evidence.clicks == 2


@pytest.mark.parametrize("query", ["source:gazette", "https://gazette.example/1", '"only a phrase"'])
def test_queries_without_words_of_their_own_are_left_out(query: str) -> None:
    found = labels_of([JudgedShowing(replace(SHOWING, query=query), frozenset({12}))], 1.0)
    assert [one.text for one in found] == [text for text in [query_text(query)] if text]


def test_a_query_to_which_nothing_is_relevant_is_told() -> None:
    assert not only(judged(not_relevant={11})).is_usable
    assert only(judged({11})).is_usable
