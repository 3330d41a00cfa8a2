"""A head by logistic regression (scikit-learn) on vectors of a model that stays as it is: seconds instead of minutes."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from indexer.training.heads.description import describe
from indexer.training.heads.evaluation import evaluate_head
from indexer.training.heads.examples import Example, Labelled
from indexer.training.heads.own_body import longest_input
from indexer.training.model_folder import publish_folder, require_replaceable
from search.errors import BadInput
from search.heads.card import HeadCard, Kind, Reads
from search.heads.frozen import Pooling, Weights, frozen_body, pooled, save_frozen
from search.heads.network import Network
from search.heads.tokens import Tokens
from search.models.device import DeviceName, Precision, placement
from search.models.loading import model_folder

PENALTIES = (0.01, 0.1, 1.0, 10.0)
"""Inverse strengths of the regularisation that are tried; dev decides."""
_STEPS = 2000


def train_frozen(
    card: HeadCard,
    train: Sequence[Example],
    dev: Sequence[Example],
    base: str,
    pooling: Pooling,
    out: Path,
    *,
    device: DeviceName = "auto",
    precision: Precision = "auto",
) -> HeadCard:
    """Trains a classifier on [CLS] or mean vectors of ``base``, writes it to ``out`` and returns its card with its dev figures."""
    began = time.monotonic()
    if card.kind is not Kind.CLASSIFICATION:
        raise BadInput(f"Frozen features serve classification, not {card.kind}: leave out --features.", field="features")
    require_replaceable(out)
    place = placement(device, precision)
    body = frozen_body(model_folder(base, organisation="sentence-transformers"), place)
    card = replace(card, max_tokens=min(card.max_tokens, longest_input(body.bert.config)))
    reader = Network(card, "vectors", Tokens(body.tokenizer, card.max_tokens), lambda features: pooled(body, features, pooling), place)
    numbers = {label: number for number, label in enumerate(card.labels)}
    vectors, targets = _vectors(reader, train), np.array([numbers[one.target] for one in train if isinstance(one, Labelled)])
    dev_vectors, dev_targets = _vectors(reader, dev), np.array([numbers[one.target] for one in dev if isinstance(one, Labelled)])
    mean, deviation = vectors.mean(0), np.maximum(vectors.std(0), 1e-6)
    best, chosen, penalty = -1.0, None, 0.0
    for strength in PENALTIES:
        model = LogisticRegression(C=strength, max_iter=_STEPS).fit((vectors - mean) / deviation, targets)
        accuracy = float(model.score((dev_vectors - mean) / deviation, dev_targets))
        if accuracy > best:
            best, chosen, penalty = accuracy, model, strength
    weight, bias = _linear(chosen, mean, deviation)
    settings = {"base": base, "pooling": pooling, "penalty": penalty}

    def write(part: Path) -> None:
        nonlocal card
        save_frozen(part, weight, bias, base, pooling)
        card.write(part)
        figures = evaluate_head(Network.load(part, place), dev)
        card = replace(card, figures={name: round(value, 4) for name, value in figures.items()})
        describe(part, card, settings, time.monotonic() - began)

    publish_folder(out, write)
    return card


def _vectors(reader: Network, examples: Sequence[Example]) -> npt.NDArray[np.float32]:
    """(examples, width) float32."""
    texts = [one.texts for one in examples if isinstance(one, Labelled)]
    if reader.card.reads is Reads.PAIR:
        encodings = reader.tokens.pairs([(one[0], one[1]) for one in texts], reader.card.truncation)
    else:
        encodings = reader.tokens.texts([one[0] for one in texts])
    return np.array(reader.logits(encodings), np.float32)


def _linear(model: LogisticRegression, mean: Weights, deviation: Weights) -> tuple[Weights, Weights]:
    """Weights (labels, width) and biases (labels,) on vectors as they are; of two labels scikit-learn keeps the second's alone."""
    weight, bias = np.asarray(model.coef_), np.asarray(model.intercept_)
    if len(weight) == 1:
        weight, bias = np.concatenate([np.zeros_like(weight), weight]), np.concatenate([[0.0], bias])
    weight = weight / deviation
    return weight.astype(np.float32), (bias - weight @ mean).astype(np.float32)
