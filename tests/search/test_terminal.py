"""What a terminal shows of a search's numbers."""

from datetime import date

import pytest

from search.article import Article
from search.query import Interval
from search.question_answering import Finding, Findings
from search.response import (
    Bar,
    ComparedQuery,
    Comparison,
    Facet,
    FacetValue,
    Hit,
    Keyword,
    Keywords,
    SearchResponse,
    Snippet,
    Timeline,
)
from search.terminal import print_comparison, print_findings, print_response, print_timeline, print_words
from search.text import Window

MARCH, APRIL = Bar(date(1987, 3, 1), date(1987, 3, 31), 40, 400), Bar(date(1987, 4, 1), date(1987, 4, 30), 1, 300)
EMPTY = Bar(date(1987, 5, 1), date(1987, 5, 20), 0, 0)
FACETS = (
    Facet("source", tuple(FacetValue(f"Paper {n}", 20 - n, included=n == 1, excluded=n == 9) for n in range(12)), names=30, unnamed=4),
    Facet("author", (), names=0, unnamed=41),
)


def _lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.rstrip() for line in capsys.readouterr().out.splitlines() if line.strip()]


def test_a_timeline_has_a_bar_for_each_interval_and_a_mark_for_the_smallest_count(capsys: pytest.CaptureFixture[str]) -> None:
    print_timeline(Timeline(Interval.MONTH, (MARCH, APRIL, EMPTY), undated=2), 43)
    march, april, may, total = _lines(capsys)
    assert march.split() == ["1987-03", "40", "█" * 40, "10.0%", "of", "400"]
    assert april.split() == ["1987-04", "1", "█", "0.3%", "of", "300"]
    assert may.split() == ["1987-05-01", "1987-05-20", "0", "no", "articles"], "a month cut short says its days"
    assert total == "43 articles, 2 of them without a date"


@pytest.mark.parametrize(
    ("interval", "bar", "label"),
    [
        (Interval.YEAR, Bar(date(1987, 1, 1), date(1987, 12, 31), 1, 1), "1987"),
        (Interval.YEAR, Bar(date(1987, 2, 1), date(1987, 12, 31), 1, 1), "1987-02-01 1987-12-31"),
        (Interval.MONTH, Bar(date(1988, 2, 1), date(1988, 2, 28), 1, 1), "1988-02-01 1988-02-28"),
        (Interval.MONTH, Bar(date(9999, 12, 1), date(9999, 12, 31), 1, 1), "9999-12-01 9999-12-31"),
        (Interval.WEEK, Bar(date(1987, 3, 2), date(1987, 3, 8), 1, 1), "1987-03-02 1987-03-08"),
        (Interval.DAY, Bar(date(1987, 3, 2), date(1987, 3, 2), 1, 1), "1987-03-02 "),
    ],
)
def test_a_bar_is_called_by_its_days(capsys: pytest.CaptureFixture[str], interval: Interval, bar: Bar, label: str) -> None:
    print_timeline(Timeline(interval, (bar,), 0), 1)
    assert _lines(capsys)[0].startswith(label)


def test_compared_queries_stand_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    timelines = [Timeline(Interval.MONTH, bars, 0) for bars in ((MARCH, APRIL), (APRIL, MARCH))]
    compared = tuple(ComparedQuery(name, 41, one) for name, one in zip(("interest rates", "trade deficit"), timelines, strict=True))
    print_comparison(Comparison(Interval.MONTH, compared, "s"))
    first, second, header, march, _ = _lines(capsys)
    assert (first, second) == ("1  interest rates  41 articles", "2  trade deficit  41 articles")
    assert header.split() == ["month", "1", "share", "2", "share"]
    assert march.split() == ["1987-03", "40", "10.0%", "█" * 10, "1", "0.3%", "▎"]


def test_what_is_chosen_in_a_facet_is_marked_and_always_shown(capsys: pytest.CaptureFixture[str]) -> None:
    keywords = Keywords((Keyword("tankers", 9, 14, 41.61),), read=20)
    print_words(SearchResponse("oil", 20, 0, "s", facets=FACETS, keywords=keywords))
    lines = _lines(capsys)
    assert lines[0] == "Of the 20 most relevant of 20 articles:"
    assert lines[2].split() == ["tankers", "9", "14", "41.6"]
    assert "+Paper 1 19" in lines[3]
    assert "-Paper 9 11" in lines[3]
    assert "Paper 10" not in lines[3]
    assert lines[3].endswith("21 more · none 4")
    assert len(lines) == 4, "a facet without names says nothing"


def test_a_search_without_hits_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_response(SearchResponse("oli", 0, 0, "s", suggestion="oil"))
    assert _lines(capsys) == ["Did you mean: oil", "Nothing relevant found."]
    print_response(SearchResponse("oil", 12, 20, "s", rows=12))
    assert _lines(capsys) == ["There are only 12 results."]


def test_an_answer_is_shown_in_its_sentence_with_its_sources(capsys: pytest.CaptureFixture[str]) -> None:
    text = "It was long ago. The canal was dug in 1867 by hand.\nShips came."
    hits = [
        Hit(rank, rank, Article(f"key-{rank}", f"The canal, part {rank}", text, source="Gazette"), Snippet(""), (0, len(text)))
        for rank in (1, 2)
    ]
    finding = Finding("1867", 38, 42, Window(17, 51), 0.87, 0.9, hits[0], (hits[1],))
    print_findings(Findings("when?", (finding,), 5, 0.1, 0.05))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1867  87%"
    assert lines[1].strip() == "The canal was dug in 1867 by hand."
    assert "The canal, part 1  Gazette · key-1 characters 38-42" in lines[2]
    assert "The canal, part 2" in lines[3]
    assert lines[-1] == "5 articles read in 150 ms (read 50)"


def test_it_is_said_whether_there_was_anything_to_read(capsys: pytest.CaptureFixture[str]) -> None:
    for articles, said in ((3, "No answer was found."), (0, "Nothing relevant found.")):
        print_findings(Findings("when?", (), articles, 0.1, 0.05))
        assert capsys.readouterr().out.startswith(said)
