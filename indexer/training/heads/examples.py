"""What heads learn from, read from the formats that such data comes in; a bad row is refused with file and line.

TSV without quoting, CSV, JSON lines, CoNLL (token and tag), CoNLL-U, SQuAD v1.1 and v2.0.
"""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.errors import BadInput
from search.heads.card import Kind, Reads


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

_TEXT = ("text", "sentence", "content", "body", "title")
_FIRST = ("first", "premise", "sentence1", "text1", "claim", "question")
_SECOND = ("second", "hypothesis", "sentence2", "text2", "body", "answer", "sentence")
_LABEL = ("label", "class", "category", "topic", "section", "stance")
_VALUE = ("score", "value", "similarity", "label")


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of the columns to read where they are not the usual ones."""

    text: str | None = None
    second: str | None = None
    target: str | None = None


def read_examples(path: Path, kind: Kind, reads: Reads = Reads.TEXT, columns: Columns | None = None) -> list[Example]:
    """All examples of a file, by its ending. Raises BadInput that names file and line."""
    ending = "".join(path.suffixes[-1:]).lower()
    readers: dict[Kind, Mapping[str, Callable[[], Iterator[Example]]]] = {
        Kind.TAGGING: {".conll": lambda: _conll(path), ".conllu": lambda: _conllu(path), ".txt": lambda: _conll(path)},
        Kind.SPAN: {".json": lambda: _squad(path)},
        Kind.CHOICE: {".jsonl": lambda: _choices(path)},
    }
    labelled = {name: (lambda: _labelled(path, kind, reads, columns or Columns())) for name in (".tsv", ".csv", ".jsonl")}
    known = readers.get(kind, labelled)
    if ending not in known:
        raise BadInput(f"{path} cannot be read for {kind}: give a file ending in {', '.join(known)}.", field="train")
    examples = list(known[ending]())
    if not examples:
        raise BadInput(f"{path} holds no example: there is nothing to learn from.", field="train")
    return examples


def _labelled(path: Path, kind: Kind, reads: Reads, columns: Columns) -> Iterator[Labelled]:
    for line, row in _rows(path):
        target = _pick(path, line, row, columns.target, _LABEL if kind is Kind.CLASSIFICATION else _VALUE, "label")
        if kind is Kind.REGRESSION:
            try:
                float(target)
            except ValueError:
                raise _bad(path, line, f"{target!r} is not a number") from None
        first = _pick(path, line, row, columns.text, _TEXT if reads is Reads.TEXT else _FIRST, "text")
        texts: tuple[str, ...] = (first,)
        if reads is Reads.PAIR:
            texts = (first, _pick(path, line, row, columns.second, _SECOND, "second text"))
        if not any(text.strip() for text in texts):
            raise _bad(path, line, "the text is empty")
        yield Labelled(texts, target.strip())


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows with their line numbers."""
    text = _text(path)
    if path.suffix.lower() == ".jsonl":
        for line, content in enumerate(text.splitlines(), 1):
            if content.strip():
                yield line, _object(path, line, content)
        return
    table = path.suffix.lower() == ".tsv"
    # A TSV here has neither quotes nor escapes; a CSV has both, and one unclosed quote must not swallow the rest in silence.
    if table:
        reader = csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    else:
        csv.field_size_limit(10_000_000)
        reader = csv.reader(text.splitlines(keepends=True), strict=True)
    try:
        header = next(reader, None)
        if not header:
            raise BadInput(f"{path} is empty: its first line must name the columns.", field="train")
        for row in reader:
            if len(row) != len(header):
                raise _bad(path, reader.line_num, f"{len(row)} fields, the header names {len(header)}")
            yield reader.line_num, dict(zip(header, row, strict=True))
    except csv.Error as error:
        raise _bad(path, reader.line_num, str(error)) from error


def _pick(path: Path, line: int, row: Mapping[str, Any], asked: str | None, usual: Sequence[str], what: str) -> str:
    names = {name.casefold(): name for name in row}
    found = asked if asked is not None else next((names[name] for name in usual if name in names), None)
    if found is None or row.get(found) is None:
        raise _bad(path, line, f"no {what}: its column is called {' or '.join([asked] if asked else usual)}; there is {', '.join(row)}")
    return str(row[found])


def _conll(path: Path) -> Iterator[Sentence]:
    words: list[str] = []
    tags: list[str] = []
    for line, content in enumerate([*_text(path).split("\n"), ""], 1):
        content = content.rstrip("\r")
        if content.strip():
            fields = content.split("\t") if "\t" in content else content.split()
            if len(fields) < 2 or not fields[-1]:
                raise _bad(path, line, f"expected a token, a tab and a tag, found {content!r}")
            words.append(fields[0])
            tags.append(fields[-1])
        elif words:
            yield Sentence(tuple(words), tuple(tags))
            words, tags = [], []


def _conllu(path: Path) -> Iterator[Sentence]:
    """Words with their language-specific tag (XPOS). Ranges ("3-4") and empty nodes ("3.1") are no words."""
    words: list[str] = []
    tags: list[str] = []
    for line, content in enumerate([*_text(path).split("\n"), ""], 1):
        content = content.rstrip("\r")
        if content.startswith("#"):
            continue
        if not content.strip():
            if words:
                yield Sentence(tuple(words), tuple(tags))
            words, tags = [], []
            continue
        fields = content.split("\t")
        if len(fields) != 10:
            raise _bad(path, line, f"expected ten fields parted by tabs, found {len(fields)}")
        if fields[0].isdigit():
            words.append(fields[1])
            tags.append(fields[4])


def _squad(path: Path) -> Iterator[Question]:
    try:
        articles = json.loads(_text(path))["data"]
        for article in articles:
            for paragraph in article["paragraphs"]:
                passage = paragraph["context"]
                for question in paragraph["qas"]:
                    spans = []
                    for answer in question["answers"]:
                        start, text = int(answer["answer_start"]), answer["text"]
                        if passage[start : start + len(text)] != text:
                            raise BadInput(
                                f"{path}: the answer {text!r} of question {question.get('id')!r} is not at character {start}.",
                                field="train",
                            )
                        spans.append((start, start + len(text)))
                    yield Question(question["question"], passage, tuple(dict.fromkeys(spans)))
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"{path} is not in the format of SQuAD ({error!r}).", field="train") from error


def _choices(path: Path) -> Iterator[MultipleChoice]:
    for line, content in enumerate(_text(path).splitlines(), 1):
        if not content.strip():
            continue
        row = _object(path, line, content)
        try:
            choices = tuple(str(choice) for choice in row["choices" if "choices" in row else "options"])
            answer = int(row["answer" if "answer" in row else "label"])
            if not 0 <= answer < len(choices):
                raise _bad(path, line, f"the right choice is {answer}, there are {len(choices)}")
            yield MultipleChoice(str(row["question"]), str(row.get("passage") or ""), choices, answer)
        except (KeyError, TypeError, ValueError) as error:
            raise _bad(path, line, "expected question, choices (or options) and answer (or label)") from error


def _object(path: Path, line: int, content: str) -> dict[str, Any]:
    try:
        row = json.loads(content)
    except ValueError as error:
        raise _bad(path, line, f"not JSON: {error}") from None
    if not isinstance(row, dict):
        raise _bad(path, line, "not a JSON object")
    return row


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}).", field="train") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 (byte {error.start}).", field="train") from error


def _bad(path: Path, line: int, why: str) -> BadInput:
    return BadInput(f"{path}:{line}: {why}.", field="train")
