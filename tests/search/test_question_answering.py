"""Answers from an archive, with a searcher and a reader whose answers are known."""

import re
from collections.abc import Sequence

import pytest

from search.article import Article
from search.heads.answers import SpanAnswer
from search.query import Filters, Query
from search.question_answering import ARTICLES, SUPPORTED, WIDER, Findings, find_answers, normal_words, window_to_read
from search.response import Hit, SearchResponse, Snippet


def hit(rank: int, text: str, passage: tuple[int, int] | None = None, fused: float | None = 1.0, relevance: float | None = None) -> Hit:
    return Hit(rank, 100 + rank, Article(f"a{rank}", "", text), Snippet(""), passage or (0, len(text)), fused=fused, relevance=relevance)


class ListSearcher:
    """Finds the same hits for every query, as many as it asks for."""

    def __init__(self, *hits: Hit) -> None:
        self.hits = hits
        self.queries: list[Query] = []

    def search_many(self, queries: Sequence[Query]) -> list[SearchResponse]:
        self.queries += queries
        return [SearchResponse(query.text, len(self.hits), 0, "s", self.hits[: query.top_k]) for query in queries]


class NumberReader:
    """Answers every question with the first number in the passage; "1867~0.4" has a probability of 0.4, others 0.9."""

    def __init__(self) -> None:
        self.batches: list[Sequence[tuple[str, str]]] = []

    def __call__(self, questions: Sequence[tuple[str, str]]) -> list[SpanAnswer]:
        self.batches.append(questions)
        return [self._answer(passage) for _, passage in questions]

    def _answer(self, passage: str) -> SpanAnswer:
        found = re.search(r"(the )?(\d+)(?:~(\S+))?", passage)
        if found is None:
            return SpanAnswer(answer=None)
        start, end = found.start(), found.end(2)
        return SpanAnswer(answer=passage[start:end], start=start, end=end, probability=float(found[3] or 0.9))


def answers(*hits: Hit, query: Query | None = None) -> Findings:
    return find_answers([query or Query("when?", top_k=10)], ListSearcher(*hits), NumberReader())[0]


def test_an_answer_is_found_in_its_article_with_the_sentence_around_it() -> None:
    text = "It was long ago. The canal was dug in 1867 by hand. Ships came."
    passage = (17, len(text))
    (finding,) = answers(hit(1, text, passage)).findings
    assert (finding.text, text[finding.start : finding.end]) == ("1867", "1867")
    assert text[finding.sentence.start : finding.sentence.end] == "The canal was dug in 1867 by hand."
    assert finding.hit.id == 101
    assert finding.probability == finding.support == 0.9


def test_offsets_are_those_of_the_article_wherever_the_passage_lies() -> None:
    words = [f"w{chr(97 + number % 26)}" for number in range(400)]
    words[200] = "1867"
    text = " ".join(words)
    start = text.index("1867") - 12
    hits = [hit(rank, text, (start, start + 60)) for rank in range(1, ARTICLES + 1)]
    (finding,) = answers(*hits).findings
    assert text[finding.start : finding.end] == "1867"
    assert len(finding.others) == ARTICLES - 1


def test_support_is_the_probability_weighed_with_the_search() -> None:
    findings = answers(hit(1, "It was 1867~0.5 then", fused=0.8), hit(2, "It was 1868~0.9 then", fused=0.4)).findings
    assert [(one.text, one.support) for one in findings] == [("1867", 0.5), ("1868", pytest.approx(0.45))]


def test_what_the_cross_encoder_and_the_first_stage_say_of_a_passage_counts() -> None:
    findings = answers(
        hit(1, "It was 1867~0.5 then", fused=0.8, relevance=0.9), hit(2, "It was 1868~0.9 then", fused=0.6, relevance=0.4)
    ).findings
    assert [(one.text, one.support) for one in findings] == [
        ("1867", pytest.approx(0.5 * 0.9)),
        ("1868", pytest.approx(0.9 * 0.4 * 0.75)),
    ]


def test_equal_answers_support_each_other() -> None:
    findings = answers(
        hit(1, "In 1990~0.6 perhaps"), hit(2, "In the 1867~0.5 case"), hit(3, "In 1867~0.4 perhaps"), hit(4, "Nobody knows")
    ).findings
    assert [(one.text, one.support) for one in findings] == [("the 1867", pytest.approx(1 - 0.5 * 0.6)), ("1990", 0.6)]
    assert [one.id for one in findings[0].others] == [103]
    assert findings[0].hit.id == 102


def test_equally_supported_answers_come_in_the_order_of_the_ranking() -> None:
    findings = answers(*(hit(rank, f"In {1900 + rank}") for rank in range(1, 5))).findings
    assert [one.text for one in findings] == ["1901", "1902", "1903", "1904"]


def test_nothing_is_found_where_no_article_answers() -> None:
    found = answers(hit(1, "Nobody knows."), hit(2, f"It was 1867~{SUPPORTED / 2} maybe"))
    assert found.findings == ()
    assert found.articles == 2
    assert answers().articles == 0


def test_many_questions_are_searched_and_read_together_and_each_gets_its_own() -> None:
    texts = {"when was oil found?": "In 1859", "when did the war end?": "In 1945", "who knows?": "Nobody"}

    class Archive:
        def search_many(self, queries: Sequence[Query]) -> list[SearchResponse]:
            return [SearchResponse(query.text, 1, 0, "s", (hit(1, texts[query.text]),)) for query in queries]

    reader = NumberReader()
    found = find_answers([Query(text) for text in texts], Archive(), reader)
    assert [[one.text for one in each.findings] for each in found] == [["1859"], ["1945"], []]
    assert [one.question for one in found] == list(texts)
    assert reader.batches == [list(texts.items())]


def test_the_search_for_an_answer_keeps_the_filters_and_counts_nothing() -> None:
    searcher = ListSearcher(*(hit(rank, f"In {1900 + rank}") for rank in range(1, 20)))
    filters = Filters(sources=("Gazette",))
    query = Query("when?", top_k=2, offset=40, filters=filters, facets=True, stories=True)
    (found,) = find_answers([query], searcher, NumberReader())
    assert searcher.queries == [Query("when?", top_k=ARTICLES, filters=filters)]
    assert (len(found.findings), found.articles) == (2, ARTICLES)


def test_of_the_first_article_some_words_around_the_passage_are_read_too() -> None:
    words = [f"word{number}" for number in range(400)]
    text = " ".join(words)
    start, end = text.index("word200"), text.index("word250") - 1
    read = [window_to_read(hit(place + 1, text, (start, end)), place) for place in range(ARTICLES)]
    assert read[-1] == (start, end)
    assert WIDER - 10 < start - read[0].start <= WIDER
    assert WIDER - 10 < read[0].end - end <= WIDER
    for passage in ((0, end), (start, len(text)), (0, len(text)), (0, 0), (40, 60)):
        first, last = window_to_read(hit(1, text, passage), 0)
        assert first <= passage[0] <= passage[1] <= last
        assert set(text[first:last].split()) <= set(words)
    chinese = "石油价格" * 1000
    assert window_to_read(hit(1, chinese, (1000, 1200)), 0) == (1000 - WIDER, 1200 + WIDER)


def test_answers_are_equal_whatever_their_case_punctuation_and_article() -> None:
    assert (
        normal_words("The Bank, of Lagos") == normal_words("the bank of Lagos.") == normal_words("Bank of lagos") == ("bank", "of", "lagos")
    )
    assert normal_words("A") == ("a",)
    assert normal_words("5%") == normal_words("5 %")
    assert normal_words("石油") != normal_words("价格")
