"""Questions to the articles: the answers above the results, and what an article makes of a claim."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from pydantic import Field

from web.answering import TheAnswering
from web.answers import StanceAnswer
from web.api import ArticleId, answers
from web.pages import MAX_CLAIM, ShownParameters, TheView, question_of, shown_parameters
from web.parameters import Parameters
from web.rendering import answers_fragment
from web.service import TheService

router = APIRouter()

_STANCE: Mapping[str, Any] = {
    "id": 17,
    "claim": "The oil market will recover soon.",
    "label": "disagree",
    "clear": True,
    "probabilities": {"agree": 0.08, "disagree": 0.71, "discuss": 0.19, "unrelated": 0.02},
    "sentence": {"text": "“We have never seen anything like it,” said the manager of the largest plant.", "start": 229, "end": 306},
}


class ClaimParameters(Parameters):
    """What an article may support or dispute."""

    claim: str = Field(max_length=MAX_CLAIM, description="A claim, as a sentence.", examples=["The harbour will be closed for good."])


@router.post(
    "/api/articles/{article_id}/stance",
    tags=["articles"],
    summary="Ask an article about a claim",
    responses=answers(_STANCE, 400, 404, 413, 422, 503),
)
async def stance(article_id: ArticleId, parameters: ClaimParameters, service: TheService, answering: TheAnswering) -> StanceAnswer:
    """Whether it agrees with the claim, disagrees, discusses it or is about something else, and the sentence that is closest to it."""
    stored = await run_in_threadpool(service.engine.article, article_id)
    return StanceAnswer.of(stored, parameters.claim, await answering.stance(parameters.claim, stored))


@router.get("/answers", include_in_schema=False, response_class=HTMLResponse)
async def fragment(view: TheView, parameters: Annotated[ShownParameters, Depends(shown_parameters)], answering: TheAnswering) -> str:
    """The answers to a question as the part of the page that a script puts above the results."""
    return answers_fragment(view, await answering.find_answers(question_of(parameters)))
