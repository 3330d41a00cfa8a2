"""Which of the articles that were found report one story: near-duplicates always, others by meaning, words and time.

Pure functions over what is known of the articles; nothing here depends on their order, so a story is the same on every page.
How the constants were chosen, and how good the groups are, is in docs/stories.md.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np
import numpy.typing as npt

from search.article import Lead
from search.language.words import words
from search.protocols import Floats, Ids, Vectors
from search.response import Story, StoryMember

GROUPED = 300
"""Articles of a ranking, from the top, among which stories are looked for."""

TOGETHER = 0.28
"""Mean kinship (0..1) of the articles of two groups from which they are one story."""

APART = 0.8
"""What the kinship of two articles is multiplied by when they are far apart in time, or a date is unknown."""

DAYS = 14.0
"""Within so many days the factor falls from 1 most of the way (1 / e) to APART."""

_RARITY = 1.5  # the power of the inverse document frequency: the rarer a word, the more it says which event is meant
_PRIOR = 50.0  # articles of the archive that count beside those that were found when it is told how rare a word is here

Kinship = npt.NDArray[np.float64]  # (n, n), symmetric, 0..1
Commonness = Callable[[Sequence[str]], Floats]


def stories(leads: Sequence[Lead], vectors: Vectors, near_duplicates: Ids, commonness: Commonness) -> list[Story]:
    """The stories of the articles, in the order in which the first article of each comes; an article alone is a story of one.

    ``vectors`` has the vector of the beginning of each article, ``near_duplicates`` a number that only near-duplicates share;
    ``commonness`` gives the share (0..1) of the archive's articles in which each word occurs.
    """
    labels = story_of_each(leads, vectors, near_duplicates, commonness)
    members: dict[int, list[int]] = {}
    for place, label in enumerate(labels.tolist()):
        members.setdefault(label, []).append(place)
    return [_story([leads[place] for place in places], near_duplicates[places].tolist()) for places in members.values()]


def story_of_each(leads: Sequence[Lead], vectors: Vectors, near_duplicates: Ids, commonness: Commonness) -> Ids:
    """For each article the smallest id in its story.

    Average linkage (UPGMA: Sokal and Michener 1958) over the kinship of all pairs, cut at TOGETHER.
    """
    ids = np.array([lead.id for lead in leads], np.int64)
    if len(ids) < 2:
        return ids
    order = np.argsort(ids)  # ties in the linkage are broken by place, which must not be that of a ranking
    ordered = [leads[place] for place in order]
    related = kinship(ordered, vectors[order], near_duplicates[order], commonness)
    groups = _linked(related)
    smallest = np.full(groups.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(smallest, groups, ids[order])
    labels = np.empty_like(ids)
    labels[order] = smallest[groups]
    return labels


def kinship(leads: Sequence[Lead], vectors: Vectors, near_duplicates: Ids, commonness: Commonness) -> Kinship:
    """How near each two articles are: the mean of the cosines of their meaning and of their words, less when they are apart in time."""
    meaning = np.clip(vectors.astype(np.float64) @ vectors.T.astype(np.float64), 0.0, 1.0)
    related = (meaning + _shared_words(leads, commonness)) / 2 * _nearness([lead.published_at for lead in leads])
    related[near_duplicates[:, None] == near_duplicates[None, :]] = 1.0
    return related


def _linked(related: Kinship) -> Ids:
    from scipy.cluster.hierarchy import fcluster, linkage  # takes a quarter of a second to import
    from scipy.spatial.distance import squareform

    distances = squareform(1.0 - related, checks=False)
    return np.asarray(fcluster(linkage(distances, "average"), 1.0 - TOGETHER, "distance"), np.int64) - 1


def _shared_words(leads: Sequence[Lead], commonness: Commonness) -> Kinship:
    """The cosines of the articles' words, weighted by how rare they are both in the archive and among these articles."""
    from scipy.sparse import csr_array

    counts = [Counter(words(f"{lead.title}\n{lead.text}")) for lead in leads]
    vocabulary = {word: column for column, word in enumerate(dict.fromkeys(word for count in counts for word in count))}
    starts = np.cumsum([0, *(len(count) for count in counts)])
    columns = np.fromiter((vocabulary[word] for count in counts for word in count), np.int64, starts[-1])
    times = np.fromiter((time for count in counts for time in count.values()), np.float64, starts[-1])
    articles = np.bincount(columns, minlength=len(vocabulary))
    share = (articles + _PRIOR * commonness(list(vocabulary))) / (len(leads) + _PRIOR)
    rarity = np.maximum(-np.log(share), 0.0) ** _RARITY
    weights = (1.0 + np.log(times)) * rarity[columns]
    lengths = np.sqrt(np.bincount(np.repeat(np.arange(len(leads)), np.diff(starts)), weights**2, len(leads)))
    weights /= np.repeat(np.maximum(lengths, 1e-12), np.diff(starts))
    table = csr_array((weights, columns, starts), shape=(len(leads), len(vocabulary)))
    shared: Kinship = (table @ table.T).toarray()
    return shared


def _nearness(dates: Sequence[datetime | None]) -> Kinship:
    """1 for articles of one moment, falling to APART; APART where a date is unknown."""
    days = np.array([np.nan if date is None else date.timestamp() / 86_400 for date in dates])
    gaps = np.abs(days[:, None] - days[None, :])
    nearness: Kinship = APART + (1.0 - APART) * np.nan_to_num(np.exp(-gaps / DAYS), nan=0.0)
    return nearness


def _story(found: Sequence[Lead], near_duplicates: Sequence[int]) -> Story:
    """The story of these articles, of which the first is the one to show."""
    dated = sorted(found, key=lambda lead: (lead.published_at is None, lead.published_at or datetime.min, lead.id))
    group = {lead.id: label for lead, label in zip(found, near_duplicates, strict=True)}
    first: dict[int, int] = {}
    members = []
    for lead in dated:
        original = first.setdefault(group[lead.id], lead.id)
        copy_of = None if original == lead.id else original
        members.append(StoryMember(lead.id, lead.title, lead.source, lead.published_at, lead.published_precision, copy_of))
    earliest = dated[0].id if len(dated) > 1 and dated[0].published_at else None
    fullest = min(found, key=lambda lead: (-lead.length, lead.id)).id if len(found) > 1 else None
    sources = tuple(dict.fromkeys(lead.source for lead in dated if lead.source))
    return Story(min(lead.id for lead in found), found[0].id, tuple(members), sources, earliest, fullest)
