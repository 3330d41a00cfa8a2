"""The page on which each head can be tried. It works without JavaScript, and an address holds a trial with its text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from pydantic import Field

from search.errors import BadInput, NotFound
from search.heads.answers import Label, TaggedAnswer, Value
from search.heads.card import HeadCard, Kind, Reads
from search.heads.problem import Problem
from web.pages import TheView
from web.parameters import Parameters
from web.rendering import MAX_TRIED, Share, Trial, WordPiece, lab_page
from web.service import Service, TheService
from web.texts import MAX_CHOICES

_FILLINGS = 5
_SHOWN_LABELS = 12

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_Tried = Annotated[str, Field(max_length=MAX_TRIED)]
_PASSAGE = "Storage tanks at the harbour are nearly full, and three tankers have been told to wait at anchor until there are buyers."
_EXAMPLES: Mapping[str, Mapping[str, str]] = {
    Reads.TEXT: {"text": "The new ferry is fast, quiet and a pleasure to travel on."},
    Kind.TAGGING: {"text": "Anna Keller of the Harbour Gazette flew from Lagos to Rotterdam on Friday to report on the refinery."},
    Kind.MASK: {"text": "Oil [MASK] rose again on Friday after the producers agreed to cut output."},
    Kind.SPAN: {
        "question": "How many tankers were told to wait?",
        "passage": _PASSAGE,
    },
    Kind.CHOICE: {
        "question": "Why do the tankers wait?",
        "passage": _PASSAGE,
        "choices": "There is no room for their oil.\nTheir crews are on strike.\nA storm is coming.",
    },
    Reads.PAIR: {"text": "Three tankers wait at anchor because the tanks of the harbour are full.", "second": "Some ships cannot unload."},
    "acceptability": {"text": "The minister have opened the new bridge yesterday."},
}
_PARTS_OF_SPEECH = {"N": 1, "V": 2, "J": 3, "R": 3}  # the first letters of Penn Treebank tags that are told apart by colour
_COLOURS = 4


class LabParameters(Parameters):
    """Which head is tried on what; which of the texts it needs is the head's own affair."""

    head: str | None = Field(None, max_length=100)
    text: _Tried | None = None
    second: _Tried | None = None
    question: _Tried | None = None
    passage: _Tried | None = None
    choices: _Tried | None = None
    lang: str | None = Field(None, max_length=35)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A head and the texts that were given to it, by the names of the form's fields."""

    card: HeadCard
    texts: Mapping[str, str]


@router.get("/lab")
async def lab(view: TheView, parameters: Annotated[LabParameters, Query()], service: TheService) -> HTMLResponse:
    """Every installed head with a form, and what it answers when the form is filled in."""
    cards = await run_in_threadpool(service.heads.cards)
    card = next((one for one in cards if one.task == parameters.head), None)
    if parameters.head and card is None:
        raise NotFound(f"There is no head for the task {parameters.head!r}: /lab has those that are installed.")
    card = card or next(iter(cards), None)
    if card is None:
        return HTMLResponse(lab_page(view, cards))
    given = {name: value for name in fields_of(card) if (value := getattr(parameters, name))}
    if not given:
        return HTMLResponse(lab_page(view, cards, Trial(card, example_of(card))))
    texts = {name: given.get(name, "") for name in fields_of(card)}
    try:
        return HTMLResponse(lab_page(view, cards, await _trial(service, _Asked(card, texts))))
    except BadInput as error:
        return HTMLResponse(lab_page(view, cards, Trial(card, texts, problem=str(error))), 422)


def fields_of(card: HeadCard) -> tuple[str, ...]:
    """The names of the texts that a head reads."""
    match card.kind:
        case Kind.SPAN:
            return ("question", "passage")
        case Kind.CHOICE:
            return ("question", "passage", "choices")
        case _:
            return ("text", "second") if card.reads is Reads.PAIR else ("text",)


def example_of(card: HeadCard) -> Mapping[str, str]:
    """Texts to begin with, by the names of the form's fields."""
    known = next((_EXAMPLES[name] for name in (card.task, card.kind, card.reads) if name in _EXAMPLES), {})
    return {name: known.get(name, "") for name in fields_of(card)}


async def _trial(service: Service, asked: _Asked) -> Trial:
    card, texts = asked.card, asked.texts
    missing = next((name for name in fields_of(card) if not texts[name] and (card.kind, name) != (Kind.CHOICE, "passage")), None)
    if missing:
        raise BadInput(f"{missing} is empty: the head for {card.task} needs it.", field=missing)
    heads = service.heads
    match card.kind:
        case Kind.TAGGING:
            [tagged] = await service.ask(card.endpoint, heads.tag, [texts["text"]], card.task)
            return Trial(card, texts, pieces=list(word_pieces(texts["text"], tagged, card.labels)), entities=tagged.entities)
        case Kind.SPAN:
            [span] = await service.ask(card.endpoint, heads.answer, [(texts["question"], texts["passage"])], card.task)
            return Trial(card, texts, span=span)
        case Kind.CHOICE:
            choices = [line.strip() for line in texts["choices"].splitlines() if line.strip()]
            if not 2 <= len(choices) <= MAX_CHOICES:
                raise BadInput(f"Give 2 to {MAX_CHOICES} choices, each on a line of its own, instead of {len(choices)}.", field="choices")
            problem = Problem(texts["question"], tuple(choices), texts["passage"])
            [chosen] = await service.ask(card.endpoint, heads.choose, [problem], card.task)
            return Trial(card, texts, distributions=[list(map(Share, choices, chosen.probabilities))])
        case Kind.MASK:
            [fillings] = await service.ask(card.endpoint, heads.fill_masks, [texts["text"]], card.task, _FILLINGS)
            shares = [Share(one.token, one.probability) for one in fillings]
            return Trial(card, texts, distributions=[shares[first : first + _FILLINGS] for first in range(0, len(shares), _FILLINGS)])
    found: Label | Value
    if card.reads is Reads.PAIR:
        [found] = await service.ask(card.endpoint, heads.pair, [(texts["text"], texts["second"])], card.task)
    else:
        [found] = await service.ask(card.endpoint, heads.classify, [texts["text"]], card.task)
    if isinstance(found, Value):
        return Trial(card, texts, value=found.value)
    shares = sorted((Share(label, share) for label, share in found.probabilities.items()), key=lambda one: -one.share)
    return Trial(card, texts, distributions=[shares[:_SHOWN_LABELS]])


def word_pieces(text: str, tagged: TaggedAnswer, labels: Sequence[str]) -> Iterator[WordPiece]:
    """The text in order, cut into names where the tags are of names, else into words; what lies between has no tag."""
    names = sorted({label[2:] for label in labels if label[:2] in ("B-", "I-")})
    if names:
        marks = [
            (one.start, one.end, one.type, names.index(one.type) % _COLOURS + 1 if one.type in names else 1) for one in tagged.entities
        ]
    else:
        marks = [(one.start, one.end, one.tag, _PARTS_OF_SPEECH.get(one.tag[:1], 0)) for one in tagged.tokens]
    position = 0
    for start, end, tag, colour in marks:
        if position < start:
            yield WordPiece(text[position:start])
        yield WordPiece(text[start:end], tag, colour)
        position = end
    if position < len(text):
        yield WordPiece(text[position:])
