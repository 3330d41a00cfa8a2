"""The pages: the same calls as the API makes, shown as HTML. They work without JavaScript."""

import asyncio
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field

from search.article import StoredArticle
from search.errors import NotFound, Overloaded
from search.overview import Overview
from search.query import MAX_WINDOW, Interval, Sort
from search.query import Query as Question
from search.response import SearchResponse
from web.address import ASKED, local_path
from web.answering import Answering, TheAnswering
from web.language import languages
from web.parameters import MAX_COMPARED, CompareParameters, PageParameters
from web.recorder import MadeBy
from web.reference import Reference
from web.rendering import Answers, Claim, Marking, article_page, compare_page, guide_page, reference_page, search_page
from web.service import Service, TheService
from web.view import LANGUAGE_COOKIE, THEME_COOKIE, Theme, View

_A_YEAR = 365 * 24 * 3600
_COMPARED_HITS = 3
_SHOWN_ANSWERS = 3
MAX_CLAIM = 1_000
"""Characters."""

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
TheView = Annotated[View, Depends(View.of)]


class ShownParameters(PageParameters):
    """A search as its page shows it: with facets, timeline and stories unless they are switched off."""

    facets: bool = True
    timeline: Interval = Interval.AUTO
    stories: bool = True
    answers: bool = False
    bars: str | None = Field(None, pattern="^share$")
    lang: str | None = Field(None, max_length=35)
    marked: list[Annotated[str, Field(pattern=r"^\d{1,18}-(relevant|not_relevant)$")]] = Field([], max_length=MAX_WINDOW)


class ArticleParameters(ShownParameters):
    """The search that led to an article, kept for the way back, and the passage that answered it."""

    passage: str | None = Field(None, pattern=r"^\d{1,9}-\d{1,9}$")
    claim: str | None = Field(None, max_length=MAX_CLAIM)


class ComparedParameters(CompareParameters):
    """Searches side by side as their page shows them; without one there is nothing to compare yet."""

    q: list[str] = Field([], max_length=MAX_COMPARED)
    bars: str | None = Field(None, pattern="^share$")
    lang: str | None = Field(None, max_length=35)


def shown_parameters(request: Request, parameters: Annotated[ShownParameters, Query()]) -> ShownParameters:
    """The parameters in the address, each single one given once."""
    parameters.refuse_repeats(request.query_params.multi_items())
    return parameters


@router.get("/")
async def search(
    view: TheView, parameters: Annotated[ShownParameters, Depends(shown_parameters)], service: TheService, answering: TheAnswering
) -> str:
    """The search form, and the results when there is a query; above them what answers it, if it is a question and this is asked for."""
    response = await service.search(parameters.query()) if parameters.q else None
    overview = service.engine.overview()
    marking = marking_of(response, view, parameters, overview, service) if response and response.hits and service.takes_feedback else None
    answers = None
    if response and answering.offers(response):
        answers = Answers(await answering.find_answers(question_of(parameters)) if parameters.answers else None)
    return search_page(view, overview, response=response, top_k=parameters.top_k, marking=marking, answers=answers)


def question_of(parameters: ShownParameters) -> Question:
    """What the address asks, as a question to the articles. Raises BadInput where there is none."""
    return replace(parameters.query(), top_k=_SHOWN_ANSWERS, offset=0, sort=Sort.RELEVANCE, facets=False, timeline=None, stories=False)


def marking_of(response: SearchResponse, view: View, parameters: ShownParameters, overview: Overview, service: Service) -> Marking:
    """What the page needs for its marks: the showing, sealed, and what was marked where no script runs."""
    recorder = service.recorder
    made_by = MadeBy(response.snapshot, overview.encoder, overview.reranker if parameters.rerank else None)
    search = view.address.keeping(*ASKED).query()
    shown = tuple(hit.id for hit in response.hits)
    showing = recorder.showing(response.query, search, made_by, response.hits[0].rank, shown)
    marked = {int(id_): event for id_, _, event in (mark.partition("-") for mark in parameters.marked)}
    return Marking(recorder.seal.close(showing), recorder.days, marked)


@router.get("/articles/{article_id}")
async def article(
    view: TheView,
    article_id: Annotated[str, Path(max_length=100)],
    parameters: Annotated[ArticleParameters, Query()],
    service: TheService,
    answering: TheAnswering,
) -> str:
    """An article with its matching passage and similar articles, and what it makes of a claim, if there is one."""
    if not (article_id.isascii() and article_id.isdigit() and len(article_id) < 19):
        raise NotFound(f"There is no article {article_id!r}: article ids are whole numbers.")
    stored = await run_in_threadpool(service.engine.article, int(article_id))
    try:
        similar = await service.similar(stored.id)
    except Overloaded:
        similar = ()  # the article can be read all the same
    start, _, end = (parameters.passage or "").partition("-")
    passage = (int(start), int(end)) if end else None
    return article_page(view, stored, passage, similar, await claim_of(parameters, stored, answering))


async def claim_of(parameters: ArticleParameters, stored: StoredArticle, answering: Answering) -> Claim | None:
    """The form for a claim, judged where one is in the address; None where claims are not judged."""
    if not answering.takes_claims():
        return None
    claim = parameters.claim or ""
    try:
        return Claim(claim, await answering.stance(claim, stored) if claim else None)
    except Overloaded:
        return Claim(claim)  # the article can be read all the same


@router.get("/compare")
async def compare(view: TheView, parameters: Annotated[ComparedParameters, Query()], service: TheService) -> str:
    """Two or more searches side by side: over time, and what is typical of each."""
    queries = parameters.queries()
    if not queries:
        return compare_page(view)
    # Whether a query has an answer at all is said by the comparison; what is typical of it needs no second reading.
    sides = [replace(query, facets=True, keywords=True, timeline=None, rerank=False, top_k=_COMPARED_HITS) for query in queries]
    comparison, answers = await asyncio.gather(service.compare(queries), asyncio.gather(*map(service.search, sides)))
    return compare_page(view, comparison, answers)


@router.get("/help")
async def guide(view: TheView) -> str:
    """What can be typed into the search box and on the keyboard."""
    return guide_page(view)


@router.get("/docs")
async def docs(request: Request, view: TheView) -> str:
    """The API, explained from its OpenAPI schema."""
    return reference_page(view, Reference.of(request.app.openapi()))


@router.post("/preferences")
async def preferences(
    back: Annotated[str, Form(max_length=8000)] = "/",
    theme: Annotated[Theme | None, Form()] = None,
    language: Annotated[str | None, Form(max_length=35)] = None,
) -> RedirectResponse:
    """Remembers the reader's choice in a cookie and goes back to the page it was made on."""
    answer = RedirectResponse(local_path(back), 303)
    if theme:
        answer.set_cookie(THEME_COOKIE, theme, max_age=_A_YEAR, samesite="lax")
    if language in languages():
        answer.set_cookie(LANGUAGE_COOKIE, str(language), max_age=_A_YEAR, samesite="lax")
    return answer
