"""Several heads on one body: a text goes through the body once for all that label it and once for all that tag it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from search.heads.article_windows import ArticleWindows, article_windows
from search.heads.bio import most_probable_tags
from search.heads.card import HeadCard
from search.heads.network import Body, Logits, load_top, padded, shared_body
from search.heads.tagging import Entity, TaggedWord, entities_of
from search.heads.tops import FirstTop
from search.models.batches import token_batches
from search.models.device import Placement

_TOKENS_PER_BATCH = 2048  # on a CPU; more leaves its caches
_TOKENS_PER_CUDA_BATCH = 32_768
_NOTHING = np.empty(0, np.float32)
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
        """What these heads see in the texts: labelling heads in the beginning, taggers in every sentence."""
        labelling = {name: top for name, (_, top) in self._tops.items() if name in names and isinstance(top, FirstTop)}
        tagging = {name: top for name, (_, top) in self._tops.items() if name in names and not isinstance(top, FirstTop)}
        cut = article_windows(texts, self._body.tokenizer)
        with torch.inference_mode():
            logits = self._labels([one.beginning for one in cut], labelling) if labelling else {}
            tags = self._tags(cut, tagging) if tagging else {}
        mentions: dict[str, list[list[Entity]]] = {name: [] for name in tagging}
        for name, found in tags.items():
            sentences = iter(found)
            for text, one in zip(texts, cut, strict=True):
                mentions[name].append(_mentions(text, one, self._tops[name][0].labels, sentences))
        return Seen(logits, mentions)

    def _labels(self, windows: Sequence[list[int]], tops: Mapping[str, Any]) -> dict[str, list[Logits]]:
        """For each head the logits of each window."""
        found: dict[str, list[Logits]] = {name: [_NOTHING] * len(windows) for name in tops}
        for batch, features in self._batches(windows):
            firsts = self._body.first_states(features)
            for name, top in tops.items():
                for place, values in zip(batch, top(firsts).float().cpu().numpy(), strict=True):
                    found[name][place] = values
        return found

    def _tags(self, texts: Sequence[ArticleWindows], tops: Mapping[str, Any]) -> dict[str, list[Logits]]:
        """For each head the probabilities of the tags of each token of each sentence."""
        windows = [tokens for text in texts for tokens in text.tokens]
        casings = [casing for text in texts for casing in text.casings]
        found: dict[str, list[Logits]] = {name: [_NOTHING] * len(windows) for name in tops}
        for told in {self._tops[name][0].casing for name in tops}:
            for batch, features in self._batches(windows, casings if told else None):
                states = self._body.states(features)
                for name, top in tops.items():
                    if self._tops[name][0].casing == told:
                        for place, shares in zip(batch, top(states).float().softmax(-1).cpu().numpy(), strict=True):
                            found[name][place] = shares
        return found

    def _batches(
        self, windows: Sequence[list[int]], casings: Sequence[list[int]] | None = None
    ) -> Iterator[tuple[list[int], dict[str, Tensor]]]:
        """The windows as the body reads them, those of similar length together, with their places."""
        place = self._body.place.device
        budget = _TOKENS_PER_CUDA_BATCH if place.type == "cuda" else _TOKENS_PER_BATCH
        for batch in token_batches([len(tokens) for tokens in windows], budget):
            encodings = [{"input_ids": windows[row], "attention_mask": [1] * len(windows[row])} for row in batch]
            if casings is not None:
                for encoding, row in zip(encodings, batch, strict=True):
                    encoding["token_type_ids"] = casings[row]
            yield batch.tolist(), padded(encodings, self._body.tokenizer.pad_token_id or 0, place)


def _mentions(text: str, cut: ArticleWindows, labels: tuple[str, ...], sentences: Iterator[Logits]) -> list[Entity]:
    words: list[TaggedWord] = []
    probabilities: list[float] = []
    for spans, places, tokens in zip(cut.words, cut.firsts, sentences, strict=False):  # the sentences of all texts are in one row
        shares = tokens[places]
        tags = most_probable_tags(shares, labels)
        for (start, end), tag in zip(spans, tags.tolist(), strict=True):
            words.append(_OUTSIDE if labels[tag] == "O" else TaggedWord(text[start:end], start, end, labels[tag]))
        probabilities += shares[np.arange(len(tags)), tags].tolist()
    return list(entities_of(text, words, probabilities))
