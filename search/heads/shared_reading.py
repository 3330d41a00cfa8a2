"""Several heads on one body: every window of a text goes through the body once, and each head looks at the states that come out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from search.heads.article_windows import ArticleWindows, article_windows
from search.heads.card import HeadCard
from search.heads.network import Body, Logits, load_top, padded, shared_body
from search.heads.tagging import Entity, TaggedWord, entities_of
from search.heads.tops import FirstTop
from search.models.batches import token_batches
from search.models.device import Placement

_TOKENS_PER_BATCH = 2048  # on a CPU; more leaves its caches
_TOKENS_PER_CUDA_BATCH = 32_768
_Tags = dict[tuple[int, int], tuple[Logits, Logits]]  # by text and window: of each word the tag's number and its probability
_OUTSIDE = TaggedWord("", 0, 0, "O")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the heads see, by their names: of a labelling head the logits (labels,) of each text, of a tagger the mentions in each."""

    logits: Mapping[str, Sequence[Logits]]
    mentions: Mapping[str, list[list[Entity]]]


class SharedReading:
    """Heads that share a body; not for several threads at once."""

    def __init__(self, body: Body, tops: Mapping[str, tuple[HeadCard, Any]]) -> None:
        self._body = body
        self._tops = dict(tops)

    @classmethod
    def open(cls, body: Path, heads: Mapping[str, tuple[HeadCard, Path]], place: Placement) -> Self:
        """The body in a folder with heads, each given by its card and its folder. Raises BadInput when their weights do not fit."""
        opened = shared_body(body, place)
        return cls(opened, {name: (card, load_top(card, folder, opened)) for name, (card, folder) in heads.items()})

    def read(self, texts: Sequence[str], names: Collection[str]) -> Seen:
        """What these heads see in the texts: labelling heads in the first window, taggers in all of them."""
        labelling = {name: top for name, (_, top) in self._tops.items() if name in names and isinstance(top, FirstTop)}
        tagging = {name: top for name, (_, top) in self._tops.items() if name in names and not isinstance(top, FirstTop)}
        cut = article_windows(texts, self._body.tokenizer)
        windows = [(text, number) for text, one in enumerate(cut) for number in range(len(one.tokens) if tagging else 1)]
        logits = {name: np.zeros((len(texts), len(self._tops[name][0].labels)), np.float32) for name in labelling}
        tags: dict[str, _Tags] = {name: {} for name in tagging}
        cuda = self._body.place.device.type == "cuda"
        lengths = [len(cut[text].tokens[number]) for text, number in windows]
        with torch.inference_mode():
            for batch in token_batches(lengths, _TOKENS_PER_CUDA_BATCH if cuda else _TOKENS_PER_BATCH):
                read = [windows[place] for place in batch]
                firsts, states = self._states([cut[text].tokens[number] for text, number in read], tokens_too=bool(tagging))
                beginning = [row for row, (_, number) in enumerate(read) if number == 0]
                for name, top in labelling.items() if beginning else ():
                    logits[name][[read[row][0] for row in beginning]] = top(firsts[beginning]).float().cpu().numpy()
                for name, top in tagging.items():
                    shares, best = (part.cpu().numpy() for part in top(states).float().softmax(-1).max(-1))
                    for row, (text, number) in enumerate(read):
                        places = cut[text].firsts[number]
                        tags[name][text, number] = best[row, places], shares[row, places]
        mentions = {
            name: [
                _mentions(text, one, self._tops[name][0].labels, tags[name], place)
                for place, (text, one) in enumerate(zip(texts, cut, strict=True))
            ]
            for name in tagging
        }
        return Seen({name: list(rows) for name, rows in logits.items()}, mentions)

    def _states(self, tokens: Sequence[list[int]], *, tokens_too: bool) -> tuple[Tensor, Tensor]:
        """The states of the first tokens (windows, width) and, where they are wanted, of all (windows, longest, width)."""
        encodings = [{"input_ids": row, "attention_mask": [1] * len(row)} for row in tokens]
        features = padded(encodings, self._body.tokenizer.pad_token_id or 0, self._body.place.device)
        if not tokens_too:
            firsts = self._body.first_states(features)
            return firsts, firsts[:, None]
        states = self._body.states(features)
        return states[:, 0], states


def _mentions(text: str, cut: ArticleWindows, labels: Sequence[str], tags: _Tags, place: int) -> list[Entity]:
    words: list[TaggedWord] = []
    probabilities: list[float] = []
    for number, spans in enumerate(cut.words):
        best, shares = tags[place, number]
        for (start, end), tag in zip(spans, best.tolist(), strict=True):
            words.append(_OUTSIDE if labels[tag] == "O" else TaggedWord(text[start:end], start, end, labels[tag]))
        probabilities += shares.tolist()
    return list(entities_of(text, words, probabilities))
