"""What is exported: every article that a search found, and where it can be read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from search.response import Hit, Walk


@dataclass(frozen=True, slots=True)
class Results:
    """A walk through all that matches, with addresses: ``site`` of this Broadsheet, ``page`` of the search on it.

    ``published_at`` is when the snapshot that was searched was made: what is exported of it does not change after that.
    """

    walk: Walk
    site: str
    page: str
    published_at: datetime

    @property
    def query(self) -> str:
        return self.walk.query

    @property
    def total(self) -> int:
        return self.walk.total

    @property
    def snapshot(self) -> str:
        return self.walk.snapshot

    @property
    def hits(self) -> Iterator[Hit]:
        """The hits in rank order, fetched as they are taken; they can be taken once."""
        return self.walk.hits

    def article_link(self, article_id: int) -> str:
        """The permanent address of an article."""
        return f"{self.site}/articles/{article_id}"
