"""What the web asks of an engine: ``search.engine.SearchEngine`` does it for real, the tests bring a small one of their own."""

from collections.abc import Sequence
from typing import Protocol

from search.article import StoredArticle
from search.overview import Overview
from search.query import Query
from search.response import Comparison, Hit, SearchResponse, Walk
from search.suggestion import Suggestion


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

    def overview(self) -> Overview:
        """What the snapshot now served holds; cheap."""
        ...

    def refresh(self) -> bool:
        """True after swapping to a newer published snapshot; cheap when there is none."""
        ...
