"""A real process that indexes a dump as `broadsheet index` does, with an encoder that starts in no time; made to be killed.

Usage: python -m tests.indexer.indexing_process DUMP DATA ENCODED_LOG
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from indexer import indexing
from indexer.dump import Dump
from indexer.lock import writer_lock
from indexer.publication import Policy, publish
from search.store import Identity, open_archive
from tests.archives import CUTTING
from tests.fakes import WordEncoder


class LoggingEncoder(WordEncoder):
    """Notes every passage that it encodes in a file."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self._log = log

    def encode_passages(self, texts):  # type: ignore[no-untyped-def]
        with self._log.open("a") as file:
            file.writelines(text.replace("\n", "|") + "\n" for text in texts)
        return super().encode_passages(texts)


def main(dump: str, data: Path, log: Path) -> None:
    indexing.BATCH_ARTICLES = 10
    url = f"sqlite:///{data / 'broadsheet.db'}"
    with writer_lock(url, data), open_archive(url) as archive:
        encoder = LoggingEncoder(log)
        archive.claim(Identity(encoder.fingerprint, encoder.dimension, CUTTING.words, CUTTING.step))
        print("ready", flush=True)
        for _ in indexing.Indexer(archive, encoder, CUTTING, print).run(Dump.open([dump]), datetime.now(UTC)):
            pass
        publish(archive, data, Policy(whole=0, tail=50))
    print("done", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
