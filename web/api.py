"""The JSON surface: each route parses, calls one thing and maps its answer."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from search.answers import SearchAnswer
from web import examples
from web.answers import ArticleAnswer, ErrorAnswer, StatusAnswer
from web.metrics import CONTENT_TYPE
from web.parameters import SearchParameters
from web.service import TheService

ArticleId = Annotated[int, Path(ge=1, le=2**63 - 1, description="The article's id, as search hits give it.", examples=[17])]

_REASONS = {
    400: "The address or the body is not valid UTF-8, or the body is not valid JSON.",
    404: "There is no article of that id.",
    413: "The body is longer than 1,000,000 bytes.",
    422: "A parameter is unknown, missing or wrong; the answer names it.",
    503: "Nothing is indexed yet, or too many wait; Retry-After says in how many seconds to try again.",
}


def answers(example: Mapping[str, Any] | None, *errors: int) -> dict[int | str, dict[str, Any]]:
    """What a route may answer, for the documentation: an example and the reasons for each error."""
    described: dict[int | str, dict[str, Any]] = {
        status: {"model": ErrorAnswer, "description": _REASONS[status], "content": {"application/json": {"example": examples.ERROR}}}
        for status in errors
    }
    if example:
        described[200] = {"content": {"application/json": {"example": example}}}
    return described


router = APIRouter()


def address_parameters(request: Request, parameters: Annotated[SearchParameters, Query()]) -> SearchParameters:
    """The parameters in the address, each single one given once."""
    parameters.refuse_repeats(request.query_params.multi_items())
    return parameters


@router.get("/search", tags=["search"], summary="Search the archive", responses=answers(examples.SEARCH, 400, 422, 503))
async def search(parameters: Annotated[SearchParameters, Depends(address_parameters)], service: TheService) -> SearchAnswer:
    """Articles ranked by how well they answer the query, each with its best passage and every sub-score."""
    return SearchAnswer.of(await service.search(parameters.query()))


@router.post(
    "/search", tags=["search"], summary="Search the archive, asked in JSON", responses=answers(examples.SEARCH, 400, 413, 422, 503)
)
async def search_by_body(parameters: SearchParameters, service: TheService) -> SearchAnswer:
    """The same with the parameters in a JSON object; lists may hold several values."""
    return SearchAnswer.of(await service.search(parameters.query()))


@router.get("/api/articles/{article_id}", tags=["articles"], summary="Read an article", responses=answers(examples.ARTICLE, 404, 422, 503))
async def article(article_id: ArticleId, service: TheService) -> ArticleAnswer:
    """The whole article as the archive holds it."""
    return ArticleAnswer.of(await run_in_threadpool(service.engine.article, article_id))


@router.get("/livez", tags=["operations"], summary="Is the process alive?", responses=answers({"status": "alive"}))
async def livez() -> StatusAnswer:
    """Answers as long as the process takes requests."""
    return StatusAnswer(status="alive")


@router.get("/readyz", tags=["operations"], summary="Can it answer searches?", responses=answers({"status": "ready"}, 503))
async def readyz(service: TheService) -> StatusAnswer:
    """Answers 200 when a real search went through models and index in the last ten seconds, and 503 otherwise."""
    await service.check_ready()
    return StatusAnswer(status="ready")


@router.get("/metrics", tags=["operations"], summary="Numbers for Prometheus", response_class=Response)
async def metrics(service: TheService) -> Response:
    """Requests, latency per stage, queue length, index size and snapshot age, in the Prometheus text format."""
    return Response(service.metrics.exposition(), media_type=CONTENT_TYPE)
