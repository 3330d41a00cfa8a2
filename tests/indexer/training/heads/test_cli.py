"""A newsroom's CSV becomes a head in one command, and is used at once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from indexer.training.cli import train
from search.errors import BadInput
from search.heads.card import Kind, Reads
from search.heads.catalogue import OWN, Heads
from search.heads.classification import classify
from tests.families import BAD, GOOD


@pytest.fixture
def sections(tmp_path: Path) -> Path:
    path = tmp_path / "sections.csv"
    rows = [f"a {word} {topic};story {number};{label}" for number, topic in enumerate(("film", "match", "budget", "story"))
            for words, label in ((GOOD, "Praise"), (BAD, "Blame")) for word in words]  # fmt: skip
    path.write_text("Headline;Body;Section\n" + "\n".join(rows) + "\n")
    return path


def _run(*arguments: object) -> str:
    result = CliRunner().invoke(train, ["head", *(str(argument) for argument in arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("how", [("--features", "mean"), ("--epochs", 1, "--batch-size", 8, "--max-tokens", 32, "--workers", 1)])
def test_one_command_makes_a_head_that_answers(how: tuple[object, ...], sections: Path, base_of: Callable[[str], str]) -> None:
    data = sections.parent / "archive"
    said = _run("section", "--train", sections, "--base", base_of("bert"), "--data", data, *how)
    assert "accuracy of the most frequent label" in said
    assert f"broadsheet classify section … --data {data}" in said
    heads = Heads([data / OWN], "cpu")
    card = heads.card("section")
    assert (card.kind, card.labels) == (Kind.CLASSIFICATION, ("Blame", "Praise"))
    assert card.trained_on.endswith("examples of sections.csv")
    assert classify(heads.head("section"), ["a great film"])[0].label in card.labels


def test_columns_kind_and_place_can_be_said(tmp_path: Path, base_of: Callable[[str], str]) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("a\tb\tsame\n" + "".join(f"{one} film\t{two} film\t{one == two}\n" for one in GOOD for two in GOOD))
    options = ("--text", "a", "--second", "b", "--label", "same", "--features", "cls", "--base", base_of("distilbert"))
    said = _run("twins", "--train", path, "--dev", path, "--out", tmp_path / "head", *options)
    assert "Put it into DIR/heads/twins" in said
    assert Heads([tmp_path]).card("twins").endpoint == "/pair"


def test_a_claim_is_read_with_its_article_whether_or_not_the_kind_is_said(tmp_path: Path, base_of: Callable[[str], str]) -> None:
    path = tmp_path / "claims.csv"
    path.write_text("claim,body,stance\n" + "".join(f"oil {word},prices are {word},{word in GOOD}\n" for word in GOOD + BAD))
    for name, kind in (("said", ("--kind", "classification")), ("told", ())):
        _run(name, "--train", path, "--dev", path, "--out", tmp_path / name, "--features", "cls", "--base", base_of("bert"), *kind)
    assert {task: Heads([tmp_path]).card(task).reads for task in ("said", "told")} == {"said": Reads.PAIR, "told": Reads.PAIR}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("section", "--freeze", "--adapter"), "exclude each other"),
        (("section", "--label", "desk"), r"sections\.csv:2: no label: its column is called 'desk', and there is Headline, Body, Section"),
        (("section", "--label", "Headline"), "different labels"),
        (("section", "--kind", "span"), r"give a file ending in \.json"),
        (("Our Sections",), "cannot be a name"),
        (("section", "--base", "no/such-model"), "There is no model 'no/such-model'"),
    ],
)
def test_bad_usage_is_one_sentence(arguments: tuple[str, ...], why: str, sections: Path) -> None:
    with pytest.raises(BadInput, match=why):
        _run(*arguments, "--train", sections, "--data", sections.parent)
