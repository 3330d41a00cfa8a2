"""What becomes of a result: clicks, and marks as relevant or not. These routes are there where the operator has turned feedback on."""

from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from search.errors import BadInput, NotFound
from search.feedback import Event, Reaction, Showing
from search.query import MAX_QUERY_CHARACTERS, MAX_WINDOW, Query
from web import examples
from web.address import ASKED, Address, local_path
from web.api import answers
from web.parameters import Parameters
from web.recorder import MadeBy, Recorder, today
from web.seal import MAX_CHARACTERS
from web.service import Service, TheService
from web.view import MARKED_PARAMETER

_MAX_ID = 2**63 - 1
_OFF = "Feedback is turned off here: start Broadsheet with BROADSHEET_FEEDBACK=true to have it."

off = APIRouter(include_in_schema=False)
router = APIRouter()


@off.api_route("/feedback", methods=["GET", "POST"])
@off.api_route("/feedback/mark", methods=["GET", "POST"], response_class=HTMLResponse)
async def turned_off() -> None:
    """What is there as long as feedback is off: nothing."""
    raise NotFound(_OFF)


def refuse_other_sites(request: Request, service: TheService) -> None:
    """Refuses what a page of another site made a browser send.

    Browsers tell by Sec-Fetch-Site. Older ones tell by Origin, which is "null" where our own form is sent: it has the signed showing,
    which another site has not, and JSON is not sent to another site without asking it first.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin", "null")
    own = {request.headers.get("host"), urlsplit(service.site(request)).netloc}
    if site not in (None, "same-origin", "none") or (site is None and origin != "null" and urlsplit(origin).netloc not in own):
        raise HTTPException(403, "This was sent by a page of another site: feedback is given on the page of results itself.")


class FeedbackParameters(Parameters):
    """One event at one of the articles that were shown: ``query`` and ``shown`` with the first, then the ``showing`` that it gave."""

    event: Event = Field(description="Opened, or judged.", examples=["relevant"])
    id: int = Field(ge=1, le=_MAX_ID, description="The article, as search hits give its id.", examples=[17])
    query: str | None = Field(None, max_length=MAX_QUERY_CHARACTERS, description="What was searched for.", examples=["oil industry"])
    shown: list[Annotated[int, Field(ge=1, le=_MAX_ID)]] = Field(
        [], max_length=MAX_WINDOW, description="All articles that were shown, from the top.", examples=[[12, 17, 3]]
    )
    offset: int = Field(0, ge=0, le=MAX_WINDOW, description="The offset of the search.")
    search: str = Field("", max_length=4000, description="Its other parameters, as in an address.", examples=["topic=Energy"])
    showing: str | None = Field(
        None, max_length=MAX_CHARACTERS, description="From an earlier answer, in place of the four above: joins events on one list."
    )


class FeedbackAnswer(BaseModel):
    """The list that the event belongs to, for further events on it."""

    showing: str


@router.post(
    "/feedback",
    tags=["feedback"],
    summary="Say what became of a result",
    status_code=202,
    dependencies=[Depends(refuse_other_sites)],
    responses=answers(None, 400, 404, 413, 422, 503) | {202: {"content": {"application/json": {"example": examples.FEEDBACK}}}},
)
async def feedback(parameters: FeedbackParameters, service: TheService) -> FeedbackAnswer:
    """Keeps a click or a mark for training. Nothing of who sends it is kept; storing it is not waited for."""
    recorder = service.recorder
    if parameters.showing is not None:
        if parameters.query is not None or parameters.shown:
            raise BadInput("showing is given together with query or shown: give one or the other.", field="showing")
        showing, sealed = recorder.seal.open(parameters.showing, today()), parameters.showing
    else:
        showing = await _described(parameters, service)
        sealed = recorder.seal.close(showing)
    _take(recorder, showing, parameters.id, parameters.event)
    return FeedbackAnswer(showing=sealed)


@router.post("/feedback/mark", include_in_schema=False, response_class=HTMLResponse, dependencies=[Depends(refuse_other_sites)])
async def mark(
    service: TheService,
    showing: Annotated[str, Form(max_length=MAX_CHARACTERS)],
    mark: Annotated[str, Form(pattern=r"^\d{1,18} (relevant|not_relevant)$")],
    back: Annotated[str, Form(max_length=8000)] = "/",
) -> RedirectResponse:
    """The buttons of the page where no script runs: keeps a mark and goes back to the result."""
    article_id, _, event = mark.partition(" ")
    recorder = service.recorder
    _take(recorder, recorder.seal.open(showing, today()), int(article_id), Event(event))
    return RedirectResponse(f"{_marked(local_path(back), article_id, event)}#hit-{article_id}", 303)


def _marked(back: str, article_id: str, event: str) -> str:
    """The page with one more mark in its address, which is where the page knows its own marks from."""
    path, _, search = back.partition("#")[0].partition("?")
    others = [pair for pair in parse_qsl(search) if not (pair[0] == MARKED_PARAMETER and pair[1].startswith(f"{article_id}-"))]
    return Address((*others, (MARKED_PARAMETER, f"{article_id}-{event}"))).at(path)


def _take(recorder: Recorder, showing: Showing, article_id: int, event: Event) -> None:
    if article_id not in showing.shown:
        raise BadInput(
            f"Article {article_id} is not among the {len(showing.shown)} that were shown: give the id of one of them.", field="id"
        )
    recorder.take(Reaction(showing, article_id, event))


async def _described(parameters: FeedbackParameters, service: Service) -> Showing:
    """The showing that the caller describes. Raises BadInput where that cannot be, NotFound for articles that are not there."""
    shown = parameters.shown
    if parameters.query is None:
        raise BadInput("query is missing: say what was searched for, or give the showing of an earlier answer.", field="query")
    query = Query(parameters.query)
    if not shown:
        raise BadInput("shown is missing: give the ids of all articles that were shown, from the top.", field="shown")
    if len(set(shown)) < len(shown):
        raise BadInput("shown has an id twice: give each article once, from the top.", field="shown")
    asked = parse_qsl(parameters.search)
    unknown = [name for name, _ in asked if name not in ASKED]
    if unknown or (parameters.search and not asked):
        known = ", ".join(ASKED)
        raise BadInput(f"search has {(unknown or [parameters.search])[0][:40]!r}: the parameters of a search are {known}.", field="search")
    missing = await run_in_threadpool(service.engine.feedback().missing, shown)
    if missing:
        others = f", nor {len(missing) - 1} others of those shown" if len(missing) > 1 else ""
        raise NotFound(f"There is no article {missing[0]} in this archive{others}.")
    overview = service.engine.overview()
    made_by = MadeBy(overview.snapshot, overview.encoder, overview.reranker)
    return service.recorder.showing(query.text, Address(tuple(asked)).query(), made_by, parameters.offset + 1, tuple(shown))
