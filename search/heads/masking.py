"""The language model: words for [MASK], and how surprising a text is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.errors import BadInput
from search.heads.classification import softmax
from search.heads.network import Network


@dataclass(frozen=True, slots=True)
class Filling:
    """A token that may stand for the mask; "##s" continues the word before it."""

    token: str
    probability: float


def has_mask(network: Network, text: str) -> bool:
    """Whether there is something to fill."""
    return network.tokens.tokenizer.mask_token in text


def fill_masks(network: Network, texts: Sequence[str], top_k: int) -> list[list[list[Filling]]]:
    """Per text, per [MASK] in it, the ``top_k`` likeliest tokens.

    Raises BadInput for a text without a mask, and for a mask behind the tokens that are read.
    """
    tokenizer = network.tokens.tokenizer
    for number, text in enumerate(texts):
        if not has_mask(network, text):
            shown = text if len(text) <= 60 else f"{text[:60]}…"
            raise BadInput(f"The text {shown!r} has no {tokenizer.mask_token}: write it where a word is missing.", field=f"texts.{number}")
    encodings = network.tokens.texts(texts)
    places = [[place for place, token in enumerate(encoding["input_ids"]) if token == tokenizer.mask_token_id] for encoding in encodings]
    for number, (text, read) in enumerate(zip(texts, places, strict=True)):
        written = [match.start() for match in re.finditer(re.escape(tokenizer.mask_token), text)]
        if len(read) < len(written):
            raise BadInput(
                f"The {tokenizer.mask_token} at character {written[len(read)]} of text {number} is behind the "
                f"{network.tokens.max_tokens} tokens that are read: shorten what stands before it.",
                field=f"texts.{number}",
            )
    answers = []
    for logits in network.logits(encodings, places):
        rows = softmax(logits)
        best = np.argsort(-rows, axis=1, kind="stable")[:, :top_k]
        answers.append(
            [
                [Filling(tokenizer.convert_ids_to_tokens(int(token)), float(row[token])) for token in tokens]
                for row, tokens in zip(rows, best, strict=True)
            ]
        )
    return answers


def pseudo_perplexity(network: Network, texts: Sequence[str]) -> list[float | None]:
    """exp of the mean surprise at each token when it alone is masked (Salazar et al. 2020), per text; None for a text without tokens."""
    tokenizer = network.tokens.tokenizer
    answers: list[float | None] = []
    for encoding in network.tokens.texts(texts):
        ids = encoding["input_ids"]
        inner = range(1, len(ids) - 1)
        masked = [{**encoding, "input_ids": [*ids[:place], tokenizer.mask_token_id, *ids[place + 1 :]]} for place in inner]
        rows = network.logits(masked, [[place] for place in inner])
        surprise = [-np.log(max(softmax(row)[0, ids[place]], 1e-12)) for place, row in zip(inner, rows, strict=True)]
        answers.append(float(np.exp(np.mean(surprise))) if surprise else None)
    return answers
