"""What the web asks of an engine and of the heads: ``search.engine.SearchEngine`` and ``search.heads.predictor.Predictor`` do it for real,
the tests bring small ones of their own."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from search.article import StoredArticle
from search.feedback import Reaction
from search.heads.answers import ChoiceAnswer, FillingAnswer, HeadAnswer, Label, SpanAnswer, TaggedAnswer, TokenVectorAnswer, Value
from search.heads.card import HeadCard
from search.heads.features import Vector
from search.heads.problem import Problem
from search.overview import Overview
from search.query import Query
from search.response import Comparison, Hit, SearchResponse, Walk
from search.suggestion import Suggestion


class FeedbackStore(Protocol):
    """Where the reactions to results are kept; any thread may ask it. Each raises BroadsheetError when it cannot be reached."""

    def key(self) -> bytes:
        """A secret of the archive, always the same."""
        ...

    def missing(self, article_ids: Sequence[int]) -> list[int]:
        """Those of the articles that the archive does not have, in the order given."""
        ...

    def store(self, reactions: Sequence[Reaction]) -> None:
        """Keeps all of them, or on an error none."""
        ...

    def forget(self, before: date) -> int:
        """Removes what is from before this day; how many showings that were."""
        ...


class Engine(Protocol):
    """A searchable archive.

    ``search_many``, ``compare`` and ``similar`` use the models and are called by one thread at a time; the others may be called
    by any thread at any time. Each raises NoIndex as long as nothing has been published.
    """

    def search_many(self, queries: Sequence[Query]) -> list[SearchResponse]:
        """One response per query, in their order, found in one batch through the models."""
        ...

    def compare(self, queries: Sequence[Query]) -> Comparison:
        """The queries over the same bars, whose length the first one says. Raises BadInput where there would be too many."""
        ...

    def walk(self, query: Query) -> Walk:
        """All that matches, in rank order. Taking its hits needs no models and may be done by any thread."""
        ...

    def article(self, article_id: int) -> StoredArticle:
        """The article of that id. Raises NotFound."""
        ...

    def similar(self, article_id: int, top_k: int) -> tuple[Hit, ...]:
        """At most ``top_k`` articles nearest in meaning, without the article itself. Raises NotFound."""
        ...

    def like_text(self, text: str, top_k: int) -> tuple[Hit, ...]:
        """At most ``top_k`` articles that are most like a text; uses the models. Raises BadInput for a text without words."""
        ...

    def find(self, reference: str) -> StoredArticle:
        """The article with this key, address or id. Raises NotFound."""
        ...

    def suggest(self, typed: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """Names and titles that go on from the beginning of a query. Needs no models."""
        ...

    def feedback(self) -> FeedbackStore:
        """Where feedback is kept; asked for where it is turned on."""
        ...

    def overview(self) -> Overview:
        """What the snapshot now served holds; cheap."""
        ...

    def refresh(self) -> bool:
        """True after swapping to a newer published snapshot; cheap when there is none."""
        ...


class Predictor(Protocol):
    """The installed heads and the encoder's vectors.

    ``cards`` and ``catalogue`` may be called by any thread; the others use the models and are called by one at a time. Each takes
    many texts and answers them in order in one batch; where ``task`` is None the only head of the kind answers. They raise
    NotFound for a task without a head, and BadInput for one that another method answers.
    """

    def cards(self) -> list[HeadCard]:
        """The installed heads in alphabetical order; cheap."""
        ...

    def catalogue(self) -> list[HeadAnswer]:
        """The same with their fingerprints, for which the weights are read once."""
        ...

    def classify(self, texts: Sequence[str], task: str) -> list[Label]:
        """A label for each text."""
        ...

    def pair(self, pairs: Sequence[tuple[str, str]], task: str) -> list[Label | Value]:
        """A label or a number for each pair."""
        ...

    def tag(self, texts: Sequence[str], task: str) -> list[TaggedAnswer]:
        """Tags and entities of each text."""
        ...

    def tag_words(self, sentences: Sequence[Sequence[str]], task: str) -> list[TaggedAnswer]:
        """The same for texts that are given as words."""
        ...

    def answer(self, questions: Sequence[tuple[str, str]], task: str | None = None) -> list[SpanAnswer]:
        """The answer to each (question, passage)."""
        ...

    def fill_masks(self, texts: Sequence[str], task: str | None, top_k: int) -> list[list[FillingAnswer]]:
        """The likeliest tokens for the masks of each text. Raises BadInput for a text without a mask."""
        ...

    def read_texts(self, texts: Sequence[str], task: str | None, top_k: int) -> list[tuple[list[FillingAnswer], float | None]]:
        """The same for texts that need not have a mask, each with its pseudo-perplexity, from 1; None for a text without a word."""
        ...

    def choose(self, problems: Sequence[Problem], task: str | None = None) -> list[ChoiceAnswer]:
        """The best choice of each problem."""
        ...

    def embed(self, texts: Sequence[str], kind: Vector) -> list[list[float]]:
        """A vector for each text. Raises NoIndex as long as nothing is indexed."""
        ...

    def embed_tokens(self, texts: Sequence[str]) -> list[list[TokenVectorAnswer]]:
        """A vector for each token of each text."""
        ...
