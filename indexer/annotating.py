"""Lets the heads say of every article in the archive what is not said yet, batch by batch, each stored in one transaction.

What is missing is a query, so an interrupted run is continued by running it again, and a head that was trained anew is asked again.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from search.annotation import Annotation
from search.article import Article
from search.store import Archive

BATCH_ARTICLES = 256  # some seconds of reading: what is lost at most when a run is killed


class Annotator(Protocol):
    """Says something of articles."""

    @property
    def fingerprints(self) -> Mapping[str, str]:
        """Each task that it answers, with what tells the head that answers it from all others."""
        ...

    def annotate(self, articles: Sequence[Article], tasks: Collection[str]) -> Sequence[Sequence[Annotation]]:
        """For each article, in order, one annotation for each of the tasks."""
        ...


class Annotated(NamedTuple):
    """How many articles have all annotations that are wanted, and how many articles there are."""

    done: int
    total: int


def annotate(archive: Archive, annotator: Annotator, batch: int = BATCH_ARTICLES) -> Iterator[Annotated]:
    """Annotates what is not annotated; yields the progress at the start and after each stored batch.

    The caller holds the writer lock. Articles that lack the same tasks are read together.
    """
    annotating, heads = archive.annotating(), annotator.fingerprints
    done, total = annotating.progress(heads)
    yield Annotated(done, total)
    after = 0
    while missing := annotating.missing(heads, after, batch):
        after = missing[-1].stored.id
        together: dict[frozenset[str], list[tuple[int, Article]]] = defaultdict(list)
        for stored, tasks in missing:
            together[tasks].append((stored.id, stored.article))
        found: dict[int, Sequence[Annotation]] = {}
        for tasks, articles in together.items():
            said = annotator.annotate([article for _, article in articles], tasks)
            found |= zip((article_id for article_id, _ in articles), said, strict=True)
        annotating.save(found)
        done += len(missing)
        yield Annotated(done, total)
