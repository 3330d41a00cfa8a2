"""The measures of each task, as the field defines them, on 0..1 (correlations −1..1)."""

import re
import string
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef


def classification(expected: Sequence[str], predicted: Sequence[str]) -> dict[str, float]:
    """Accuracy, F1 averaged over labels, Matthews correlation."""
    return {
        "accuracy": float(accuracy_score(expected, predicted)),
        "macro_f1": float(f1_score(expected, predicted, average="macro", zero_division=0)),
        "matthews": float(matthews_corrcoef(expected, predicted)),
    }


def regression(expected: Sequence[float], predicted: Sequence[float]) -> dict[str, float]:
    """Pearson and Spearman correlation; 0 where one side does not vary."""
    if len(set(expected)) < 2 or len(set(predicted)) < 2:
        return {"pearson": 0.0, "spearman": 0.0}
    return {"pearson": float(pearsonr(expected, predicted).statistic), "spearman": float(spearmanr(expected, predicted).statistic)}


def tagging(expected: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> dict[str, float]:
    """Share of right tags and, where tags are BIO, F1 of whole entities (seqeval, as conlleval counts)."""
    flat = [(one, other) for row, guess in zip(expected, predicted, strict=True) for one, other in zip(row, guess, strict=True)]
    figures = {"accuracy": float(np.mean([one == other for one, other in flat]))}
    if any(tag.startswith(("B-", "I-")) for row in expected for tag in row):
        from seqeval.metrics import f1_score as entity_f1
        from seqeval.metrics import precision_score, recall_score

        rows, guesses = [list(row) for row in expected], [list(row) for row in predicted]
        figures |= {
            "entity_f1": float(entity_f1(rows, guesses, zero_division=0)),
            "entity_precision": float(precision_score(rows, guesses, zero_division=0)),
            "entity_recall": float(recall_score(rows, guesses, zero_division=0)),
        }
    return figures


def answers(expected: Sequence[Sequence[str]], predicted: Sequence[str]) -> dict[str, float]:
    """Exact match and F1 over words, each against the best of the accepted answers (Rajpurkar et al. 2016).

    A question without accepted answers is right when nothing is predicted ("").
    """
    exact, overlap = [], []
    for accepted, guess in zip(expected, predicted, strict=True):
        accepted = list(accepted) or [""]
        exact.append(max(float(normal_answer(one) == normal_answer(guess)) for one in accepted))
        overlap.append(max(answer_f1(one, guess) for one in accepted))
    return {"exact_match": float(np.mean(exact)), "f1": float(np.mean(overlap))}


def choices(expected: Sequence[int], predicted: Sequence[int]) -> dict[str, float]:
    """Share of right choices."""
    return {"accuracy": float(accuracy_score(list(expected), list(predicted)))}


def masks(targets: Sequence[npt.NDArray[np.int64]], logits: Sequence[npt.NDArray[np.float32]]) -> dict[str, float]:
    """Of the hidden tokens the share guessed right and within five guesses, and the perplexity, exp of the mean surprise.

    ``targets`` (hidden,) and ``logits`` (hidden, vocabulary) per text.
    """
    right, near, surprise = [], [], []
    for target, row in zip(targets, logits, strict=True):
        scores = row.astype(np.float64)
        own = scores[np.arange(len(target)), target]
        rank = (scores > own[:, None]).sum(1)
        right += (rank == 0).tolist()
        near += (rank < 5).tolist()
        surprise += (logsumexp(scores, axis=1) - own).tolist()
    return {"accuracy": float(np.mean(right)), "accuracy_at_5": float(np.mean(near)), "perplexity": float(np.exp(np.mean(surprise)))}


def normal_answer(text: str) -> str:
    """Lower case, without punctuation, articles and extra spaces, as SQuAD compares answers."""
    text = "".join(character for character in text.lower() if character not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def answer_f1(expected: str, predicted: str) -> float:
    """Harmonic mean of the precision and recall of words."""
    one, other = normal_answer(expected).split(), normal_answer(predicted).split()
    if not one or not other:
        return float(one == other)
    shared = sum((Counter(one) & Counter(other)).values())
    return 2 * shared / (len(one) + len(other)) if shared else 0.0
