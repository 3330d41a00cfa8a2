"""Builds one immutable segment of a snapshot from the archive: vectors, columns and removals of a range of revisions."""

from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa

from search.annotation import ANNOTATION_FIELDS, NOTHING, Annotations
from search.article import Article
from search.index import layout
from search.index.columns import ARTICLES, PASSAGES, write_table
from search.index.durable import DigestWriter, fsync_folder
from search.index.lexical import timestamp
from search.index.manifest import FileEntry, SegmentEntry
from search.index.vectors import FaissVectors
from search.protocols import Ids
from search.store import Archive


def build_segment(archive: Archive, folder: Path, after: int, upto: int, dimension: int) -> tuple[SegmentEntry, dict[str, FileEntry]]:
    """Writes the live rows with ``after < revision <= upto`` to a new folder below ``folder``, durably.

    ``upto`` must be the archive's highest revision. Returns the segment and its files, by name inside its folder.
    """
    place = folder / f"{after:010d}-{upto:010d}"
    place.mkdir()
    vectors, passages = _passages(archive, after, dimension)
    articles = _articles(archive, after)
    removed_passages, removed_articles = archive.removed(after)
    files = {
        layout.VECTORS: _entry(FaissVectors.from_vectors(vectors, passages["id"].to_numpy()).write(place / layout.VECTORS)),
        layout.PASSAGES: _entry(write_table(passages, place / layout.PASSAGES)),
        layout.ARTICLES: _entry(write_table(articles, place / layout.ARTICLES)),
        layout.REMOVED_PASSAGES: _entry(_write_ids(removed_passages, place / layout.REMOVED_PASSAGES)),
        layout.REMOVED_ARTICLES: _entry(_write_ids(removed_articles, place / layout.REMOVED_ARTICLES)),
    }
    fsync_folder(place)
    return SegmentEntry(name=place.name, after=after, upto=upto, articles=len(articles), passages=len(passages)), files


def _passages(archive: Archive, after: int, dimension: int) -> tuple["np.ndarray[tuple[int, int], np.dtype[np.float16]]", pa.Table]:
    vectors = [np.empty((0, dimension), np.float16)]
    tables = [PASSAGES.empty_table()]
    for batch in archive.changed_passages(after):
        vectors.append(batch.vectors)
        columns = {"id": batch.id, "article_id": batch.article_id, "start": batch.start, "end": batch.end}
        tables.append(pa.table(columns, schema=PASSAGES))
    return np.concatenate(vectors), pa.concat_tables(tables).combine_chunks()


def _articles(archive: Archive, after: int) -> pa.Table:
    batches = []
    for batch in archive.changed_articles(after):
        ids = [article_id for article_id, _ in batch]
        batches.append(_article_rows(batch, archive.near_duplicate_groups(ids), archive.annotations(ids)))
    return pa.concat_tables([ARTICLES.empty_table(), *batches]).combine_chunks()


def _article_rows(
    batch: Iterable[tuple[int, Article]], near_duplicates: Mapping[int, int], annotations: Mapping[int, Annotations]
) -> pa.Table:
    rows = [
        {
            "id": article_id,
            "published_at": timestamp(article.published_at),
            "source": article.source,
            "author": article.author,
            "language": article.language,
            "topics": annotations.get(article_id, NOTHING).topics(article.topics),
            "near_duplicates": near_duplicates.get(article_id, article_id),
            **{field: annotations.get(article_id, NOTHING).names(field) for field in ANNOTATION_FIELDS},
        }
        for article_id, article in batch
    ]
    return pa.Table.from_pylist(rows, schema=ARTICLES)


def _write_ids(ids: Ids, path: Path) -> DigestWriter:
    content = BytesIO()
    np.save(content, ids, allow_pickle=False)
    file = DigestWriter(path)
    file.write(content.getvalue())
    file.close()
    return file


def _entry(file: DigestWriter) -> FileEntry:
    return FileEntry(bytes=file.bytes, sha256=file.sha256)
