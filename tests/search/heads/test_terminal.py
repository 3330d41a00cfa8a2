"""What the heads answer is shown to people as what it is."""

import pytest

from search.heads.answers import EntityAnswer, TaggedAnswer, TokenAnswer
from search.heads.terminal import print_tagged


def _tagged(*tags: tuple[str, str], entities: tuple[EntityAnswer, ...] = ()) -> TaggedAnswer:
    return TaggedAnswer(tokens=[TokenAnswer(text=word, start=0, end=1, tag=tag) for word, tag in tags], entities=list(entities))


def test_parts_of_speech_are_shown_with_the_brackets_that_have_a_hyphen(capsys: pytest.CaptureFixture[str]) -> None:
    print_tagged(["Oil (OPEC)"], [_tagged(("Oil", "NN"), ("(", "-LRB-"), ("OPEC", "NNP"), (")", "-RRB-"))])
    assert capsys.readouterr().out == "Oil/NN (/-LRB- OPEC/NNP )/-RRB-\n"


def test_names_are_listed_and_where_there_are_none_it_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    lagos = EntityAnswer(text="Lagos", type="LOC", start=5, end=10, probability=0.91)
    print_tagged(["left Lagos"], [_tagged(("left", "O"), ("Lagos", "B-LOC"), entities=(lagos,))])
    assert capsys.readouterr().out.split() == ["left", "Lagos", "LOC", "Lagos", "5-10", "0.91"]
    print_tagged(["left"], [_tagged(("left", "O"))])
    assert "No names." in capsys.readouterr().out
