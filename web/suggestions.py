"""Suggestions while a query is typed. They need no model, so they do not wait for those who do."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from search.suggestion import NamedKind, Suggestion
from web.api import answers
from web.parameters import Parameters
from web.service import TheService

LONGEST = 200  # characters; nobody types a longer beginning
_EXAMPLE = {
    "suggestions": [
        {"kind": "source", "text": "The Harbour Gazette", "query": 'source:"The Harbour Gazette"', "articles": 2041, "article_id": None},
        {"kind": "title", "text": "Harbour strike ends", "query": "Harbour strike ends", "articles": 1, "article_id": 17},
    ]
}

router = APIRouter()


class SuggestParameters(Parameters):
    """The beginning of a query."""

    q: str = Field("", max_length=LONGEST, description="What was typed so far.", examples=["harb"])


class SuggestionAnswer(BaseModel):
    """A name or a title that goes on from what was typed; ``query`` finds it, ``article_id`` is the article of a title."""

    kind: Literal["title"] | NamedKind
    text: str
    query: str
    articles: int
    article_id: int | None

    @classmethod
    def of(cls, suggestion: Suggestion) -> "SuggestionAnswer":
        """The suggestion as it goes over the wire."""
        return cls(
            kind=suggestion.kind,
            text=suggestion.text,
            query=suggestion.query,
            articles=suggestion.articles,
            article_id=suggestion.article_id,
        )


class SuggestionsAnswer(BaseModel):
    """At most eight suggestions, best first."""

    suggestions: list[SuggestionAnswer]


def suggest_parameters(request: Request, parameters: Annotated[SuggestParameters, Query()]) -> SuggestParameters:
    """The parameters in the address, each single one given once."""
    parameters.refuse_repeats(request.query_params.multi_items())
    return parameters


@router.get("/suggest", tags=["search"], summary="Complete a query", responses=answers(_EXAMPLE, 400, 422, 503))
async def suggest(parameters: Annotated[SuggestParameters, Depends(suggest_parameters)], service: TheService) -> SuggestionsAnswer:
    """Titles and names of sources, authors, topics, persons, organisations and places that go on from what was typed; none for nothing."""
    if not parameters.q:
        return SuggestionsAnswer(suggestions=[])
    suggestions = await run_in_threadpool(service.engine.suggest, parameters.q)
    return SuggestionsAnswer(suggestions=[SuggestionAnswer.of(one) for one in suggestions])
