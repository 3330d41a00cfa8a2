"""Stories: hand-made events are found, whatever the order; each mark is what the dates and lengths say."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial.distance import cosine

from search.article import Lead
from search.language.words import words
from search.protocols import Floats
from search.stories import APART, DAYS, TOGETHER, kinship, stories, story_of_each
from tests.fakes import WordEncoder

START = datetime(2020, 4, 20, tzinfo=UTC)
EVENTS = {
    "refinery": "Refinery fire at Kestrel Ridge kills two workers and halts the fuel pipeline",
    "vaccine": "Norvane vaccine trial reports strong protection among elderly volunteers",
    "final": "Underdogs Halden win the cup final after a late penalty in extra time",
}


def _nowhere(asked: Sequence[str]) -> Floats:
    return np.zeros(len(asked), np.float32)


def _lead(id_: int, text: str, days: float | None = 0.0, length: int = 100, source: str | None = "Gazette") -> Lead:
    return Lead(id_, "", text, length, source, None if days is None else START + timedelta(days=days))


def _told(leads: Sequence[Lead]) -> list[int]:
    vectors = WordEncoder().encode_passages([lead.text for lead in leads])
    ids = np.array([lead.id for lead in leads])
    return story_of_each(leads, vectors, ids, _nowhere).tolist()


@pytest.fixture
def reports() -> list[Lead]:
    """Three reports on each of three events, with some words of their own."""
    own = ("officials said on Monday", "according to a spokesman", "as seen by our reporter")
    return [_lead(10 * e + n, f"{text} {own[n]}", n) for e, text in enumerate(EVENTS.values(), 1) for n in range(3)]


def test_reports_on_one_event_are_one_story_and_others_are_not(reports: list[Lead]) -> None:
    assert _told(reports) == [10, 10, 10, 20, 20, 20, 30, 30, 30]


def test_stories_are_the_same_in_whatever_order_the_articles_are_ranked(reports: list[Lead]) -> None:
    expected = dict(zip([lead.id for lead in reports], _told(reports), strict=True))
    for seed in range(5):
        shuffled = [reports[place] for place in np.random.default_rng(seed).permutation(len(reports))]
        assert dict(zip([lead.id for lead in shuffled], _told(shuffled), strict=True)) == expected


def test_near_duplicates_are_one_story_however_different_they_look() -> None:
    leads = [_lead(1, EVENTS["refinery"]), _lead(2, EVENTS["vaccine"], 900.0), _lead(3, EVENTS["final"])]
    vectors = WordEncoder().encode_passages([lead.text for lead in leads])
    assert story_of_each(leads, vectors, np.array([1, 1, 3]), _nowhere).tolist() == [1, 1, 3]


def test_the_same_words_long_after_are_less_kin() -> None:
    leads = [_lead(1, EVENTS["final"]), _lead(2, EVENTS["final"], 0.0), _lead(3, EVENTS["final"], DAYS), _lead(4, EVENTS["final"], None)]
    vectors = WordEncoder().encode_passages([lead.text for lead in leads])
    first = kinship(leads, vectors, np.arange(4), _nowhere)[0]
    assert first.tolist() == pytest.approx([1.0, 1.0, APART + (1 - APART) / np.e, APART])


def test_kinship_is_the_mean_of_two_cosines() -> None:
    """Worked out word by word: inverse document frequencies among two articles and fifty of an archive."""
    leads = [_lead(1, "oil oil price storm"), _lead(2, "oil price strike")]
    vectors = WordEncoder().encode_passages([lead.text for lead in leads])
    common = {"oil": 0.2, "price": 0.1, "storm": 0.0, "strike": 0.0}
    found = {"oil": 2, "price": 2, "storm": 1, "strike": 1}
    rarity = {word: float(-np.log((found[word] + 50 * common[word]) / 52)) ** 1.5 for word in common}
    said = [lead.text.split() for lead in leads]
    rows = [[(1 + np.log(own.count(word))) * rarity[word] if word in own else 0.0 for word in common] for own in said]
    expected = (float(vectors[0] @ vectors[1]) + 1 - cosine(*rows)) / 2
    asked = kinship(leads, vectors, np.array([1, 2]), lambda names: np.array([common[name] for name in names], np.float32))
    assert asked[0, 1] == pytest.approx(expected, abs=1e-5)
    assert words(leads[0].text) == ["oil", "oil", "price", "storm"]


def test_linkage_is_average_linkage_by_brute_force(reports: list[Lead]) -> None:
    ids = np.array([lead.id for lead in reports])
    vectors = WordEncoder().encode_passages([lead.text for lead in reports])
    related = kinship(reports, vectors, ids, _nowhere)
    groups = [[place] for place in range(len(reports))]
    while True:
        pairs = [(np.mean([related[a, b] for a in one for b in other]), one, other) for one, other in _pairs(groups)]
        if not pairs or max(pairs, key=lambda pair: pair[0])[0] < TOGETHER:
            break
        _, one, other = max(pairs, key=lambda pair: pair[0])
        groups = [group for group in groups if group not in (one, other)] + [one + other]
    expected = {int(ids[place]): int(min(ids[group])) for group in groups for place in group}
    assert dict(zip(ids.tolist(), _told(reports), strict=True)) == expected


def _pairs(groups: list[list[int]]) -> list[tuple[list[int], list[int]]]:
    return [(one, other) for number, one in enumerate(groups) for other in groups[:number]]


def test_a_story_marks_its_earliest_its_fullest_and_its_copies() -> None:
    leads = [
        _lead(7, EVENTS["final"], 1.0, 300, "Gazette"),
        _lead(3, EVENTS["final"], 0.5, 200, "Courier"),
        _lead(5, EVENTS["final"], None, 900, "Gazette"),
        _lead(9, EVENTS["vaccine"], 0.0, 999, None),
    ]
    vectors = WordEncoder().encode_passages([lead.text for lead in leads])
    final, alone = stories(leads, vectors, np.array([3, 3, 5, 9]), _nowhere)
    assert (final.id, final.best, final.size, final.earliest, final.fullest) == (3, 7, 3, 3, 5)
    assert final.sources == ("Courier", "Gazette")
    assert [(member.id, member.copy_of) for member in final.members] == [(3, None), (7, 3), (5, None)]
    assert (alone.id, alone.size, alone.earliest, alone.fullest, alone.sources) == (9, 1, None, None, ())


def test_without_dates_nothing_is_the_earliest() -> None:
    leads = [_lead(1, EVENTS["final"], None), _lead(2, EVENTS["final"], None)]
    (story,) = stories(leads, WordEncoder().encode_passages([lead.text for lead in leads]), np.array([1, 2]), _nowhere)
    assert (story.earliest, story.fullest) == (None, 1)


def test_no_article_and_one_article_are_no_problem() -> None:
    assert stories([], np.empty((0, 64), np.float32), np.empty(0, np.int64), _nowhere) == []
    empty = [_lead(1, ""), _lead(2, "")]
    told = stories(empty, WordEncoder().encode_passages(["", ""]), np.array([1, 2]), _nowhere)
    assert sum(story.size for story in told) == 2
    assert all(a.best != b.best for a, b in pairwise(told))
