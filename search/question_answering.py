"""Answers to questions from the archive: search, read the best passages of the top articles, give the best spans with their sources.

What is read of an article is the passage that search found for it; of the first ones a little more, because an answer may stand just
outside. An answer's ``support`` is the reader's probability that these are the words, times what speaks for the passage: its relevance, by
the cross-encoder, times its first-stage evidence as a share of the first hit's. Equal answers of several articles are one, which each
of them supports: 1 - Π(1 - support). docs/answers.md has what was measured.

Knows nothing of networks or HTTP: the search and the reader are given.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from time import perf_counter
from typing import Protocol

from search.heads.answers import SpanAnswer
from search.query import Query, Sort
from search.response import Hit, SearchResponse
from search.sentences import sentence_around
from search.text import Window

ARTICLES = 4
"""How many articles are read."""
WIDENED = 1
"""Of how many of them, the first ones, more is read than the passage:"""
WIDER = 300
"""so many characters before it and after it, in whole words."""
SUPPORTED = 0.2
"""An answer with less support is none."""
MOST = 10
"""Answers that can be asked for; hardly ever are there as many."""

_WORD = re.compile(r"\w+")
_ARTICLES_OF_SPEECH = ("a", "an", "the")

Read = Callable[[Sequence[tuple[str, str]]], Sequence[SpanAnswer]]
"""The answer to each (question, passage) with its [start, end) characters in the passage, or an answer of None."""


class Searcher(Protocol):
    """Answers several queries, in order."""

    def search_many(self, queries: Sequence[Query]) -> list[SearchResponse]: ...


@dataclass(frozen=True, slots=True)
class Finding:
    """An answer, the [start, end) characters of the article's text where it stands, and the sentence around them.

    ``probability`` (0..1) is the reader's, among all spans of what it read and none; ``support`` (0..1) weighs it with the search.
    ``others`` are further articles that give the same answer.
    """

    text: str
    start: int
    end: int
    sentence: Window
    probability: float
    support: float
    hit: Hit
    others: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """The answers to a question, best supported first; none of them when the ``articles`` that were read have none."""

    question: str
    findings: tuple[Finding, ...]
    articles: int
    search_seconds: float
    read_seconds: float


def find_answers(questions: Sequence[Query], searcher: Searcher, read: Read, supported: float = SUPPORTED) -> list[Findings]:
    """At most ``top_k`` answers to each question, under its filters, with one pass through the reader for all."""
    begun = perf_counter()
    responses = searcher.search_many([_search_for(question) for question in questions])
    searched = perf_counter()
    windows = [[window_to_read(hit, place) for place, hit in enumerate(response.hits)] for response in responses]
    asked = [_words_of(response) for response in responses]
    spans = iter(
        read(
            [
                (words, hit.article.text[window.start : window.end])
                for words, response, places in zip(asked, responses, windows, strict=True)
                for hit, window in zip(response.hits, places, strict=True)
            ]
        )
    )
    read_seconds = perf_counter() - searched
    found = []
    for question, words, response, places in zip(questions, asked, responses, windows, strict=True):
        single = [
            finding
            for hit, window in zip(response.hits, places, strict=True)
            if (finding := _finding(hit, window, next(spans), response.hits[0])) is not None
        ]
        best = [finding for finding in merged(single) if finding.support >= supported][: question.top_k]
        found.append(Findings(words, tuple(best), len(response.hits), searched - begun, read_seconds))
    return found


def window_to_read(hit: Hit, place: int) -> Window:
    """The part of the article that is read when its place in the ranking, from 0, is this."""
    start, end = hit.passage
    if place >= WIDENED:
        return Window(start, end)
    text = hit.article.text
    before, after = text.find(" ", max(start - WIDER, 0), start), text.rfind(" ", end, end + WIDER + 1)
    first = 0 if start <= WIDER else start - WIDER if before < 0 else before + 1
    last = len(text) if end + WIDER >= len(text) else end + WIDER if after < 0 else after
    return Window(first, last)


def merged(findings: Sequence[Finding]) -> list[Finding]:
    """Equal answers as one, at the place of the best supported; in order of support, equally supported in the order of the ranking."""
    same: dict[tuple[str, ...], list[Finding]] = {}
    for finding in sorted(findings, key=lambda one: (-one.support, one.hit.rank)):
        same.setdefault(normal_words(finding.text), []).append(finding)
    joined = [
        replace(group[0], support=1 - prod(1 - one.support for one in group), others=tuple(one.hit for one in group[1:]))
        for group in same.values()
    ]
    return sorted(joined, key=lambda one: (-one.support, one.hit.rank))


def normal_words(answer: str) -> tuple[str, ...]:
    """What makes two answers equal: their words without regard to case, punctuation, and articles of speech at the beginning."""
    words = tuple(_WORD.findall(answer.casefold()))
    return words[1:] if len(words) > 1 and words[0] in _ARTICLES_OF_SPEECH else words


def _search_for(question: Query) -> Query:
    return replace(question, top_k=ARTICLES, offset=0, sort=Sort.RELEVANCE, facets=False, timeline=None, keywords=False, stories=False)


def _words_of(response: SearchResponse) -> str:
    return response.understood.words if response.understood and response.understood.words else response.query


def _finding(hit: Hit, window: Window, span: SpanAnswer, first: Hit) -> Finding | None:
    """The span in its article; None where there is none."""
    if span.answer is None or span.start is None or span.end is None or span.probability is None:
        return None
    start, end = window.start + span.start, window.start + span.end
    text = hit.article.text
    return Finding(
        text=text[start:end],
        start=start,
        end=end,
        sentence=sentence_around(text, start, end),
        probability=span.probability,
        support=span.probability * _fitness(hit, first),
        hit=hit,
    )


def _fitness(hit: Hit, first: Hit) -> float:
    """What speaks for the passage, 0..1; what a stage did not judge speaks neither for nor against it."""
    share = min(max(hit.fused / first.fused, 0.0), 1.0) if hit.fused is not None and first.fused else 1.0
    return share if hit.relevance is None else share * hit.relevance
