"""What heads learn from is read from every format that such data comes in, and a bad row is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from indexer.training.heads.examples import (
    Columns,
    Example,
    Labelled,
    MultipleChoice,
    Plain,
    Question,
    Sentence,
    infer_kind,
    infer_reads,
    read_examples,
)
from search.errors import BadInput
from search.heads.card import Kind, Reads

CLASSES = (Kind.CLASSIFICATION, Reads.TEXT)


def _squad(*questions: dict[str, Any], context: str = "Oil fell in May.") -> str:
    return json.dumps({"version": "v2.0", "data": [{"title": "oil", "paragraphs": [{"context": context, "qas": list(questions)}]}]})


READ: list[tuple[str, str, tuple[Kind, Reads], list[Example]]] = [
    ("a.tsv", 'text\tlabel\n"So," he said\t1\nNo.\t0\n', CLASSES, [Labelled(('"So," he said',), "1"), Labelled(("No.",), "0")]),
    ("a.tsv", "text\tlabel\r\nNo.\t0\r\n", CLASSES, [Labelled(("No.",), "0")]),
    ("a.csv", 'text,label\n"one\ntwo, ""three""",x\n', CLASSES, [Labelled(('one\ntwo, "three"',), "x")]),
    ("a.csv", "\ufeffHeadline;Body;Section Name\nBudget passed;The house voted.;Politics\n", CLASSES,
     [Labelled(("Budget passed\nThe house voted.",), "Politics")]),
    ("a.csv", "title,section\nBudget passed,Politics\n", CLASSES, [Labelled(("Budget passed",), "Politics")]),
    ("a.jsonl", '{"text": "one\u2028two", "label": 3}\n\n{"text": "x", "topics": ["y"], "label": 4}\n', CLASSES,
     [Labelled(("one\u2028two",), "3"), Labelled(("x",), "4")]),
    ("a.jsonl", '{"title": "T", "text": "x", "topics": ["y"]}\n', CLASSES, [Labelled(("T\nx",), "y")]),
    ("a.tsv", "premise\thypothesis\tlabel\nA\tB\tno\n", (Kind.CLASSIFICATION, Reads.PAIR), [Labelled(("A", "B"), "no")]),
    ("a.tsv", "sentence1\tsentence2\tscore\nA\tB\t2.5\n", (Kind.REGRESSION, Reads.PAIR), [Labelled(("A", "B"), "2.5")]),
    ("a.jsonl", '{"question": "q", "passage": "p", "choices": ["a", "b"], "answer": 1}', (Kind.CHOICE, Reads.PAIR),
     [MultipleChoice("q", "p", ("a", "b"), 1)]),
    ("a.jsonl", '{"question": "q", "options": ["a", "b"], "label": "0"}', (Kind.CHOICE, Reads.PAIR),
     [MultipleChoice("q", "", ("a", "b"), 0)]),
    ("a.conll", "-DOCSTART- -X- O\n\nJohn\tB-PER\nran\tO\n\n\nNo\tO", (Kind.TAGGING, Reads.TEXT),
     [Sentence(("John", "ran"), ("B-PER", "O")), Sentence(("No",), ("O",))]),
    ("a.conll", "John NNP B-PER\n", (Kind.TAGGING, Reads.TEXT), [Sentence(("John",), ("B-PER",))]),
    ("a.conllu", "# text = don't\n1-2\tdon't\t_\t_\t_\t_\t_\t_\t_\t_\n1\tdo\tdo\tAUX\tVBP\t_\t0\troot\t_\t_\n"
     "2\tn't\tnot\tPART\t_\t_\t1\tadvmod\t_\t_\n2.1\tgo\t_\t_\t_\t_\t_\t_\t_\t_\n\n", (Kind.TAGGING, Reads.TEXT),
     [Sentence(("do", "n't"), ("VBP", "PART"))]),
    ("a.json", _squad({"id": "1", "question": "When?", "answers": [{"answer_start": 12, "text": "May"}] * 2},
                      {"id": "2", "question": "Why?", "is_impossible": True, "answers": []}), (Kind.SPAN, Reads.PAIR),
     [Question("When?", "Oil fell in May.", ((12, 15),)), Question("Why?", "Oil fell in May.", ())]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "kind", "expected"), READ)
