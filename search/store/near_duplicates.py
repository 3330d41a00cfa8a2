"""Near-duplicates: articles that are joined by a chain of pairs which share most of their text and appeared within days.

An article that arrives is compared with those that share a band of its signature, never with all. A group is known by the
smallest id in it, so it is the same in whatever order its articles came; an article whose group changes belongs to the new
revision, and so to the next snapshot.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, delete, insert, select, update

from search.article import Article
from search.minhash import VALUES, Signature, bands, resemblance, signature
from search.store import rows
from search.store.schema import articles, signature_bands, signatures

RESEMBLANCE = 0.5
"""Share of their shingles (estimated Jaccard) from which two articles are near-duplicates."""

DAYS = 3.0
"""Between their dates at most: the same words a week later are the next report of a series. Where a date is unknown, any."""

_CROWDED = 50  # articles in a band: those that come later meet them there and need not be found there themselves

_UNKNOWN = np.datetime64("NaT", "s")
_Dates = npt.NDArray[np.datetime64]


def article_signature(article: Article) -> Signature:
    """The signature of an article's title and text."""
    return signature(f"{article.title}\n{article.text}")


def arrive(connection: Connection, arriving: Mapping[int, Signature], revision: int) -> None:
    """Puts articles, new or changed, into their groups."""
    if not arriving:
        return
    leave(connection, list(arriving), revision)
    keys = {id_: bands(found).tolist() for id_, found in sorted(arriving.items())}
    neighbours = _meet(connection, keys)
    known = _Known(connection, sorted({other for others in neighbours.values() for other in others} | set(arriving)), arriving)
    labels = _Labels(known.groups)
    for id_, others in neighbours.items():
        for other in known.near_duplicates(id_, sorted(others)):
            labels.unite(known.groups[id_], known.groups[other])
    values = [
        {"article_id": id_, "group_id": labels.of(id_), "signature": found.astype("<u4").tobytes()} for id_, found in arriving.items()
    ]
    connection.execute(insert(signatures), values)
    rows.mark(connection, [id_ for id_ in arriving if labels.of(id_) != id_], revision)
    for group in set(labels.renamed()) - set(arriving):
        rows.mark(connection, _members(connection, [group]), revision)
        connection.execute(update(signatures).where(signatures.c.group_id == group).values(group_id=labels.of(group)))


def leave(connection: Connection, ids: Sequence[int], revision: int) -> None:
    """Takes articles out of their groups; what holds together without them stays together."""
    found = list(rows.fetch(connection, select(signatures), signatures.c.article_id, list(ids)))
    for row in found:
        keys = bands(np.frombuffer(row.signature, "<u4")).tolist()
        connection.execute(delete(signature_bands).where(signature_bands.c.band.in_(keys), signature_bands.c.article_id == row.article_id))
    for chunk in rows.chunks([row.article_id for row in found]):
        connection.execute(delete(signatures).where(signatures.c.article_id.in_(chunk)))
    left = sorted({row.group_id for row in found})
    remaining = sorted(_members(connection, left))
    if not remaining:
        return
    known = _Known(connection, remaining, {})
    labels = _Labels(remaining)
    for place, id_ in enumerate(remaining):
        same = [other for other in remaining[:place] if known.groups[other] == known.groups[id_]]
        for other in known.near_duplicates(id_, same):
            labels.unite(id_, other)
    changed = {id_: labels.of(id_) for id_ in remaining if labels.of(id_) != known.groups[id_]}
    for id_, group in changed.items():
        connection.execute(update(signatures).where(signatures.c.article_id == id_).values(group_id=group))
    rows.mark(connection, list(changed), revision)


class _Known:
    """The articles that are compared: signatures, keys of bands, dates and groups by id. One that arrives is its own group."""

    def __init__(self, connection: Connection, ids: Sequence[int], arriving: Mapping[int, Signature]) -> None:
        stored = {row.article_id: row for row in rows.fetch(connection, select(signatures), signatures.c.article_id, ids)}
        dates = {row.id: row.published_at for row in rows.fetch(connection, _DATES, articles.c.id, ids)}
        texts = {id_: np.frombuffer(row.signature, "<u4") for id_, row in stored.items()} | dict(arriving)
        self.groups = {id_: id_ for id_ in arriving} | {id_: row.group_id for id_, row in stored.items()}
        self._place = {id_: place for place, id_ in enumerate(ids)}
        self._told = np.array([len(texts[id_]) > 0 for id_ in ids], np.bool_)
        self._values = np.array([texts[id_] if len(texts[id_]) else np.zeros(VALUES) for id_ in ids], np.uint32)  # (n, VALUES)
        self._bands = np.array([bands(values) for values in self._values])  # (n, BANDS)
        self._dates: _Dates = np.array([_instant(dates[id_]) for id_ in ids], "datetime64[s]")

    def near_duplicates(self, id_: int, others: Sequence[int]) -> list[int]:
        """Which of the others nearly equal the article and share a band with it."""
        me = self._place[id_]
        if not others or not self._told[me]:
            return []
        places = np.array([self._place[other] for other in others])
        alike = self._told[places] & (resemblance(self._values[me], self._values[places]) >= RESEMBLANCE)
        alike &= (self._bands[places] == self._bands[me]).any(axis=1)
        apart = np.abs(self._dates[places] - self._dates[me]) / np.timedelta64(1, "D")
        alike &= ~(apart > DAYS)  # an unknown date is apart by NaN, which is not more
        return [other for other, is_alike in zip(others, alike, strict=True) if is_alike]


class _Labels:
    """Disjoint sets of groups, each named by its smallest member."""

    def __init__(self, groups: Iterable[int] | Mapping[int, int]) -> None:
        self._parent = {group: group for group in (groups.values() if isinstance(groups, Mapping) else groups)}

    def of(self, group: int) -> int:
        while self._parent[group] != group:
            group = self._parent[group]
        return group

    def unite(self, one: int, other: int) -> None:
        first, second = sorted((self.of(one), self.of(other)))
        self._parent[second] = first

    def renamed(self) -> list[int]:
        return sorted(group for group in self._parent if self.of(group) != group)


_DATES = select(articles.c.id, articles.c.published_at)


def _instant(date: datetime | None) -> np.datetime64:
    return _UNKNOWN if date is None else np.datetime64(date.replace(tzinfo=None), "s")


def _meet(connection: Connection, keys: Mapping[int, Sequence[int]]) -> dict[int, set[int]]:
    """Whom each arriving article finds in its bands, those that arrive with it and have a smaller id included; enters it there."""
    wanted = list({key for found in keys.values() for key in found})
    present: dict[int, list[int]] = {}
    for row in rows.fetch(connection, select(signature_bands), signature_bands.c.band, wanted):
        present.setdefault(row.band, []).append(row.article_id)
    neighbours: dict[int, set[int]] = {}
    entered = []
    for id_, found in keys.items():
        neighbours[id_] = {other for key in found for other in present.get(key, ())}
        for key in found:
            others = present.setdefault(key, [])
            if len(others) < _CROWDED:
                others.append(id_)
                entered.append({"band": key, "article_id": id_})
    if entered:
        connection.execute(insert(signature_bands), entered)
    return neighbours


def _members(connection: Connection, groups: Sequence[int]) -> list[int]:
    query = select(signatures.c.article_id)
    return [row.article_id for row in rows.fetch(connection, query, signatures.c.group_id, groups)]
