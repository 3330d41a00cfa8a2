"""All that a search finds as a file or a feed. Only the ranking waits for the models; the rest is sent as it is fetched."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field

from search.export import Format, Results
from search.export import export as exported
from search.query import Sort
from web.api import SearchAddress, answers
from web.parameters import SearchParameters
from web.service import Service, TheService

router = APIRouter()

_ANSWERS = answers(None, 400, 422, 503) | {304: {"description": "If-None-Match names what would be sent: nothing has changed."}}
_NOT_OF_THE_SEARCH = ("format", "bom", "top_k", "offset")  # of an address: how its results are taken


class ExportParameters(SearchParameters):
    """A search, and the format in which all that it finds is wanted."""

    format: Format = Field(description="json, jsonl, csv, rss, atom, bibtex or ris.", examples=["csv"])
    bom: bool = Field(False, description="CSV only: begin with a byte order mark, which Excel needs to read UTF-8.")


def export_parameters(request: Request, parameters: Annotated[ExportParameters, Query()]) -> ExportParameters:
    """The parameters in the address, each single one given once."""
    parameters.refuse_repeats(request.query_params.multi_items())
    return parameters


ExportAddress = Annotated[ExportParameters, Depends(export_parameters)]


@router.get("/export", tags=["export"], summary="Take all results away", response_class=StreamingResponse, responses=_ANSWERS)
async def export(request: Request, parameters: ExportAddress, service: TheService) -> Response:
    """Every article that matches, in rank order, complete and streamed, in the format that is asked for.

    `top_k`, `offset` and `stories` change nothing here: there are no pages.
    """
    response = await _answer(request, parameters, parameters.format, service, byte_order_mark=parameters.bom)
    response.headers["Content-Disposition"] = f'attachment; filename="broadsheet.{parameters.format.suffix}"'
    return response


@router.get("/feed.rss", tags=["export"], summary="Follow a search (RSS)", response_class=StreamingResponse, responses=_ANSWERS)
async def rss_feed(request: Request, parameters: SearchAddress, service: TheService) -> Response:
    """Every article that matches as RSS 2.0, the newest first unless `sort` is given."""
    return await _answer(request, _newest_first(parameters), Format.RSS, service)


@router.get("/feed.atom", tags=["export"], summary="Follow a search (Atom)", response_class=StreamingResponse, responses=_ANSWERS)
async def atom_feed(request: Request, parameters: SearchAddress, service: TheService) -> Response:
    """Every article that matches as Atom, the newest first unless `sort` is given."""
    return await _answer(request, _newest_first(parameters), Format.ATOM, service)


async def _answer(
    request: Request, parameters: SearchParameters, wanted: Format, service: Service, *, byte_order_mark: bool = False
) -> Response:
    """The stream; nothing but 304 for who has it already, as long as no newer snapshot is served."""
    overview = service.engine.overview()
    tag = _entity_tag(request, overview.snapshot)
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={"ETag": tag})
    walk = await service.walk(replace(parameters.query(), top_k=1, offset=0, facets=False, timeline=None, stories=False))
    site = service.site(request)
    results = Results(walk, site, _page(request, site), overview.published_at)
    address = f"{site}{request.url.path}?{request.url.query}"
    pieces = exported(results, wanted, address=address, byte_order_mark=byte_order_mark)
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    return StreamingResponse(_encoded(pieces), media_type=wanted.media_type, headers=headers)


def _encoded(pieces: Iterator[str]) -> Iterator[bytes]:
    for piece in pieces:
        yield piece.encode("utf-8", "replace")


def _newest_first(parameters: SearchParameters) -> SearchParameters:
    return parameters if "sort" in parameters.model_fields_set else parameters.model_copy(update={"sort": Sort.NEWEST})


def _page(request: Request, site: str) -> str:
    """The address of the page of the same search."""
    pairs = [(name, value) for name, value in request.query_params.multi_items() if value.strip() and name not in _NOT_OF_THE_SEARCH]
    return f"{site}/?{urlencode(pairs)}"


def _entity_tag(request: Request, snapshot: str) -> str:
    """Changes with the snapshot and with anything that is asked for."""
    asked = f"{snapshot}\n{request.base_url}\n{request.url.path}\n{request.url.query}"
    return f'"{hashlib.sha256(asked.encode()).hexdigest()[:32]}"'
