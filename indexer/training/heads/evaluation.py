"""How good a head is on examples that it has not seen, asked through the same functions that serve it."""

from collections.abc import Mapping, Sequence

import numpy as np

from indexer.training.heads import measures
from indexer.training.heads.examples import Example, Labelled, MultipleChoice, Plain, Question, Sentence
from indexer.training.heads.features import IGNORED, features_of
from search.heads.card import HeadCard, Kind, Reads
from search.heads.choosing import choose
from search.heads.classification import classify, classify_pairs, rate_pairs
from search.heads.network import Network
from search.heads.problem import Problem
from search.heads.reading import read
from search.heads.tagging import tag_words

MAIN = {
    Kind.CLASSIFICATION: "accuracy",
    Kind.REGRESSION: "pearson",
    Kind.TAGGING: "accuracy",
    Kind.SPAN: "f1",
    Kind.CHOICE: "accuracy",
    Kind.MASK: "accuracy",
}
"""The measure that decides which checkpoint is kept; a tagger of entities goes by ``entity_f1``."""


def evaluate_head(network: Network, examples: Sequence[Example]) -> dict[str, float]:
    """The measures of the head's task."""
    card = network.card
    if card.kind is Kind.TAGGING:
        sentences = [example for example in examples if isinstance(example, Sentence)]
        tagged = tag_words(network, [sentence.words for sentence in sentences])
        return measures.tagging([one.tags for one in sentences], [[word.tag for word in one.words] for one in tagged])
    if card.kind is Kind.SPAN:
        questions = [example for example in examples if isinstance(example, Question)]
        found = read(network, [(one.question, one.passage) for one in questions])
        return measures.answers(
            [[one.passage[start:end] for start, end in one.answers] for one in questions],
            [answer.text if answer else "" for answer in found],
        )
    if card.kind is Kind.CHOICE:
        problems = [example for example in examples if isinstance(example, MultipleChoice)]
        chosen = choose(network, [Problem(one.question, one.choices, one.passage) for one in problems])
        return measures.choices([one.answer for one in problems], [one.choice for one in chosen])
    if card.kind is Kind.MASK:
        features = features_of(card, network.tokens, [example for example in examples if isinstance(example, Plain)])
        targets = [np.array(feature.target) for feature in features]
        places = [np.flatnonzero(target != IGNORED) for target in targets]
        logits = network.logits([feature.encodings[0] for feature in features], [place.tolist() for place in places])
        return measures.masks([target[place] for target, place in zip(targets, places, strict=True)], logits)
    labelled = [example for example in examples if isinstance(example, Labelled)]
    pairs = [(one.texts[0], one.texts[-1]) for one in labelled]
    if card.kind is Kind.REGRESSION:
        return measures.regression([float(one.target) for one in labelled], rate_pairs(network, pairs))
    answers = classify_pairs(network, pairs) if card.reads is Reads.PAIR else classify(network, [one.texts[0] for one in labelled])
    return measures.classification([one.target for one in labelled], [answer.label for answer in answers])


def main_measure(figures: Mapping[str, float], kind: Kind) -> float:
    """The figure by which checkpoints are compared."""
    return figures.get("entity_f1", figures[MAIN[kind]])


def name_of_main(card: HeadCard) -> str:
    """What that figure is called."""
    return "entity F1" if any(label.startswith(("B-", "I-")) for label in card.labels) and card.kind is Kind.TAGGING else MAIN[card.kind]
