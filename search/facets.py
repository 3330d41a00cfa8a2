"""How many of the articles that match carry each source, topic, author and language, and each name that the heads gave them.

Each facet is counted under all filters but its own, so a count says what choosing that name alone would give, whatever else is
chosen beside it. Counts are of all articles that match, so they are the same on every page.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from search.annotation import ANNOTATION_FIELDS, task_of
from search.index.columns import Columns
from search.language.condition import NameField
from search.protocols import Mask
from search.query import PLURALS, Filters, Names
from search.response import Facet, FacetValue

LISTED = 50
"""Names of a facet that are listed, beside those that were chosen."""


def facets(matching: Mask, columns: Columns, filters: Filters) -> tuple[Facet, ...]:
    """The facets of the articles that match the query's text: ``matching[row]``, before any filter.

    What the heads say has facets where they have said something, or something of it was chosen; labels have one for each head.
    """
    filtered = matching & columns.articles_matching(filters)
    return tuple(_facet(field, task, matching, filtered, columns, filters) for field, task in _shown(columns, filters))


def annotated_facets(columns: Columns) -> tuple[Facet, ...]:
    """What the heads say of all articles, where they have said something."""
    everything = np.ones(len(columns.article_id), np.bool_)
    shown = [(field, task) for field, task in _shown(columns, Filters()) if field in ANNOTATION_FIELDS]
    return tuple(_facet(field, task, everything, everything, columns, Filters()) for field, task in shown)


def _shown(columns: Columns, filters: Filters) -> Iterator[tuple[NameField, str | None]]:
    for field in PLURALS:
        names = (*columns.names[field].shown, *filters.of(field), *filters.without.of(field))
        if field == "label":
            yield from ((field, task) for task in sorted({task_of(name) for name in names}))
        elif names or field not in ANNOTATION_FIELDS:
            yield field, None


def _facet(field: NameField, task: str | None, matching: Mask, filtered: Mask, columns: Columns, filters: Filters) -> Facet:
    names = columns.names[field]
    wanted, unwanted = _of(filters, field, task), _of(filters.without, field, task)
    counted = matching & columns.articles_matching(_others(filters, field, task)) if wanted or unwanted else filtered
    inside = counted[names.row]
    if task is not None:
        inside &= np.array([_is_of(name, task) for name in names.folded], np.bool_)[names.code]
    counts = np.bincount(names.code[inside], minlength=len(names.shown))
    named = np.zeros(len(counted), np.bool_)
    named[names.row[inside]] = True
    included, excluded = set(names.codes(wanted).tolist()), set(names.codes(unwanted).tolist())
    carried = np.flatnonzero(counts)
    first = carried[np.lexsort((names.place[carried], -counts[carried]))][:LISTED].tolist()
    further = sorted((included | excluded) - set(first), key=lambda code: (-counts[code], names.shown[code]))
    values = [FacetValue(names.shown[code], int(counts[code]), code in included, code in excluded) for code in (*first, *further)]
    unknown = [FacetValue(name, 0, name in wanted, name in unwanted) for name in _unknown((*wanted, *unwanted), columns, field)]
    return Facet(field, (*values, *unknown), len(carried), int(np.count_nonzero(counted & ~named)), task)


def _unknown(chosen: tuple[str, ...], columns: Columns, field: NameField) -> Iterator[str]:
    """What was chosen and no article carries."""
    return (name for name in dict.fromkeys(chosen) if len(columns.names[field].codes((name,))) == 0)


def _of(names: Filters | Names, field: NameField, task: str | None) -> tuple[str, ...]:
    return tuple(name for name in names.of(field) if task is None or _is_of(name, task))


def _others(filters: Filters, field: NameField, task: str | None) -> Filters:
    """The filters without what was chosen in this facet."""
    chosen: dict[str, tuple[str, ...]] = {PLURALS[field]: tuple(set(filters.of(field)) - set(_of(filters, field, task)))}
    left: dict[str, tuple[str, ...]] = {PLURALS[field]: tuple(set(filters.without.of(field)) - set(_of(filters.without, field, task)))}
    return replace(filters, **chosen, without=replace(filters.without, **left))  # type: ignore[arg-type]


def _is_of(name: str, task: str) -> bool:
    return task_of(name).casefold() == task.casefold()