def test_a_file_says_what_it_teaches(name: str, content: str, kind: tuple[Kind, Reads], expected: list[Example], tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8", newline="")
    assert infer_kind(path, Columns()) == kind
    assert read_examples(path, *kind) == expected


def test_the_columns_of_choices_are_found_in_any_case(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"Question": "q", "Passage": "p", "Options": ["a", "b"], "Label": 1}\n')
    assert infer_kind(path, Columns()) == (Kind.CHOICE, Reads.PAIR)
    assert read_examples(path, Kind.CHOICE) == [MultipleChoice("q", "p", ("a", "b"), 1)]


def test_the_text_that_is_named_says_whether_it_is_one_of_two(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("claim,headline,body,stance\nC,H,B,agree\n")
    found = {name: infer_reads(path, Columns(text=name)) for name in (None, "Claim", "headline", "body")}
    assert found == {None: Reads.PAIR, "Claim": Reads.PAIR, "headline": Reads.TEXT, "body": Reads.TEXT}


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("title,text,lead,Desk\nT,B,L,Home\n")
    read = [read_examples(path, *CLASSES, columns) for columns in (Columns("lead", target="desk"), Columns(usual_target="desk"))]
    assert read == [[Labelled(("L",), "Home")], [Labelled(("T\nB",), "Home")]]
    assert infer_kind(path, Columns("title", "lead", "desk")) == (Kind.CLASSIFICATION, Reads.PAIR)
    assert read_examples(path, Kind.CLASSIFICATION, Reads.PAIR, Columns("title", "lead", "Desk")) == [Labelled(("T", "L"), "Home")]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("I-PER I-PER O I-LOC", "B-PER I-PER O B-LOC"),  # IO
        ("I-PER B-PER I-LOC I-LOC", "B-PER B-PER B-LOC I-LOC"),  # IOB1: B only where two of a kind meet
        ("B-PER I-PER O B-LOC", "B-PER I-PER O B-LOC"),
    ],
)
def test_entities_begin_with_b_whatever_scheme_a_file_has(tags: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text("".join(f"word\t{tag}\n" for tag in tags.split()))
    assert read_examples(path, Kind.TAGGING) == [Sentence(("word",) * 4, tuple(expected.split()))]


def test_a_language_model_reads_any_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\n\ntwo\n")
    (tmp_path / "a.jsonl").write_text('{"title": "T", "text": "B"}\n{"text": ""}\n')
    assert read_examples(tmp_path / "a.txt", Kind.MASK) == [Plain("one"), Plain("two")]
    assert read_examples(tmp_path / "a.jsonl", Kind.MASK) == [Plain("T\nB")]


@pytest.mark.parametrize(
    ("name", "content", "kind", "why"),
    [
        ("a.csv", "text,label\nfine,x\nshort\n", CLASSES, ":3: 1 fields, the header names 2"),
        ("a.csv", 'text,label\nfine,x\n"never closed,y\nmore,z\n', CLASSES, ":3: a quotation mark is opened and never closed"),
        ("a.csv", "text,label\nfine,\n", CLASSES, ":2: the label is empty"),
        ("a.csv", "text,label\nfine,x\n  ,y\n", CLASSES, ":3: the text is empty"),
        ("a.csv", "story,desk\nfine,x\n", CLASSES, ":2: no label: .* expected to be called label, class, .* there is story, desk"),
        ("a.csv", "", CLASSES, "is empty: its first line must name the columns"),
        ("a.csv", "text,label\n", CLASSES, "holds no example"),
        ("a.tsv", "text\tlabel\nfine\tx\ny\n", CLASSES, ":3: 1 fields"),
        ("a.jsonl", '{"text": "x", "label": "y"}\n{"text": \n', CLASSES, ":2: not JSON"),
        ("a.jsonl", '{"text": "x", "label": "y"}\n[1]\n', CLASSES, ":2: not a JSON object"),
        ("a.jsonl", '{"text": "x", "label": null}\n', CLASSES, ":1: the label in 'label' is null"),
        ("a.jsonl", '{"text": "x", "label": ["a", "b"]}\n', CLASSES, ":1: the label in 'label' is "),
        ("a.tsv", "first\tsecond\tscore\na\tb\thigh\n", (Kind.REGRESSION, Reads.PAIR), ":2: 'high' is not a number"),
        ("a.tsv", "first\tsecond\tscore\na\tb\tnan\n", (Kind.REGRESSION, Reads.PAIR), ":2: 'nan' is not a number"),
        ("a.jsonl", '{"question": "q", "choices": ["a", "b"], "answer": 2}\n', (Kind.CHOICE, Reads.PAIR), ":1: the right choice is 2"),
        ("a.jsonl", '{"question": "q", "choices": "ab", "answer": 1}\n', (Kind.CHOICE, Reads.PAIR), ":1: choices must be a list"),
        ("a.jsonl", '{"question": "q", "choices": ["a", "b"]}\n', (Kind.CHOICE, Reads.PAIR), ":1: expected question, choices"),
        ("a.conll", "John\tB-PER\n\nran\n", (Kind.TAGGING, Reads.TEXT), ":3: expected a token, a tab and a tag, found 'ran'"),
        ("a.conllu", "1\tdo\tdo\n", (Kind.TAGGING, Reads.TEXT), ":1: expected ten fields parted by tabs, found 3"),
        ("a.conllu", "x\tdo\tdo\tAUX\tVBP\t_\t0\troot\t_\t_\n", (Kind.TAGGING, Reads.TEXT), ":1: 'x' is not the number of a word"),
        ("a.json", "{\n", (Kind.SPAN, Reads.PAIR), ":2: not JSON"),
        ("a.json", "[]", (Kind.SPAN, Reads.PAIR), "there is no list 'data'"),
        ("a.json", _squad({"id": "q7", "question": "?", "answers": [{"answer_start": 1, "text": "May"}]}), (Kind.SPAN, Reads.PAIR),
         "question 'q7': the answer 'May' is not at character 1"),
        ("a.json", _squad({"id": "q7", "question": "?"}), (Kind.SPAN, Reads.PAIR), "question 'q7' is not in the format of SQuAD"),
        ("a.json", '{"data": 5}', (Kind.SPAN, Reads.PAIR), "there is no list 'data'"),
        ("a.jsonl", '{"question": "q", "choices": ["a", "b"], "answer": true}\n', (Kind.CHOICE, Reads.PAIR), ":1: expected question"),
        ("a.jsonl", '{"question": "q", "choices": ["a", "b"], "answer": 0.9}\n', (Kind.CHOICE, Reads.PAIR), ":1: expected question"),
        ("a.xml", "<x/>", CLASSES, "give a file ending in .csv, .tsv, .jsonl"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_with_file_and_line(
    name: str, content: str, kind: tuple[Kind, Reads], why: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8", newline="")
    with pytest.raises(BadInput, match=f"a{path.suffix}.*{why}"):
        read_examples(path, *kind)


def test_a_file_that_is_not_utf8_is_named_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("text,label\nfine,x\ncafé,y\n".encode("latin-1"))
    with pytest.raises(BadInput, match=r"a\.csv:3: byte 0xe9 is not UTF-8"):
        read_examples(path, *CLASSES)
    with pytest.raises(BadInput, match=r"nothing\.csv cannot be read"):
        read_examples(tmp_path / "nothing.csv", *CLASSES)


def test_a_file_that_does_not_say_what_it_teaches_is_asked_about(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="give --kind"):
        infer_kind(tmp_path / "a.txt", Columns())
