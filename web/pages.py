"""The pages: the same calls as the API makes, shown as HTML. They work without JavaScript."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from pydantic import Field

from search.errors import NotFound, Overloaded
from web.address import Address
from web.parameters import PageParameters
from web.reference import Reference
from web.rendering import article_page, reference_page, search_page
from web.service import TheService

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


class ArticleParameters(PageParameters):
    """The search that led to an article, kept for the way back, and the passage that answered it."""

    passage: str | None = Field(None, pattern=r"^\d{1,9}-\d{1,9}$")


def page_parameters(request: Request, parameters: Annotated[PageParameters, Query()]) -> PageParameters:
    """The parameters in the address, each single one given once."""
    parameters.refuse_repeats(request.query_params.multi_items())
    return parameters


@router.get("/")
async def search(request: Request, parameters: Annotated[PageParameters, Depends(page_parameters)], service: TheService) -> str:
    """The search form, and the results when there is a query."""
    response = await service.search(parameters.query()) if parameters.q else None
    overview = service.engine.overview()
    return search_page(Address.of(request), overview, response=response, top_k=parameters.top_k)


@router.get("/articles/{article_id}")
async def article(
    request: Request,
    article_id: Annotated[str, Path(max_length=100)],
    parameters: Annotated[ArticleParameters, Query()],
    service: TheService,
) -> str:
    """An article with its matching passage and similar articles."""
    if not (article_id.isascii() and article_id.isdigit() and len(article_id) < 19):
        raise NotFound(f"There is no article {article_id!r}: article ids are whole numbers.")
    stored = await run_in_threadpool(service.engine.article, int(article_id))
    try:
        similar = await service.similar(stored)
    except Overloaded:
        similar = ()  # the article can be read all the same
    start, _, end = (parameters.passage or "").partition("-")
    return article_page(Address.of(request), stored, (int(start), int(end)) if end else None, similar)


@router.get("/docs")
async def docs(request: Request) -> str:
    """The API, explained from its OpenAPI schema."""
    return reference_page(Reference.of(request.app.openapi()))
