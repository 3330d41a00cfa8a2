"""Labels from feedback, one for each query and article of which feedback says something.

Marks say it outright. Clicks are made by people who read from the top and stop: an article at the first place is clicked more often
than a better one at the tenth. So clicks are divided by how often the article is likely to have been looked at (the estimate of the
position-based model, which weighs a click by its inverse propensity: Joachims, Swaminathan and Schnabel 2017), and an article that was
passed over, shown above a clicked one and not clicked, is taken for irrelevant (skip above: Joachims 2002). Of the rest nothing is said.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from indexer.feedback.propensity import propensity
from search.feedback import JudgedShowing
from search.language import understand

HIGHEST_GRADE = 3
_MOST_BY_CLICKS = 2 / 3
"""Of the relevance that a mark gives: the article of a query with the most clicks for its looks has this."""
_PRIOR_LOOKS = 1.0
"""Added to an article's looks: a single click far down is no proof."""
_ADDRESS = re.compile(r"\s*https?://\S+\s*", re.IGNORECASE)


@dataclass(slots=True)
class Evidence:
    """What happened to an article that was shown for a query. ``looks`` is the expected number of times that it was looked at.

    ``skips`` counts the showings in which a lower one was clicked and it was not.
    """

    clicks: int = 0
    looks: float = 0.0
    skips: int = 0
    relevant: int = 0
    not_relevant: int = 0

    @property
    def rate(self) -> float:
        """Clicks for each look, shrunk towards 0 where there were few looks."""
        return self.clicks / (self.looks + _PRIOR_LOOKS)

    @property
    def marks(self) -> int:
        """How many showings it was marked in."""
        return self.relevant + self.not_relevant


@dataclass(frozen=True, slots=True)
class Label:
    """How relevant an article is to a query, 0..1, and the evidence for it."""

    relevance: float
    evidence: Evidence

    @property
    def grade(self) -> int:
        return grade_of(self.relevance)


def grade_of(relevance: float) -> int:
    """A relevance as a grade for qrels: 0 none, 1 and 2 the most that clicks give, 1 to 3 by the share of the marks."""
    return math.ceil(HIGHEST_GRADE * relevance - 1e-9)


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A query and the labels of articles by id."""

    text: str
    labels: Mapping[int, Label]

    @property
    def is_usable(self) -> bool:
        """Whether anything is relevant: a query without that teaches nothing."""
        return any(label.relevance > 0 for label in self.labels.values())


@dataclass(slots=True)
class _Gathered:
    spellings: Counter[str] = field(default_factory=Counter)
    evidence: dict[int, Evidence] = field(default_factory=lambda: defaultdict(Evidence))


def labels_of(showings: Iterable[JudgedShowing], eta: float) -> list[LabelledText]:
    """The labels of every query, in the order of the texts; queries that differ in case and spaces alone are one.

    A query's text is what the models read of it, its words without operators; queries of operators or an address alone are left out.
    ``eta`` is that of ``propensity``.
    """
    gathered: dict[str, _Gathered] = defaultdict(_Gathered)
    for judged in showings:
        text = query_text(judged.showing.query)
        if text:
            one = gathered[text.casefold()]
            one.spellings[text] += 1
            _gather(one.evidence, judged, eta)
    found = [
        LabelledText(min(one.spellings, key=lambda text: (-one.spellings[text], text)), _labels(one.evidence)) for one in gathered.values()
    ]
    return sorted((labelled for labelled in found if labelled.labels), key=lambda labelled: labelled.text)


def query_text(query: str) -> str:
    """The words that the models read of a query, nothing for an address."""
    return "" if _ADDRESS.fullmatch(query) else " ".join(understand(query).words.split())


def _gather(evidence: dict[int, Evidence], judged: JudgedShowing, eta: float) -> None:
    shown = judged.showing.shown
    lowest = max((place for place, article_id in enumerate(shown, 1) if article_id in judged.clicked), default=0)
    for place, article_id in enumerate(shown, 1):
        one = evidence[article_id]
        one.relevant += article_id in judged.relevant
        one.not_relevant += article_id in judged.not_relevant
        if lowest:  # where nothing was clicked, nobody may have wanted to open anything, or no script ran
            one.looks += propensity(place, eta)
            one.clicks += article_id in judged.clicked
            one.skips += place < lowest and article_id not in judged.clicked


def _labels(evidence: Mapping[int, Evidence]) -> dict[int, Label]:
    highest = max((one.rate for one in evidence.values()), default=0.0)
    labels = {}
    for article_id, one in sorted(evidence.items()):
        if one.marks:
            labels[article_id] = Label(one.relevant / one.marks, one)
        elif one.clicks:
            labels[article_id] = Label(_MOST_BY_CLICKS * one.rate / highest, one)
        elif one.skips:
            labels[article_id] = Label(0.0, one)
    return labels
