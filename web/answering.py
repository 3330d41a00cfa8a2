"""What the articles answer: all of them to a question, and one of them to a claim. The same queue as for searches leads to the models."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Request

from search.article import StoredArticle
from search.errors import NotFound
from search.heads.answers import Label
from search.heads.card import Kind, Reads
from search.heads.stance import TASK, Stance, stances
from search.query import Query
from search.question_answering import Findings, find_answers
from search.questions import is_question
from search.response import SearchResponse
from web.service import Service


class Answering:
    """Answers through the queue that searches use; there where the settings have it and the head that it needs is installed."""

    def __init__(self, service: Service, *, on: bool) -> None:
        self._service = service
        self._on = on and service.has_heads

    def takes_questions(self) -> bool:
        """Whether questions to the archive are answered."""
        return self._on and any(card.kind is Kind.SPAN for card in self._service.heads.cards())

    def takes_claims(self) -> bool:
        """Whether articles are asked what they make of claims."""
        return self._on and any(
            (card.task, card.kind, card.reads) == (TASK, Kind.CLASSIFICATION, Reads.PAIR) for card in self._service.heads.cards()
        )

    def offers(self, response: SearchResponse) -> bool:
        """Whether the page of these results offers an answer: it has the first of them, and they were asked for by a question."""
        words = response.understood.words if response.understood else response.query
        return response.offset == 0 and bool(response.hits) and is_question(words) and self.takes_questions()

    async def find_answers(self, question: Query) -> Findings:
        """At most ``top_k`` answers with their sources. Raises NotFound where there is no head for it or it is turned off."""
        self._require_turned_on()
        return await self._service.queue.run(self._find_many, question)

    def _find_many(self, questions: Sequence[Query]) -> list[Findings]:
        return find_answers(questions, self._service.engine, self._service.heads.answer)

    async def stance(self, claim: str, stored: StoredArticle) -> Stance:
        """What the article makes of the claim. Raises NotFound where there is no head for it or it is turned off."""
        self._require_turned_on()
        if not self.takes_claims():
            raise NotFound(f"There is no head that judges claims, whose task is {TASK!r}: `broadsheet heads` lists what is installed.")
        return await self._service.queue.run(self._stances, (claim, stored.article.text or stored.article.title))

    def _stances(self, asked: Sequence[tuple[str, str]]) -> list[Stance]:
        return stances(asked, self._judge)

    def _judge(self, pairs: Sequence[tuple[str, str]]) -> list[Label]:
        return [label for label in self._service.heads.pair(pairs, TASK) if isinstance(label, Label)]

    def _require_turned_on(self) -> None:
        if self._service.heads and not self._on:
            raise NotFound("Articles are not asked here: start Broadsheet with BROADSHEET_ANSWERS=true to have it.")


def answering_of(request: Request) -> Answering:
    """What the application that received the request answers with."""
    answering: Answering = request.app.state.answering
    return answering


TheAnswering = Annotated[Answering, Depends(answering_of)]
