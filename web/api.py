"""The JSON surface: each route parses, calls one thing and maps its answer."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from web.answers import ArticleAnswer, ErrorAnswer, SearchAnswer, StatusAnswer
from web.metrics import CONTENT_TYPE
from web.parameters import SearchParameters
from web.service import TheService

ArticleId = Annotated[int, Path(ge=1, le=2**63 - 1, description="The article's id, as search hits give it.", examples=[17])]

_ERRORS: dict[int | str, dict[str, Any]] = {
    422: {"model": ErrorAnswer, "description": "A parameter is unknown or wrong; the answer names it."},
    503: {"model": ErrorAnswer, "description": "Nothing indexed yet, or too busy; Retry-After says when to try again."},
}
_NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": ErrorAnswer, "description": "There is no article of that id."}}
_BODY_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorAnswer, "description": "The body is not valid JSON in UTF-8."},
    413: {"model": ErrorAnswer, "description": "The body is longer than 1,000,000 bytes."},
}

router = APIRouter(responses=_ERRORS)


def address_parameters(request: Request, parameters: Annotated[SearchParameters, Query()]) -> SearchParameters:
    """The parameters in the address, each single one given once."""
    parameters.refuse_repeats(request.query_params.multi_items())
    return parameters


@router.get("/search", tags=["search"], summary="Search the archive")
async def search(parameters: Annotated[SearchParameters, Depends(address_parameters)], service: TheService) -> SearchAnswer:
    """Articles ranked by how well they answer the query, each with its best passage and every sub-score."""
    return SearchAnswer.of(await service.search(parameters.query()))


@router.post("/search", tags=["search"], summary="Search the archive, asked in JSON", responses=_BODY_ERRORS)
async def search_by_body(parameters: SearchParameters, service: TheService) -> SearchAnswer:
    """The same with the parameters in a JSON object; lists may hold several values."""
    return SearchAnswer.of(await service.search(parameters.query()))


@router.get("/api/articles/{article_id}", tags=["articles"], summary="Read an article", responses=_NOT_FOUND)
async def article(article_id: ArticleId, service: TheService) -> ArticleAnswer:
    """The whole article as the archive holds it."""
    return ArticleAnswer.of(await run_in_threadpool(service.engine.article, article_id))


@router.get("/livez", tags=["operations"], summary="Is the process alive?")
async def livez() -> StatusAnswer:
    """Answers as long as the process takes requests."""
    return StatusAnswer(status="alive")


@router.get("/readyz", tags=["operations"], summary="Can it answer searches?")
async def readyz(service: TheService) -> StatusAnswer:
    """Answers 200 when a real search went through models and index in the last ten seconds, and 503 otherwise."""
    await service.check_ready()
    return StatusAnswer(status="ready")


@router.get("/metrics", tags=["operations"], summary="Numbers for Prometheus", response_class=Response)
async def metrics(service: TheService) -> Response:
    """Requests, latency per stage, queue length, index size and snapshot age, in the Prometheus text format."""
    return Response(service.metrics.exposition(), media_type=CONTENT_TYPE)
