"""The measures are those of scikit-learn, seqeval, scipy and SQuAD, or what a calculation by hand gives."""

import numpy as np
import pytest
import seqeval.metrics
import sklearn.metrics
from scipy.stats import pearsonr, rankdata

from indexer.training.heads import measures

EXPECTED, PREDICTED = list("aabbcca"), list("abbbcaa")


def test_classification_is_scikit_learns() -> None:
    found = measures.classification(EXPECTED, PREDICTED)
    assert found["accuracy"] == pytest.approx(5 / 7)
    assert found["macro_f1"] == pytest.approx(sklearn.metrics.f1_score(EXPECTED, PREDICTED, average="macro"))
    assert found["matthews"] == pytest.approx(sklearn.metrics.matthews_corrcoef(EXPECTED, PREDICTED))


def test_matthews_of_two_labels_is_its_formula() -> None:
    # true positives 3, true negatives 2, false positives 1, false negatives 2
    expected, predicted = list("11111000"), list("11100100")
    formula = (3 * 2 - 1 * 2) / np.sqrt((3 + 1) * (3 + 2) * (2 + 1) * (2 + 2))
    assert measures.classification(expected, predicted)["matthews"] == pytest.approx(formula)


def test_correlations_are_those_of_values_and_of_ranks() -> None:
    expected, predicted = [1.0, 2.0, 3.5, 4.0, 4.0], [1.5, 1.4, 3.0, 5.0, 4.0]
    found = measures.regression(expected, predicted)
    assert found["pearson"] == pytest.approx(np.corrcoef(expected, predicted)[0, 1])
    assert found["spearman"] == pytest.approx(pearsonr(rankdata(expected), rankdata(predicted)).statistic)


@pytest.mark.parametrize(("expected", "predicted"), [([1.0, 1.0], [1.0, 2.0]), ([1.0, 2.0], [3.0, 3.0])])
def test_what_does_not_vary_correlates_with_nothing(expected: list[float], predicted: list[float]) -> None:
    assert measures.regression(expected, predicted) == {"pearson": 0.0, "spearman": 0.0}


def test_entities_count_whole_and_are_seqevals() -> None:
    expected = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-ORG", "I-ORG"]]
    predicted = [["B-PER", "I-PER", "O", "B-ORG"], ["O", "B-ORG", "O"]]
    found = measures.tagging(expected, predicted)
    assert found["accuracy"] == pytest.approx(5 / 7)
    assert found["entity_precision"] == found["entity_recall"] == found["entity_f1"] == pytest.approx(1 / 3)  # one of three is right
    assert found["entity_f1"] == pytest.approx(seqeval.metrics.f1_score(expected, predicted))


def test_tags_that_are_no_entities_have_an_accuracy_only() -> None:
    assert measures.tagging([["NN", "VB"], ["NN"]], [["NN", "NN"], ["NN"]]) == {"accuracy": pytest.approx(2 / 3)}


@pytest.mark.parametrize(
    ("accepted", "guess", "exact", "f1"),
    [
        (["the Bank of England"], "Bank of England!", 1, 1),
        (["Bank of England", "the Bank"], "a bank", 1, 1),
        (["Bank of England"], "England", 0, 0.5),  # precision 1, recall 1/3
        (["12 May"], "in May 2020", 0, 2 / 5),  # one word of two and of three
        ([], "", 1, 1),
        ([], "May", 0, 0),
        (["May"], "", 0, 0),
    ],
)
def test_answers_are_compared_as_squad_compares_them(accepted: list[str], guess: str, exact: float, f1: float) -> None:
    assert measures.answers([accepted], [guess]) == {"exact_match": exact, "f1": pytest.approx(f1)}


def test_choices_are_a_share() -> None:
    assert measures.choices([0, 1, 2, 3], [0, 1, 0, 3]) == {"accuracy": 0.75}


def test_masks_are_guessed_right_or_nearly() -> None:
    logits = np.log(np.array([[0.5, 0.3, 0.2], [0.2, 0.3, 0.5]], np.float32))
    found = measures.masks([np.array([0, 1])], [logits])
    assert found["accuracy"] == 0.5
    assert found["accuracy_at_5"] == 1.0
    assert found["perplexity"] == pytest.approx((0.5 * 0.3) ** -0.5, rel=1e-5)
