"""The stance of an article, with a judge that goes by words: "yes", "no" and "maybe" are opinions, other words are about something else."""

from collections.abc import Sequence

import pytest

from search.heads.answers import Label
from search.heads.stance import SELDOM, STEP, WINDOWS, WORDS, combined, stances

LABELS = {"yes": "agree", "no": "disagree", "maybe": "discuss"}


class WordJudge:
    """Each label has the share of its word among the words of the text; what is left is unrelated."""

    def __init__(self) -> None:
        self.batches: list[Sequence[tuple[str, str]]] = []

    def __call__(self, pairs: Sequence[tuple[str, str]]) -> list[Label]:
        self.batches.append(pairs)
        return [self._judged(text.lower().replace(".", "").split()) for _, text in pairs]

    def _judged(self, words: list[str]) -> Label:
        shares = {label: words.count(word) / max(len(words), 1) for word, label in LABELS.items()}
        shares["unrelated"] = 1 - sum(shares.values())
        return Label(label=max(shares, key=lambda label: shares[label]), probabilities=shares)


def test_a_short_article_is_judged_as_it_is_with_what_is_seldom_counting_more() -> None:
    text = "Yes yes yes. Maybe yes no."
    (stance,) = stances([("claim", text)], WordJudge())
    assert stance.label == "agree"
    weighed = {"agree": 4 * SELDOM["agree"], "disagree": 1 * SELDOM["disagree"], "discuss": 1, "unrelated": 0}
    assert stance.probabilities == pytest.approx({label: share / sum(weighed.values()) for label, share in weighed.items()})
    assert stance.sentence is not None
    assert text[slice(*stance.sentence)] == "Yes yes yes."


def test_an_opinion_far_down_in_a_long_article_is_found() -> None:
    text = "Something else. " * 200 + "No no no no no no. " * 40 + "Something else. " * 100
    (stance,) = stances([("claim", text)], WordJudge())
    assert stance.label == "disagree"
    assert stance.sentence is not None
    assert text[slice(*stance.sentence)] == "No no no no no no."


def test_the_most_opinionated_window_speaks_for_all() -> None:
    judged = [
        {"for": 0.1, "against": 0.1, "discuss": 0.7, "unrelated": 0.1},
        {"for": 0.2, "against": 0.6, "discuss": 0.1, "unrelated": 0.1},
        {"for": 0.0, "against": 0.0, "discuss": 0.0, "unrelated": 1.0},
        {"for": 0.7, "against": 0.0, "discuss": 0.2, "unrelated": 0.1},
    ]
    assert combined(judged) == ("against", pytest.approx(judged[1]))


def test_of_an_article_on_something_else_no_sentence_is_shown() -> None:
    judge = WordJudge()
    (stance,) = stances([("claim", "The harvest was good. The fair is on Sunday.")], judge)
    assert (stance.label, stance.sentence) == ("unrelated", None)
    assert len(judge.batches) == 1


def test_many_claims_are_judged_together_and_each_gets_its_own() -> None:
    judge = WordJudge()
    asked = [("one", "Yes. " * 300), ("two", "No no no. Maybe."), ("three", ""), ("four", "Maybe maybe maybe. Maybe maybe maybe no.")]
    together = stances(asked, judge)
    assert len(judge.batches) == 2
    assert together == [stances([one], WordJudge())[0] for one in asked]
    assert [stance.label for stance in together] == ["agree", "disagree", "unrelated", "discuss"]


def test_a_very_long_article_is_read_to_a_limit() -> None:
    judge = WordJudge()
    stances([("claim", "word " * 100_000)], judge)
    assert len(judge.batches[0]) == WINDOWS
    assert all(len(text.split()) <= WORDS for _, text in judge.batches[0])
    assert STEP < WORDS


def test_a_head_with_labels_of_its_own_is_read_too() -> None:
    def judge(pairs: Sequence[tuple[str, str]]) -> list[Label]:
        return [Label(label="for", probabilities={"for": 0.6, "against": 0.4}) for _ in pairs]

    (stance,) = stances([("claim", "One sentence. Another.")], judge)
    assert (stance.label, stance.probabilities) == ("for", {"for": 0.6, "against": 0.4})
    assert stance.sentence == (0, 13)
