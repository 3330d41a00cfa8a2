"""Moves an archive to another encoder: new vectors are collected beside the old ones, then all change places and are published.

Searching, and indexing with the old encoder, go on while vectors are collected: which passages still lack one is a query, so
what comes meanwhile is found, and an interrupted collection goes on where it was.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from indexer.publication import publish
from search.index.manifest import Manifest
from search.protocols import Encoder
from search.store import Archive
from search.text import passage_text

BATCH_PASSAGES = 256  # some seconds of encoding: what is lost at most when a run is killed


class Collected(NamedTuple):
    """How many passages have a vector of the new encoder, and how many there are."""

    done: int
    total: int


def collect(archive: Archive, encoder: Encoder, name: str) -> Iterator[Collected]:
    """Encodes the passages that have no vector of the encoder; yields the progress at the start and after each stored batch.

    ``name`` is where the encoder is found again. The caller holds the reindexer lock.
    """
    reindexing = archive.reindexing()
    reindexing.begin(encoder.fingerprint, encoder.dimension, name)
    done, total = reindexing.progress()
    yield Collected(done, total)
    after = 0
    while passages := reindexing.missing(after, BATCH_PASSAGES):
        after = passages[-1].id
        articles = archive.articles(list({passage.article_id for passage in passages}))
        kept = [passage for passage in passages if passage.article_id in articles]  # some may have been deleted just now
        if not kept:
            continue
        owners = [articles[passage.article_id].article for passage in kept]
        texts = [passage_text(owner.title, owner.text[passage.start : passage.end]) for owner, passage in zip(owners, kept, strict=True)]
        reindexing.save([passage.id for passage in kept], encoder.encode_passages(texts).astype(np.float16))
        done += len(kept)
        yield Collected(done, max(done, total))


def move(archive: Archive, data: Path, encoder: Encoder, name: str) -> Manifest | None:
    """Collects what is left, lets the new vectors take the place of the old ones and publishes them.

    The caller holds the writer lock, so nothing is added meanwhile. A crash leaves the archive with all of the old vectors or
    all of the new ones, and the published snapshot as it was or new.
    """
    for _ in collect(archive, encoder, name):
        pass
    archive.reindexing().switch()
    return publish(archive, data)
