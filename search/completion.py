"""Suggestions for what is being typed: names and titles that go on from it, without any model."""

from search.index.snapshot import Snapshot
from search.language.words import words
from search.store import Archive
from search.suggestion import NamedKind, Suggestion

_NAMES = 3
"""Names of one kind: they come first, as they are few and narrow the search most."""
_SHORTEST = 2
"""Letters typed from which titles are looked through."""
_READ = 4
"""Titles read for each that is shown: those that begin with what was typed come first."""


def completions(typed: str, limit: int, snapshot: Snapshot, archive: Archive) -> tuple[Suggestion, ...]:
    """At most ``limit`` names, most frequent first, then titles, newest first; none before there is a word.

    The words typed may stand anywhere in a title; in a name they stand next to each other. The last one may go on.
    """
    beginning = words(typed)
    if not beginning or limit < 1:
        return ()
    names = _names(beginning, snapshot)[:limit]
    titles = _titles(beginning, limit - len(names), snapshot, archive) if len(names) < limit else []
    return (*names, *titles)


def _names(beginning: list[str], snapshot: Snapshot) -> list[Suggestion]:
    kinds: tuple[NamedKind, ...] = ("topic", "source", "author", "person", "organisation", "place")
    return [
        Suggestion(kind, name, f'{kind}:"{name}"', count)
        for kind in kinds
        for name, count in snapshot.columns.names[kind].beginning(beginning, _NAMES)
        if '"' not in name
    ]


def _titles(beginning: list[str], limit: int, snapshot: Snapshot, archive: Archive) -> list[Suggestion]:
    if len("".join(beginning)) < _SHORTEST and beginning[-1].isascii():
        return []
    ids = snapshot.titles_with(beginning, _READ * limit)
    stored = archive.articles(ids)
    titles: dict[str, int] = {}  # the newest article of each
    for article_id in ids:
        if article_id in stored:
            titles.setdefault(stored[article_id].article.title, article_id)
    typed = " ".join(beginning)
    first = sorted(titles, key=lambda title: not " ".join(words(title)).startswith(typed))
    return [Suggestion("title", title, title, 1, titles[title]) for title in first[:limit]]
