"""How many of the articles that match carry each source, topic, author and language.

Each facet is counted under all filters but its own, so a count says what choosing that name alone would give, whatever else is
chosen beside it. Counts are of all articles that match, so they are the same on every page.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from search.index.columns import Columns
from search.language.condition import NameField
from search.protocols import Mask
from search.query import Filters, Names
from search.response import Facet, FacetValue

LISTED = 50
"""Names of a facet that are listed, beside those that were chosen."""

_FILTER: dict[NameField, str] = {"source": "sources", "topic": "topics", "author": "authors", "language": "languages"}
"""Every facet, in the order in which they are shown, and what its names are called in ``Filters`` and ``Names``."""


def facets(matching: Mask, columns: Columns, filters: Filters) -> tuple[Facet, ...]:
    """The facets of the articles that match the query's text: ``matching[row]``, before any filter."""
    filtered = matching & columns.articles_matching(filters)
    return tuple(_facet(field, matching, filtered, columns, filters) for field in _FILTER)


def _facet(field: NameField, matching: Mask, filtered: Mask, columns: Columns, filters: Filters) -> Facet:
    names = columns.names[field]
    wanted, unwanted = _chosen(filters, field)
    counted = matching & columns.articles_matching(_others(filters, field)) if wanted or unwanted else filtered
    inside = counted[names.row]
    counts = np.bincount(names.code[inside], minlength=len(names.shown))
    named = np.zeros(len(counted), np.bool_)
    named[names.row[inside]] = True
    included, excluded = set(names.codes(wanted).tolist()), set(names.codes(unwanted).tolist())
    order = sorted(np.flatnonzero(counts).tolist(), key=lambda code: (-counts[code], names.shown[code]))
    chosen = included | excluded
    listed = [*order[:LISTED], *sorted(chosen - set(order[:LISTED]), key=lambda code: (-counts[code], names.shown[code]))]
    values = [FacetValue(names.shown[code], int(counts[code]), code in included, code in excluded) for code in listed]
    return Facet(field, (*values, *_unknown(field, columns, filters)), len(order), int(np.count_nonzero(counted & ~named)))


def _unknown(field: NameField, columns: Columns, filters: Filters) -> Iterator[FacetValue]:
    """What was chosen and no article carries."""
    wanted, unwanted = _chosen(filters, field)
    for name in dict.fromkeys((*wanted, *unwanted)):
        if len(columns.names[field].codes((name,))) == 0:
            yield FacetValue(name, 0, name in wanted, name in unwanted)


def _chosen(filters: Filters, field: NameField) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return _of(filters, field), _of(filters.without, field)


def _of(names: Filters | Names, field: NameField) -> tuple[str, ...]:
    chosen: tuple[str, ...] = getattr(names, _FILTER[field])
    return chosen


def _others(filters: Filters, field: NameField) -> Filters:
    """The filters without what was chosen in this facet."""
    nothing: dict[str, tuple[str, ...]] = {_FILTER[field]: ()}
    return replace(filters, **nothing, without=replace(filters.without, **nothing))  # type: ignore[arg-type]
