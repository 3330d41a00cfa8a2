"""What is like an article or a text."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from search.answers import SimilarAnswer
from search.errors import BadInput
from web import examples
from web.api import ArticleId, answers
from web.parameters import Parameters
from web.service import TheService

router = APIRouter()

_MOST = 100


class LikeArticleParameters(Parameters):
    """How many articles are wanted."""

    top_k: int = Field(10, ge=1, le=_MOST, description="Number of articles to return.")


class SimilarParameters(LikeArticleParameters):
    """A text, or an article by its address, id or key: one of them."""

    text: str | None = Field(None, description="A text such as an article; its first 20,000 characters count.")
    url: str | None = Field(None, max_length=10_000, description="The address of an article that is indexed.")
    id: int | None = Field(None, ge=1, le=2**63 - 1, description="Its id, as search hits give it.", examples=[17])
    key: str | None = Field(None, max_length=10_000, description="The id or URL that it was indexed under.")


@router.get(
    "/api/articles/{article_id}/similar",
    tags=["articles"],
    summary="Find what is like an article",
    responses=answers(examples.SIMILAR, 404, 422, 503),
)
async def similar_to_article(
    article_id: ArticleId, parameters: Annotated[LikeArticleParameters, Query()], service: TheService
) -> SimilarAnswer:
    """The nearest articles in meaning; `relation` tells near-duplicates and articles on the same story."""
    return SimilarAnswer.of(article_id, await service.similar(article_id, parameters.top_k))


@router.post(
    "/similar",
    tags=["articles"],
    summary="Find what is like a text or an article",
    responses=answers(examples.SIMILAR, 400, 404, 413, 422, 503),
)
async def similar(parameters: SimilarParameters, service: TheService) -> SimilarAnswer:
    """The same for a pasted text, or for an indexed article by its address, id or key."""
    given = {name: value for name in ("text", "url", "id", "key") if (value := getattr(parameters, name)) is not None}
    if len(given) != 1:
        raise BadInput(
            f"{' and '.join(given) or 'Nothing'} is given: give exactly one of text, url, id and key.", field=next(iter(given), "text")
        )
    if parameters.text is not None:
        return SimilarAnswer.of(None, await service.like_text(parameters.text, parameters.top_k))
    if parameters.id is not None:
        return SimilarAnswer.of(parameters.id, await service.similar(parameters.id, parameters.top_k))
    stored = await run_in_threadpool(service.engine.find, parameters.url or parameters.key or "")
    return SimilarAnswer.of(stored.id, await service.similar(stored.id, parameters.top_k))
