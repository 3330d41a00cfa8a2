"""The heads as endpoints: each parses, puts its texts into the queue of the models and maps the answer."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool

from search.answers import FindingsAnswer
from search.heads.answers import (
    CatalogueAnswer,
    ChoiceAnswer,
    Fillings,
    Label,
    Results,
    SpanAnswer,
    TaggedAnswer,
    TokenVectorAnswer,
    Value,
)
from search.heads.features import Vector
from web import head_examples as examples
from web.answering import TheAnswering
from web.answers import ErrorAnswer
from web.api import answers
from web.service import TheService
from web.texts import (
    AnswerParameters,
    ChooseParameters,
    ClassifyParameters,
    EmbedParameters,
    FillMaskParameters,
    PairParameters,
    TagParameters,
)

router = APIRouter(tags=["heads"])

_NO_HEAD = {
    "error": "There is no head for the task 'mood'; installed: ner, sentiment. Train one with `broadsheet train head TASK`.",
}
_MISSING = {
    "model": ErrorAnswer,
    "description": "There is no head for the task, the answer says which there are; or the heads are turned off.",
    "content": {"application/json": {"example": _NO_HEAD}},
}


def _answers(example: Mapping[str, Any]) -> dict[int | str, dict[str, Any]]:
    return {**answers(example, 400, 413, 422, 503), 404: _MISSING}


@router.get("/heads", summary="Which heads are installed", responses={**answers(examples.HEADS), 404: _MISSING})
async def heads(service: TheService) -> CatalogueAnswer:
    """Each with its endpoint, its labels, how good it is on texts that it has not seen, and what others report."""
    return CatalogueAnswer(heads=await run_in_threadpool(service.heads.catalogue))


@router.post("/classify", summary="Label texts", responses=_answers(examples.LABELS))
async def classify(parameters: ClassifyParameters, service: TheService) -> Results[Label]:
    """The most probable label of each text, and the probability of every label."""
    return Results(results=await service.ask("/classify", service.heads.classify, parameters.texts, parameters.task))


@router.post("/pair", summary="Compare pairs of texts", responses=_answers(examples.PAIRS))
async def pair(parameters: PairParameters, service: TheService) -> Results[Label | Value]:
    """A label for each pair (nli, paraphrase, stance) or a number, `value` (similarity, from 0 to 5)."""
    return Results(results=await service.ask("/pair", service.heads.pair, parameters.pairs, parameters.task))


@router.post("/tag", summary="Tag words and find names", responses=_answers(examples.TAGGED))
async def tag(parameters: TagParameters, service: TheService) -> Results[TaggedAnswer]:
    """A tag for every word with its characters in the text; where the tags are of names, the names too."""
    if parameters.words is not None:
        return Results(results=await service.ask("/tag", service.heads.tag_words, parameters.words, parameters.task))
    return Results(results=await service.ask("/tag", service.heads.tag, parameters.texts or [], parameters.task))


@router.post("/answer", summary="Answer a question", responses=_answers(examples.ANSWER))
async def answer(parameters: AnswerParameters, service: TheService, answering: TheAnswering) -> SpanAnswer | FindingsAnswer:
    """The words of the passage that answer the question; `answer` is null when there are none.

    Without a passage the archive is searched and the best articles are read: `answers` are the best spans with their articles, the
    sentences around them and their places in the article's text; there are none when the articles that were read have none.
    """
    if parameters.passage is None:
        return FindingsAnswer.of(await answering.find_answers(parameters.query()))
    [found] = await service.ask("/answer", service.heads.answer, [(parameters.question, parameters.passage)], parameters.task)
    return found


@router.post("/fill-mask", summary="Find missing words", response_model_exclude_unset=True, responses=_answers(examples.FILLINGS))
async def fill_mask(parameters: FillMaskParameters, service: TheService) -> Fillings:
    """The likeliest tokens for each [MASK], best first; those of several masks of one text follow each other. "##s" continues a word."""
    if not parameters.perplexity:
        found = await service.ask("/fill-mask", service.heads.fill_masks, parameters.texts, parameters.task, parameters.top_k)
        return Fillings(results=found)
    read = await service.ask("/fill-mask", service.heads.read_texts, parameters.texts, parameters.task, parameters.top_k)
    return Fillings(results=[fillings for fillings, _ in read], perplexities=[value for _, value in read])


@router.post("/choose", summary="Choose among answers", responses=_answers(examples.CHOICE))
async def choose(parameters: ChooseParameters, service: TheService) -> ChoiceAnswer:
    """The position of the best choice, from 0, and the probability of each."""
    [found] = await service.ask("/choose", service.heads.choose, [parameters.problem()], parameters.task)
    return found


@router.post("/embed", summary="Turn texts into vectors", responses=_answers(examples.VECTORS))
async def embed(parameters: EmbedParameters, service: TheService) -> Results[list[float]] | Results[list[TokenVectorAnswer]]:
    """A vector for each text, or for each of its tokens, by the encoder that searches. Passages and queries have length 1."""
    if parameters.kind is Vector.TOKENS:
        return Results(results=await service.ask("/embed", service.heads.embed_tokens, parameters.texts))
    return Results(results=await service.ask("/embed", service.heads.embed, parameters.texts, parameters.kind))
