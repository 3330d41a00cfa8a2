"""A search as the address of its page, which holds all of it."""

from urllib.parse import urlencode

from search.query import PLURALS, Mode, Query, Sort


def address_of(query: Query) -> str:
    """The query string of the page, the feeds and the API that ask for the same; pages and counts are no part of it."""
    filters = query.filters
    fields: list[tuple[str, object]] = [("q", query.text)]
    fields += [("mode", query.mode.value)] if query.mode is not Mode.HYBRID else []
    fields += [] if query.rerank else [("rerank", "false")]
    fields += [(name, date.isoformat()) for name, date in (("after", filters.after), ("before", filters.before)) if date]
    for field in PLURALS:
        fields += [(field, name) for name in filters.of(field)]
        fields += [(f"not_{field}", name) for name in filters.without.of(field)]
    fields += [("sort", query.sort.value)] if query.sort is not Sort.RELEVANCE else []
    fields += [("half_life", f"{query.half_life_days:g}")] if query.half_life_days is not None else []
    return urlencode(fields)
