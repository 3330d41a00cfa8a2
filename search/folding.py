"""A ranking with one row per story: of each story its best article stays, and brings the others with it."""

import numpy as np

from search.response import Story
from search.stages import Ranking
from search.store import Archive
from search.stories import GROUPED, stories


def fold(ranking: Ranking, archive: Archive) -> dict[int, Story]:
    """Leaves the best article of each story in the ranking; the stories of more than one article, by the id of that article.

    Stories are looked for among the first GROUPED articles, the same for every page; those behind them stay as they are.
    """
    ids = ranking.candidates.article_id[:GROUPED]
    leads = archive.leads(ids.tolist())
    here = np.array([id_ in leads for id_ in ids.tolist()], np.bool_)  # what was deleted since the snapshot is not
    found = ids[here]
    told = stories(
        [leads[id_] for id_ in found.tolist()],
        ranking.snapshot.lead_vectors(found),
        ranking.snapshot.near_duplicates(found),
        ranking.snapshot.commonness,
    )
    best = np.isin(ids, [story.best for story in told])
    ranking.take(np.concatenate([np.flatnonzero(best), np.arange(len(ids), len(ranking))]))
    return {story.best: story for story in told if story.size > 1}
