"""The labels of an archive's own feedback, ready to write down or to train on."""

from dataclasses import dataclass

from indexer.feedback.labels import LabelledText, labels_of
from indexer.feedback.propensity import DEFAULT_ETA, estimate_eta
from search.errors import BadInput
from search.store import Archive


@dataclass(frozen=True, slots=True)
class FeedbackLabels:
    """Queries with something relevant and their labels. ``unusable`` counts the queries without, ``showings`` those that were read.

    ``eta`` is the position bias that was corrected, ``estimated`` says whether it was estimated from this feedback.
    """

    queries: tuple[LabelledText, ...]
    unusable: int
    showings: int
    eta: float
    estimated: bool


def feedback_labels(archive: Archive, eta: float | None = None) -> FeedbackLabels:
    """What the feedback of an archive says; articles that were deleted since are left out.

    Without ``eta`` it is estimated, or DEFAULT_ETA where there is too little to estimate it from.
    Raises BadInput when there is no feedback, or none that says of any article that it is relevant.
    """
    showings = list(archive.feedback().showings())
    if not showings:
        raise BadInput(
            "No feedback is kept in this archive: turn it on with BROADSHEET_FEEDBACK=true where it is served, and let people use it."
        )
    estimate = estimate_eta(showings) if eta is None else None
    used = next(value for value in (eta, estimate, DEFAULT_ETA) if value is not None)
    gone = set(archive.feedback().missing(sorted({id_ for judged in showings for id_ in judged.showing.shown})))
    found = [
        LabelledText(one.text, {id_: label for id_, label in one.labels.items() if id_ not in gone}) for one in labels_of(showings, used)
    ]
    usable = tuple(one for one in found if one.is_usable)
    if not usable:
        raise BadInput(f"In the feedback on {len(showings):,} pages no article is relevant to any query: there is nothing to learn.")
    return FeedbackLabels(usable, len(found) - len(usable), len(showings), used, estimate is not None)
