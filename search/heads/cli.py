"""The heads from the command line: classify, pair, tag, answer, fill-mask, choose, embed, heads. Each answers as the API does."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import BaseModel

from search.cli import DataOption, EncoderOption, settings_with
from search.errors import BadInput
from search.heads.features import Vector
from search.options import ANYTHING, with_filters
from search.query import Filters, Query
from search.question_answering import MOST
from search.question_cli import answer_from_archive

if TYPE_CHECKING:
    from search.heads.predictor import Predictor

JsonOption = Annotated[bool, typer.Option("--json", help="The answer of the HTTP API instead of text.")]
TextsArgument = Annotated[list[str], typer.Argument(help="Texts; - reads one from each line of standard input.")]
TaskOption = Annotated[
    str | None, typer.Option(metavar="TASK", help="Which head, where several could answer; see `broadsheet heads`.", show_default=False)
]


def classify(
    task: Annotated[str, typer.Argument(help="Such as sentiment, topic, acceptability.")],
    texts: TextsArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give each text a label."""
    from search.heads.answers import Label, Results
    from search.heads.terminal import print_labels

    given = _texts(texts)
    found = _predictor(data).classify(given, task)
    if not _printed(Results[Label](results=found), as_json):
        print_labels(given, found)


def pair(
    task: Annotated[str, typer.Argument(help="Such as nli, paraphrase, stance, similarity.")],
    first: Annotated[str, typer.Argument(help="The first text: the premise, the claim. - reads pairs from lines with a tab between.")],
    second: Annotated[str | None, typer.Argument(help="The second text: the hypothesis, the article.", show_default=False)] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two texts."""
    from search.heads.answers import Label, Results, Value
    from search.heads.terminal import print_pairs

    given = _pairs(first, second)
    predictor = _predictor(data)
    found = predictor.pair(given, task)
    if not _printed(Results[Label | Value](results=found), as_json):
        print_pairs(given, found, predictor.heads.card(task))


def tag(
    task: Annotated[str, typer.Argument(help="Such as pos or ner.")],
    texts: TextsArgument,
    words: Annotated[bool, typer.Option("--words", help="The texts are words already, with spaces between them.")] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tag every word, and find the entities."""
    from search.heads.answers import Results, TaggedAnswer
    from search.heads.terminal import print_tagged

    given, predictor = _texts(texts), _predictor(data)
    found = predictor.tag_words([text.split() for text in given], task) if words else predictor.tag(given, task)
    if not _printed(Results[TaggedAnswer](results=found), as_json):
        print_tagged([" ".join(text.split()) if words else text for text in given], found)


@with_filters
def answer(
    question: Annotated[str, typer.Argument(help="The question.")],
    passage: Annotated[
        str | None, typer.Option(help="The text that answers it, in place of the archive's articles.", show_default=False)
    ] = None,
    task: TaskOption = None,
    top_k: Annotated[
        int | None, typer.Option("--top-k", "-k", min=1, max=MOST, help="Answers from the archive; 3 when not given.", show_default=False)
    ] = None,
    filters: Filters = ANYTHING,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the words that answer a question: in the articles of the archive, or in a passage."""
    from search.heads.terminal import print_answer

    _require_words("question", question)
    if passage is None:
        answer_from_archive(Query(question, top_k=top_k or 3, filters=filters), settings_with(data=data), task, as_json=as_json)
        return
    _require_words("passage", passage)
    if filters or top_k:
        raise BadInput("Filters and --top-k are for answers from the archive: leave them out, or --passage.", field="passage")
    [found] = _predictor(data).answer([(question, passage)], task)
    if not _printed(found, as_json):
        print_answer(passage, found)


def fill_mask(
    texts: TextsArgument,
    top_k: Annotated[int, typer.Option("--top-k", "-k", min=1, max=100, help="Tokens for each mask.")] = 5,
    perplexity: Annotated[
        bool, typer.Option("--perplexity", help="Also say how surprising each text is; then a mask is not needed.")
    ] = False,
    task: TaskOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find words for [MASK]."""
    from search.heads.answers import Fillings
    from search.heads.terminal import print_fillings

    given, predictor = _texts(texts), _predictor(data)
    if perplexity:
        read = predictor.read_texts(given, task, top_k)
        found = Fillings(results=[fillings for fillings, _ in read], perplexities=[value for _, value in read])
    else:
        found = Fillings(results=predictor.fill_masks(given, task, top_k))
    if as_json:
        print(found.model_dump_json(indent=2, exclude_unset=True))  # perplexities are there where they were asked for
    else:
        print_fillings(given, found)


def choose(
    question: Annotated[str, typer.Argument(help="The question.")],
    choices: Annotated[list[str], typer.Argument(help="Two or more choices.")],
    passage: Annotated[str, typer.Option(help="The passage that the question is about.", show_default=False)] = "",
    task: TaskOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Choose among several answers."""
    from search.heads.problem import Problem
    from search.heads.terminal import print_choice

    if len(choices) < 2:
        raise BadInput("There is one choice: give at least two.", field="choices")
    _require_words("question", question)
    for choice in choices:
        _require_words("choices", choice)
    [found] = _predictor(data).choose([Problem(question, tuple(choices), passage)], task)
    if not _printed(found, as_json):
        print_choice(choices, found)


def embed(
    texts: TextsArgument,
    kind: Annotated[Vector, typer.Option(help="As the index holds it, as it is asked with, of [CLS], or of every token.")] = Vector.PASSAGE,
    data: DataOption = None,
    encoder: EncoderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Turn each text into a vector, by the encoder of the archive."""
    from search.heads.answers import Results, TokenVectorAnswer
    from search.heads.terminal import print_token_vectors, print_vectors

    given, predictor = _texts(texts), _predictor(data, encoder)
    if kind is Vector.TOKENS:
        tokens = predictor.embed_tokens(given)
        if not _printed(Results[list[TokenVectorAnswer]](results=tokens), as_json):
            print_token_vectors(tokens)
    else:
        vectors = predictor.embed(given, kind)
        if not _printed(Results[list[float]](results=vectors), as_json):
            print_vectors(given, vectors)


def heads(data: DataOption = None, as_json: JsonOption = False) -> None:
    """List the installed heads with what they answer and how good they are."""
    from search.heads.answers import CatalogueAnswer
    from search.heads.terminal import print_heads

    found = _predictor(data).catalogue()
    if not _printed(CatalogueAnswer(heads=found), as_json):
        print_heads(found)


def _predictor(data: Path | None, encoder: str | None = None) -> "Predictor":
    from search.assemble import open_predictor

    return open_predictor(settings_with(data=data, encoder=encoder))


def _texts(given: Sequence[str]) -> list[str]:
    texts = [line.rstrip("\n") for line in sys.stdin if line.strip()] if list(given) == ["-"] else list(given)
    if not texts:
        raise BadInput("Standard input has no text: write one on each line.", field="texts")
    for text in texts:
        _require_words("texts", text)
    return texts


def _pairs(first: str, second: str | None) -> list[tuple[str, str]]:
    if second is not None:
        _require_words("first", first)
        _require_words("second", second)
        return [(first, second)]
    if first != "-":
        raise BadInput("There is one text: give the second one too, or - for lines with a tab between the two.", field="second")
    pairs = []
    for number, line in enumerate(_texts(["-"]), 1):
        one, tab, other = line.partition("\t")
        if not tab:
            raise BadInput(f"Line {number} of standard input has no tab: write the two texts with a tab between them.", field="first")
        pairs.append((one, other))
    return pairs


def _require_words(field: str, text: str) -> None:
    """Raises BadInput for a text without any: a head would have an answer for that, too."""
    if not text.strip():
        raise BadInput(f"{field} has the value {text!r}, and there is nothing in it to read: give a text.", field=field)


def _printed(found: BaseModel, as_json: bool) -> bool:
    if as_json:
        print(found.model_dump_json(indent=2))
    return as_json
