"""The JSON surface: each route parses, calls one thing and maps its answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from search.answers import SearchAnswer
from search.export.spreadsheet import MEDIA_TYPE, Cell, csv_lines
from search.figures import (
    TIMELINE_COLUMNS,
    WORD_COLUMNS,
    ComparisonAnswer,
    TimelineResponseAnswer,
    WordsAnswer,
    comparison_columns,
    comparison_rows,
    timeline_rows,
    word_rows,
)
from search.query import Interval
from search.response import SearchResponse
from web import examples
from web.answers import ArticleAnswer, ErrorAnswer, StatusAnswer
from web.metrics import CONTENT_TYPE
from web.parameters import CompareParameters, CompareSheetParameters, Parameters, SearchParameters, SheetParameters
from web.service import Service, TheService

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


def _address(request: Request, parameters: Parameters) -> None:
    """Checks that the address gives each single parameter once."""
    parameters.refuse_repeats(request.query_params.multi_items())


def address_parameters(request: Request, parameters: Annotated[SearchParameters, Query()]) -> SearchParameters:
    """The parameters in the address, each single one given once."""
    _address(request, parameters)
    return parameters


def sheet_parameters(request: Request, parameters: Annotated[SheetParameters, Query()]) -> SheetParameters:
    """The same for a spreadsheet."""
    _address(request, parameters)
    return parameters


def compare_parameters(request: Request, parameters: Annotated[CompareParameters, Query()]) -> CompareParameters:
    """The same for a comparison."""
    _address(request, parameters)
    return parameters


def compare_sheet_parameters(request: Request, parameters: Annotated[CompareSheetParameters, Query()]) -> CompareSheetParameters:
    """The same for the spreadsheet of one."""
    _address(request, parameters)
    return parameters


SearchAddress = Annotated[SearchParameters, Depends(address_parameters)]
SheetAddress = Annotated[SheetParameters, Depends(sheet_parameters)]
CompareAddress = Annotated[CompareParameters, Depends(compare_parameters)]
CompareSheetAddress = Annotated[CompareSheetParameters, Depends(compare_sheet_parameters)]


@router.get("/search", tags=["search"], summary="Search the archive", responses=answers(examples.SEARCH, 400, 422, 503))
async def search(parameters: SearchAddress, service: TheService) -> SearchAnswer:
    """Articles ranked by how well they answer the query, each with its best passage and every sub-score."""
    return SearchAnswer.of(await service.search(parameters.query()))


@router.post(
    "/search", tags=["search"], summary="Search the archive, asked in JSON", responses=answers(examples.SEARCH, 400, 413, 422, 503)
)
async def search_by_body(parameters: SearchParameters, service: TheService) -> SearchAnswer:
    """The same with the parameters in a JSON object; lists may hold several values."""
    return SearchAnswer.of(await service.search(parameters.query()))


@router.get("/timeline", tags=["counting"], summary="Count a search over time", responses=answers(examples.TIMELINE, 400, 422, 503))
async def timeline(parameters: SearchAddress, service: TheService) -> TimelineResponseAnswer:
    """All articles that match, in bars of equal length without gaps, each also as a share of all articles of its days."""
    return TimelineResponseAnswer.of(await _timeline(parameters, service))


@router.get("/timeline.csv", tags=["counting"], summary="The same as CSV", response_class=Response, responses=answers(None, 400, 422, 503))
async def timeline_sheet(parameters: SheetAddress, service: TheService) -> Response:
    """A row for each bar; the last row, which has no days, counts the articles without a date."""
    response = await _timeline(parameters, service)
    return _sheet("timeline", TIMELINE_COLUMNS, timeline_rows(response.timeline) if response.timeline else (), parameters.bom)


@router.get("/words", tags=["counting"], summary="What is typical of a search", responses=answers(examples.WORDS, 400, 422, 503))
async def words(parameters: SearchAddress, service: TheService) -> WordsAnswer:
    """The words that the most relevant articles contain more often than chance explains, and the names among all that match."""
    return WordsAnswer.of(await _words(parameters, service))


@router.get(
    "/words.csv", tags=["counting"], summary="The same words as CSV", response_class=Response, responses=answers(None, 400, 422, 503)
)
async def words_sheet(parameters: SheetAddress, service: TheService) -> Response:
    """A row for each word, most typical first."""
    return _sheet("words", WORD_COLUMNS, word_rows(await _words(parameters, service)), parameters.bom)


@router.get(
    "/api/compare", tags=["counting"], summary="Count several searches over time", responses=answers(examples.COMPARISON, 400, 422, 503)
)
async def compare(parameters: CompareAddress, service: TheService) -> ComparisonAnswer:
    """At most four queries under the same filters, over the same bars. The page of it is at `/compare`."""
    return ComparisonAnswer.of(await service.compare(parameters.queries()))


@router.get("/compare.csv", tags=["counting"], summary="The same as CSV", response_class=Response, responses=answers(None, 400, 422, 503))
async def compare_sheet(parameters: CompareSheetAddress, service: TheService) -> Response:
    """A row for each bar, with the count and the share of each query."""
    comparison = await service.compare(parameters.queries())
    return _sheet("comparison", comparison_columns(comparison), comparison_rows(comparison), parameters.bom)


async def _timeline(parameters: SearchParameters, service: Service) -> SearchResponse:
    query = parameters.query()
    return await service.search(replace(query, top_k=1, offset=0, facets=False, stories=False, timeline=query.timeline or Interval.AUTO))


async def _words(parameters: SearchParameters, service: Service) -> SearchResponse:
    query = replace(parameters.query(), top_k=1, offset=0, facets=True, stories=False, timeline=None, keywords=True)
    return await service.search(query)


def _sheet(name: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]], byte_order_mark: bool) -> Response:
    lines = csv_lines(columns, rows, byte_order_mark=byte_order_mark)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response("".join(lines), media_type=MEDIA_TYPE, headers=headers)


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
