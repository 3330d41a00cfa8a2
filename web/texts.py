"""What a request to the heads may say: texts, pairs, words, a question; checked once at the edge.

Unlike in a search nothing that is blank is taken for "not given": the answers have to stand in the order of the texts.
"""

import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from search.errors import BadInput
from search.heads.features import Vector
from search.heads.problem import Problem
from search.query import Query
from search.question_answering import MOST
from web.parameters import Conditions, refuse_unknown

MAX_TEXTS = 256
MAX_SLOW_TEXTS = 16
"""Texts of which each token costs as much as a text, or is answered."""
MAX_MASKS = 256
MAX_SLOW_CHARACTERS = 10_000
"""Of the texts whose perplexity is asked for: every token of them takes a pass of its own."""
MAX_WORDS = 2_000
MAX_CHOICES = 20
MAX_CHARACTERS = 100_000


_SURROGATE = re.compile("[\ud800-\udfff]")


def _with_words(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank_text", "there is nothing in it to read")
    if "\0" in text:
        raise PydanticCustomError("nul", "it contains a NUL character, take that out")
    if not text.isascii() and _SURROGATE.search(text):
        raise PydanticCustomError("string_unicode", "it contains a lone surrogate")
    return text


def _one_as_list(given: Any) -> Any:
    return [given] if isinstance(given, str) else given


def _one_list_as_list(given: Any) -> Any:
    return [given] if isinstance(given, list) and given and all(isinstance(one, str) for one in given) else given


Text = Annotated[str, AfterValidator(_with_words)]
Texts = Annotated[list[Text], BeforeValidator(_one_as_list), Field(min_length=1, max_length=MAX_TEXTS)]
Pairs = Annotated[list[tuple[Text, Text]], BeforeValidator(_one_list_as_list), Field(min_length=1, max_length=MAX_TEXTS)]
Words = Annotated[list[Text], Field(min_length=1, max_length=MAX_WORDS)]
Sentences = Annotated[list[Words], BeforeValidator(_one_list_as_list), Field(min_length=1, max_length=MAX_TEXTS)]
Choices = Annotated[list[Text], Field(min_length=2, max_length=MAX_CHOICES)]
Task = Annotated[str, StringConstraints(min_length=1, max_length=100)]
_LIMITS = f"At most {MAX_TEXTS}, of {MAX_CHARACTERS:,} characters together; one need not be in a list."
_ONLY = "Which head; not needed as long as one of the kind is installed."


class HeadParameters(BaseModel):
    """Base of all requests to the heads: refuses unknown names, and more text than can be read while others wait."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: Any) -> Any:
        refuse_unknown(given, cls)
        return given

    @model_validator(mode="after")
    def _within_limits(self) -> Self:
        characters = {name: _characters(value) for name, value in self}
        if sum(characters.values()) > MAX_CHARACTERS:
            longest = max(characters, key=lambda name: characters[name])
            raise BadInput(
                f"The request has {sum(characters.values()):,} characters of text: give at most {MAX_CHARACTERS:,} at a time.",
                field=longest,
            )
        return self


class ClassifyParameters(HeadParameters):
    """Texts and what is asked about them."""

    task: Task = Field(description="Which head: sentiment, topic, acceptability … as `/heads` lists them.", examples=["sentiment"])
    texts: Texts = Field(description=f"Texts. {_LIMITS}", examples=[["The harbour festival was a joy."]])


class PairParameters(HeadParameters):
    """Pairs of texts and what is asked about them."""

    task: Task = Field(description="Which head: nli, paraphrase, stance, similarity … as `/heads` lists them.", examples=["nli"])
    pairs: Pairs = Field(
        description=f"Two texts each, the premise or claim first. {_LIMITS}",
        examples=[[["Refiners cut output by a third.", "Output has fallen."]]],
    )


class TagParameters(HeadParameters):
    """Texts, or texts that are words already."""

    task: Task = Field(description="Which head: pos, ner … as `/heads` lists them.", examples=["ner"])
    texts: Texts | None = Field(None, description=f"Texts. {_LIMITS}", examples=[["Ines Okafor left Lagos for the Harbour Gazette."]])
    words: Sentences | None = Field(
        None, description="In place of texts: each a list of words; offsets count in the words joined by spaces."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.texts is None) == (self.words is None):
            given = "Both texts and words are" if self.texts else "Neither texts nor words are"
            raise BadInput(f"{given} given: give one of them.", field="texts")
        return self


_ASKED: JsonDict = {
    "question": "Who expects the oil market to recover slowly?",
    "passage": "The manager of the largest plant expects the oil market to recover slowly.",
}


class QuestionParameters(HeadParameters):
    """A question, and how it is answered."""

    question: Text = Field(description="The question.", examples=[_ASKED["question"]])
    passage: Text | None = Field(
        None,
        description=f"The text to read, of at most {MAX_CHARACTERS:,} characters; without it the articles are searched and read.",
        examples=[_ASKED["passage"]],
    )
    task: Task | None = Field(None, description=_ONLY)
    top_k: int = Field(3, ge=1, le=MOST, description="Answers from the archive.", examples=[3])


class AnswerParameters(Conditions, QuestionParameters):
    """A question, and what is to answer it: a passage, or the archive's articles that meet the conditions."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ASKED]})

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        further = self.model_fields_set - {"question", "passage", "task"}
        if self.passage is not None and further:
            name = min(further)
            raise BadInput(f"{name} says which articles are read, and passage what is read instead: give one of the two.", field=name)
        if self.passage is None and self.task is not None:
            raise BadInput("task is for a question with a passage: leave it out where the archive is asked.", field="task")
        return self

    def query(self) -> Query:
        """The question to the archive. Raises BadInput for what no search could answer."""
        try:
            return Query(
                self.question, top_k=self.top_k, mode=self.mode, rerank=self.rerank, filters=self.filters(), half_life_days=self.half_life
            )
        except BadInput as error:
            raise BadInput(str(error), field="question" if error.field == "q" else error.field) from error


class FillMaskParameters(HeadParameters):
    """Texts in which words are missing."""

    texts: Texts = Field(
        description=f"Texts with [MASK] where a word is missing, at most {MAX_MASKS} in all. {_LIMITS}",
        examples=[["Oil [MASK] rose again on Friday."]],
    )
    top_k: int = Field(5, ge=1, le=100, description="Tokens for each mask.", examples=[3])
    perplexity: bool = Field(
        False,
        description="Also say how surprising each text is (pseudo-perplexity, from 1), with or without a mask; "
        f"for at most {MAX_SLOW_TEXTS} texts, of {MAX_SLOW_CHARACTERS:,} characters together.",
    )
    task: Task | None = Field(None, description=_ONLY)

    @model_validator(mode="after")
    def _few_enough(self) -> Self:
        masks = sum(text.count("[MASK]") for text in self.texts)
        if masks > MAX_MASKS:
            raise BadInput(f"texts has {masks:,} masks: give at most {MAX_MASKS} at a time.", field="texts")
        if self.perplexity:
            _refuse_many(self.texts, "with perplexity")
            if (characters := _characters(self.texts)) > MAX_SLOW_CHARACTERS:
                raise BadInput(
                    f"texts has {characters:,} characters: with perplexity give at most {MAX_SLOW_CHARACTERS:,} at a time.", field="texts"
                )
        return self


class ChooseParameters(HeadParameters):
    """A question with possible answers."""

    question: Text = Field(description="The question.", examples=["Why was output cut?"])
    choices: Choices = Field(description=f"2 to {MAX_CHOICES} answers.", examples=[["Demand fell.", "A pipe broke."]])
    passage: Text | None = Field(
        None, description="The text that the question is about, if any.", examples=["Refiners cut output as demand for petrol collapsed."]
    )
    task: Task | None = Field(None, description=_ONLY)

    def problem(self) -> Problem:
        """The same as a value."""
        return Problem(self.question, tuple(self.choices), self.passage or "")


class EmbedParameters(HeadParameters):
    """Texts of which vectors are wanted."""

    texts: Texts = Field(description=f"Texts. {_LIMITS}", examples=[["Refiners cut output"]])
    kind: Vector = Field(
        Vector.PASSAGE,
        description="As the index holds passages, as it is asked with a query, the last state of [CLS], or those of all tokens "
        f"(for at most {MAX_SLOW_TEXTS} texts).",
        examples=["passage"],
    )

    @model_validator(mode="after")
    def _few_enough(self) -> Self:
        if self.kind is Vector.TOKENS:
            _refuse_many(self.texts, "with kind tokens")
        return self


def _refuse_many(texts: list[str], asked: str) -> None:
    """Raises BadInput for more texts than can be answered token by token while others wait."""
    if len(texts) > MAX_SLOW_TEXTS:
        raise BadInput(f"texts has {len(texts)} values: {asked} give at most {MAX_SLOW_TEXTS}.", field="texts")


def _characters(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    return sum(map(_characters, value)) if isinstance(value, list | tuple) else 0
