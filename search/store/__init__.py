"""Keeps articles, passages and vectors in SQL, the only truth. Knows nothing of models, indexes or dump files."""

from search.store.archive import Archive, open_archive
from search.store.feedback import Feedback
from search.store.hashes import record_hash, text_hash
from search.store.records import ArchiveStatistics, Identity, PassageBatch, State, Twin, Write

__all__ = [
    "Archive",
    "ArchiveStatistics",
    "Feedback",
    "Identity",
    "PassageBatch",
    "State",
    "Twin",
    "Write",
    "open_archive",
    "record_hash",
    "text_hash",
]
