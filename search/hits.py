"""From the places of a ranking to hits: articles are fetched, snippets cut, and sub-scores that no stage needed filled in."""

from collections.abc import Iterator

import numpy as np

from search.annotation import NOTHING
from search.protocols import Floats, Ids
from search.response import Hit
from search.snippet import Highlighter
from search.stages import Ranking, rows
from search.store import Archive

_FETCHED_AT_ONCE = 200


def hits_between(ranking: Ranking, first: int, last: int, archive: Archive, highlighter: Highlighter) -> tuple[Hit, ...]:
    """The hits of ranks ``first + 1 .. last``, as far as the ranking goes; articles deleted since the snapshot are left out."""
    places = np.arange(first, max(min(last, len(ranking)), first))
    page = rows(ranking.candidates, places)
    bm25 = _bm25(ranking, page.article_id, page.bm25)
    missing = [article_id for article_id in page.article_id.tolist() if article_id not in ranking.articles]
    articles = ranking.articles | archive.articles(missing)
    annotations = archive.annotations(page.article_id.tolist()) if ranking.snapshot.annotated else {}
    found_by_words = bool(ranking.understood.words)
    hits = []
    for position, article_id in enumerate(page.article_id.tolist()):
        stored = articles.get(article_id)
        if stored is None:
            continue
        start, end = int(page.start[position]), int(page.end[position])
        rank = first + position
        hits.append(
            Hit(
                rank=rank + 1,
                id=article_id,
                article=stored.article,
                snippet=highlighter.shown(stored.article, start, end),
                passage=(start, end),
                similarity=float(page.similarity[position]) if found_by_words else None,
                bm25=float(bm25[position]) if found_by_words else None,
                fused=_known(ranking.fused[rank]),
                relevance=_known(ranking.relevance[rank]),
                annotations=annotations.get(article_id, NOTHING),
            )
        )
    return tuple(hits)


def all_hits(ranking: Ranking, archive: Archive) -> Iterator[Hit]:
    """Every hit in rank order; articles are fetched some at a time, as they are asked for."""
    highlighter = Highlighter(ranking.understood)
    for first in range(0, len(ranking), _FETCHED_AT_ONCE):
        yield from hits_between(ranking, first, first + _FETCHED_AT_ONCE, archive, highlighter)


def _bm25(ranking: Ranking, article_ids: Ids, bm25: Floats) -> Floats:
    unknown = np.isnan(bm25)
    if not unknown.any():
        return bm25
    filled = bm25.copy()
    filled[unknown] = ranking.snapshot.bm25(ranking.understood.words, article_ids[unknown])
    return filled


def _known(value: np.float32) -> float | None:
    return None if np.isnan(value) else float(value)
