"""What is kept when feedback is on: a page of results as it was shown and what was done with it. Nothing of who did it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Event(StrEnum):
    """What somebody did with a result: opened it, or said what they think of it."""

    CLICK = "click"
    RELEVANT = "relevant"
    NOT_RELEVANT = "not_relevant"


@dataclass(frozen=True, slots=True)
class Showing:
    """One page of results, kept once somebody reacts to it.

    ``id`` is drawn at random for this page alone: it joins the reactions to one page, and no page to a person or to another page.
    ``day`` is in UTC, no more precise than that. ``search`` is what was asked beside the query, as in the page's address.
    ``shown`` are the articles from the top, of which the first has the rank ``first``. ``encoder`` and ``reranker`` are fingerprints.
    """

    id: str
    day: date
    query: str
    search: str
    snapshot: str
    encoder: str
    reranker: str | None
    first: int
    shown: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reaction:
    """One event, at one article of a showing."""

    showing: Showing
    article_id: int
    event: Event


@dataclass(frozen=True, slots=True)
class JudgedShowing:
    """A showing with all reactions to it, as article ids. The last mark of an article counts, so it is in one of the two at most."""

    showing: Showing
    clicked: frozenset[int] = frozenset()
    relevant: frozenset[int] = frozenset()
    not_relevant: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class FeedbackCounts:
    """How much feedback is kept; ``first`` and ``last`` are the days of the oldest and the newest showing, None without any."""

    showings: int
    clicks: int
    relevant: int
    not_relevant: int
    first: date | None
    last: date | None
