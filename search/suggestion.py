"""What may be meant by the beginning of a query, while it is typed."""

from dataclasses import dataclass
from typing import Literal

NamedKind = Literal["source", "author", "topic", "person", "organisation", "place"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A title, or the name of a source, author, topic, person, organisation or place, that goes on from what was typed.

    ``query`` finds it: the title itself, or the name as an operator (``source:"The Gazette"``). ``articles`` have the name; of a
    title it is 1, and ``article_id`` is its article.
    """

    kind: Literal["title"] | NamedKind
    text: str
    query: str
    articles: int
    article_id: int | None = None
