"""What heads learn from, read from the formats that such data comes in; a bad row is refused with file and line.

TSV without quoting, CSV, JSON lines, CoNLL (token and tag), CoNLL-U, SQuAD v1.1 and v2.0, plain lines for a language model.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.fields import NAMES
from indexer.training.heads.rows import TABLES, bad_row, folded, pick, read_rows, read_text
from search.errors import BadInput
from search.heads.card import Kind, Reads
from search.text import passage_text


@dataclass(frozen=True, slots=True)
class Labelled:
    """One text, or two, with a label (classification) or a number (regression)."""

    texts: tuple[str, ...]
    target: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words with one tag each."""

    words: tuple[str, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question on a passage, with the [start, end) characters of its accepted answers; none: it has no answer."""

    question: str
    passage: str
    answers: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class MultipleChoice:
    """A question with its choices and the position of the right one."""

    question: str
    passage: str
    choices: tuple[str, ...]
    answer: int


@dataclass(frozen=True, slots=True)
class Plain:
    """A text without any label, for the language model."""

    text: str


Example = Labelled | Sentence | Question | MultipleChoice | Plain

# The usual names of columns, as folded() writes them; the first that is there is read.
_TEXT = ("text", "sentence", *NAMES["text"], *NAMES["summary"], *NAMES["title"])
_TITLE = NAMES["title"]
_FIRST = ("first", "premise", "sentence1", "text1", "claim", "question")
_SECOND = ("second", "hypothesis", "sentence2", "text2", "body", "answer", "sentence")
_LABEL = ("label", "class", "category", "topic", "section", "stance", *NAMES["topics"])
_VALUE = ("score", "value", "similarity", "rating", "label")
_CHOICES = ("choices", "options")


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of the columns to read where they are not the usual ones; ``usual_target`` is one more usual name of the label's."""

    text: str | None = None
    second: str | None = None
    target: str | None = None
    usual_target: str | None = None


def read_examples(path: Path, kind: Kind, reads: Reads = Reads.TEXT, columns: Columns | None = None) -> list[Example]:
    """All examples of a file, by its ending. Raises BadInput that names file and line."""
    ending = path.suffix.lower()
    columns = columns or Columns()
    readers: dict[Kind, Mapping[str, Callable[[], Iterator[Example]]]] = {
        Kind.TAGGING: {".conll": lambda: _conll(path), ".conllu": lambda: _conllu(path), ".txt": lambda: _conll(path)},
        Kind.SPAN: {".json": lambda: _squad(path)},
        Kind.CHOICE: {".jsonl": lambda: _choices(path)},
        Kind.MASK: {".txt": lambda: _lines(path), **{name: lambda: _plain(path, columns) for name in TABLES}},
    }
    known = readers.get(kind, {name: lambda: _labelled(path, kind, reads, columns) for name in TABLES})
    if ending not in known:
        raise BadInput(f"{path} cannot be read for {kind}: give a file ending in {', '.join(known)}.", field="train")
    examples = list(known[ending]())
    if not examples:
        raise BadInput(f"{path} holds no example: there is nothing to learn from.", field="train")
    return examples


def infer_kind(path: Path, columns: Columns) -> tuple[Kind, Reads]:
    """What a file teaches, by its ending and its columns. Raises BadInput where neither tells."""
    ending = path.suffix.lower()
    if ending in (".conll", ".conllu"):
        return Kind.TAGGING, Reads.TEXT
    if ending == ".json":
        return Kind.SPAN, Reads.PAIR
    if ending not in TABLES:
        raise BadInput(
            f"{path} does not say by its ending what it teaches: give --kind, or a file ending in .csv, .tsv, .jsonl, .conll, .conllu or "
            ".json.",
            field="train",
        )
    names = _names(path)
    if names.intersection(_CHOICES):
        return Kind.CHOICE, Reads.PAIR
    reads = infer_reads(path, columns)
    target = columns.target or next((name for name in (*_LABEL, *_VALUE) if name in names), "")
    return (Kind.REGRESSION if reads is Reads.PAIR and folded(target) in _VALUE[:-1] else Kind.CLASSIFICATION), reads


def infer_reads(path: Path, columns: Columns) -> Reads:
    """Whether the rows of a table have two texts to read, by the names of its columns."""
    names = _names(path)
    first = names if columns.text is None else {folded(columns.text)}
    paired = columns.second is not None or bool(first.intersection(_FIRST) and names.intersection(_SECOND) and "text" not in names)
    return Reads.PAIR if paired else Reads.TEXT


def _names(path: Path) -> set[str]:
    return {folded(name) for name in next(read_rows(path), (0, {}))[1]}


def _labelled(path: Path, kind: Kind, reads: Reads, columns: Columns) -> Iterator[Labelled]:
    usual = _LABEL if kind is Kind.CLASSIFICATION else _VALUE
    if columns.usual_target:
        usual = tuple(dict.fromkeys((folded(columns.usual_target), *usual)))
    for line, row in read_rows(path):
        target = pick(path, line, row, columns.target, usual, "label").strip()
        if not target:
            raise bad_row(path, line, "the label is empty")
        if kind is Kind.REGRESSION:
            try:
                if not math.isfinite(float(target)):
                    raise ValueError
            except ValueError:
                raise bad_row(path, line, f"{target!r} is not a number") from None
        if reads is Reads.PAIR:
            first = pick(path, line, row, columns.text, _FIRST, "first text")
            texts: tuple[str, ...] = (first, pick(path, line, row, columns.second, _SECOND, "second text"))
        else:
            texts = (_text_of(path, line, row, columns),)
        if not any(text.strip() for text in texts):
            raise bad_row(path, line, "the text is empty")
        yield Labelled(texts, target)


def _plain(path: Path, columns: Columns) -> Iterator[Plain]:
    for line, row in read_rows(path):
        text = _text_of(path, line, row, columns)
        if text.strip():
            yield Plain(text)


def _lines(path: Path) -> Iterator[Plain]:
    return (Plain(line) for line in read_text(path).splitlines() if line.strip())


def _text_of(path: Path, line: int, row: Mapping[str, Any], columns: Columns) -> str:
    """The text of a row; of an article, which has a title, too, what a model reads of it wherever it is searched or annotated."""
    text = pick(path, line, row, columns.text, _TEXT, "text")
    title = next((str(row[name]) for name in row if folded(name) in _TITLE and row[name]), "")
    return text if columns.text is not None or text == title else passage_text(title, text)


def _conll(path: Path) -> Iterator[Sentence]:
    return (sentence for sentence in _sentences(path, _conll_word) if sentence.words != ("-DOCSTART-",))


def _conllu(path: Path) -> Iterator[Sentence]:
    return _sentences(path, _conllu_word)


def _sentences(path: Path, word_of: Callable[[str], tuple[str, str] | None]) -> Iterator[Sentence]:
    """Sentences are parted by empty lines; ``word_of`` gives the word and tag of a line, None for a line that is no word."""
    words: list[tuple[str, str]] = []
    for line, content in enumerate([*read_text(path).split("\n"), ""], 1):
        content = content.rstrip("\r")
        if content.strip():
            try:
                word = word_of(content)
            except ValueError as error:
                raise bad_row(path, line, str(error)) from None
            if word:
                words.append(word)
        elif words:
            yield Sentence(tuple(word for word, _ in words), _as_bio([tag for _, tag in words]))
            words = []


def _as_bio(tags: Sequence[str]) -> tuple[str, ...]:
    """The tags with B-x wherever an entity begins: in other schemes (IO, IOB1) it may begin with I-x."""
    return tuple(
        f"B-{tag[2:]}" if tag.startswith("I-") and before not in (tag, f"B-{tag[2:]}") else tag
        for before, tag in zip(("O", *tags), tags, strict=False)
    )


def _conll_word(content: str) -> tuple[str, str]:
    """The first field is the word, the last its tag."""
    fields = content.split("\t") if "\t" in content else content.split()
    if len(fields) < 2 or not fields[0] or not fields[-1].strip():
        raise ValueError(f"expected a token, a tab and a tag, found {content[:60]!r}")
    return fields[0], fields[-1].strip()


def _conllu_word(content: str) -> tuple[str, str] | None:
    """Word and language-specific tag (XPOS), the universal one where there is none. Ranges ("3-4") and empty nodes ("3.1") are no words."""
    if content.startswith("#"):
        return None
    fields = content.split("\t")
    if len(fields) != 10:
        raise ValueError(f"expected ten fields parted by tabs, found {len(fields)}")
    number, word, universal, own = fields[0], fields[1], fields[3], fields[4]
    if not number.replace("-", "").replace(".", "").isdigit():
        raise ValueError(f"{number!r} is not the number of a word")
    return (word, universal if own == "_" else own) if number.isdigit() else None


def _squad(path: Path) -> Iterator[Question]:
    try:
        articles = json.loads(read_text(path))["data"]
        if not isinstance(articles, list):
            raise TypeError
    except json.JSONDecodeError as error:
        raise bad_row(path, error.lineno, f"not JSON: {error.msg}") from None
    except (KeyError, TypeError) as error:
        raise BadInput(f"{path} is not in the format of SQuAD: there is no list 'data'.", field="train") from error
    for number, article in enumerate(articles):
        place = f"{path}: article {number}"
        try:
            for paragraph in article["paragraphs"]:
                for question in paragraph["qas"]:
                    place = f"{path}: question {question.get('id', question['question'])!r}"
                    yield Question(question["question"], paragraph["context"], _answers(place, paragraph["context"], question["answers"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadInput(f"{place} is not in the format of SQuAD ({error!r}).", field="train") from error


def _answers(place: str, passage: str, answers: Sequence[Mapping[str, Any]]) -> tuple[tuple[int, int], ...]:
    """The accepted answers' characters; none for a question that cannot be answered (SQuAD v2.0)."""
    spans = []
    for answer in answers:
        start, text = int(answer["answer_start"]), str(answer["text"])
        if not text or passage[start : start + len(text)] != text:
            raise BadInput(f"{place}: the answer {text!r} is not at character {start} of its passage.", field="train")
        spans.append((start, start + len(text)))
    return tuple(dict.fromkeys(spans))


def _choices(path: Path) -> Iterator[MultipleChoice]:
    for line, named in read_rows(path):
        row = {folded(name): value for name, value in named.items()}
        try:
            choices = row["choices" if "choices" in row else "options"]
            answer = _counted(row["answer" if "answer" in row else "label"])
            question = str(row["question"])
        except (KeyError, TypeError, ValueError):
            raise bad_row(
                path, line, "expected question, choices (or options) and the place of the right one, from 0, as answer (or label)"
            ) from None
        if not isinstance(choices, list) or len(choices) < 2:
            raise bad_row(path, line, "choices must be a list of at least two texts")
        if not 0 <= answer < len(choices):
            raise bad_row(path, line, f"the right choice is {answer}, and the {len(choices)} choices are counted from 0")
        yield MultipleChoice(question, str(row.get("passage") or ""), tuple(str(choice) for choice in choices), answer)


def _counted(value: object) -> int:
    """A whole number, as such or in digits. Raises ValueError for true and false, which Python takes for numbers, and for fractions."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError
    return int(value)
