"""Answers of the installed heads to texts, as they go over the wire; what the HTTP API and the command line call.

The torch modules are imported at the first answer, so that listing the heads costs none of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from search.errors import BadInput
from search.heads.answers import (
    ChoiceAnswer,
    EntityAnswer,
    FillingAnswer,
    HeadAnswer,
    Label,
    SpanAnswer,
    TaggedAnswer,
    TokenAnswer,
    TokenVectorAnswer,
    Value,
)
from search.heads.card import HeadCard, Kind
from search.heads.catalogue import Heads

if TYPE_CHECKING:
    from search.heads.features import Embedder, Vector
    from search.heads.network import Network
    from search.heads.problem import Problem
    from search.heads.tagging import Tagged


class Predictor:
    """All heads and the encoder's vectors. ``cards`` and ``catalogue`` may be called from any thread, the rest by one at a time.

    Every method takes many texts and sends them through the network together; answers come in the order of the texts. Where
    ``task`` is None the only head of the kind answers. All raise NotFound for a task without a head and BadInput for a task
    that another method answers.
    """

    def __init__(self, heads: Heads, embedder: "Callable[[], Embedder]") -> None:
        self.heads = heads
        self._embedder = embedder

    def cards(self) -> list[HeadCard]:
        """The installed heads in alphabetical order."""
        return self.heads.cards()

    def catalogue(self) -> list[HeadAnswer]:
        """The same with their fingerprints, for which the weights are read once."""
        return [HeadAnswer.of(card, self.heads.model_card(card.task), self.heads.fingerprint(card.task)) for card in self.heads.cards()]

    def classify(self, texts: Sequence[str], task: str) -> list[Label]:
        """A label for each text."""
        from search.heads import classification

        found = classification.classify(self._head(task, "/classify"), texts)
        return [Label(label=one.label, probabilities=one.probabilities) for one in found]

    def pair(self, pairs: Sequence[tuple[str, str]], task: str) -> list[Label | Value]:
        """A label or a number for each pair, as the task has it."""
        from search.heads import classification

        network = self._head(task, "/pair")
        if network.card.kind is Kind.REGRESSION:
            return [Value(value=value) for value in classification.rate_pairs(network, pairs)]
        found = classification.classify_pairs(network, pairs)
        return [Label(label=one.label, probabilities=one.probabilities) for one in found]

    def tag(self, texts: Sequence[str], task: str) -> list[TaggedAnswer]:
        """Tags and entities of each text."""
        from search.heads import tagging

        return [_tagged(one) for one in tagging.tag_texts(self._head(task, "/tag"), texts)]

    def tag_words(self, sentences: Sequence[Sequence[str]], task: str) -> list[TaggedAnswer]:
        """The same for texts that are given as words."""
        from search.heads import tagging

        return [_tagged(one) for one in tagging.tag_words(self._head(task, "/tag"), sentences)]

    def answer(self, questions: Sequence[tuple[str, str]], task: str | None = None) -> list[SpanAnswer]:
        """The answer to each (question, passage)."""
        from search.heads import reading

        found = reading.read(self._only(Kind.SPAN, task, "/answer"), questions)
        return [
            SpanAnswer(answer=one.text, start=one.start, end=one.end, probability=one.probability) if one else SpanAnswer(answer=None)
            for one in found
        ]

    def fill_masks(self, texts: Sequence[str], task: str | None, top_k: int) -> list[list[FillingAnswer]]:
        """The likeliest tokens for the first mask of each text, or, where it has several, for all of them one after the other."""
        from search.heads import masking

        found = masking.fill_masks(self._only(Kind.MASK, task, "/fill-mask"), texts, top_k)
        return [[FillingAnswer(token=one.token, probability=one.probability) for place in text for one in place] for text in found]

    def read_texts(self, texts: Sequence[str], task: str | None, top_k: int) -> list[tuple[list[FillingAnswer], float | None]]:
        """The same for texts that need not have a mask, each with its pseudo-perplexity, from 1; None for a text without a word."""
        from search.heads import masking

        network = self._only(Kind.MASK, task, "/fill-mask")
        masked = [number for number, text in enumerate(texts) if masking.has_mask(network, text)]
        filled = dict(zip(masked, self.fill_masks([texts[number] for number in masked], task, top_k), strict=True))
        return [(filled.get(number, []), value) for number, value in enumerate(masking.pseudo_perplexity(network, texts))]

    def choose(self, problems: "Sequence[Problem]", task: str | None = None) -> list[ChoiceAnswer]:
        """The best choice of each problem."""
        from search.heads import choosing

        found = choosing.choose(self._only(Kind.CHOICE, task, "/choose"), problems)
        return [ChoiceAnswer(choice=one.choice, probabilities=list(one.probabilities)) for one in found]

    def embed(self, texts: Sequence[str], kind: "Vector") -> list[list[float]]:
        """A vector for each text, by the encoder that searches."""
        return self._embedder().embed(texts, kind)

    def embed_tokens(self, texts: Sequence[str]) -> list[list[TokenVectorAnswer]]:
        """A vector for each token of each text."""
        return [[TokenVectorAnswer(**asdict(token)) for token in text] for text in self._embedder().embed_tokens(texts)]

    def _head(self, task: str, endpoint: str) -> "Network":
        card = self.heads.card(task)
        if card.endpoint != endpoint:
            wanted = card.endpoint.removeprefix("/")
            raise BadInput(f"The task '{task}' is not one of {endpoint}: ask it at {card.endpoint} (`broadsheet {wanted}`).", field="task")
        return self.heads.head(task)

    def _only(self, kind: Kind, task: str | None, endpoint: str) -> "Network":
        return self._head(task or self.heads.first(kind), endpoint)


def _tagged(found: "Tagged") -> TaggedAnswer:
    return TaggedAnswer(
        tokens=[TokenAnswer(text=word.text, start=word.start, end=word.end, tag=word.tag) for word in found.words],
        entities=[
            EntityAnswer(text=one.text, type=one.type, start=one.start, end=one.end, probability=one.probability) for one in found.entities
        ],
    )
