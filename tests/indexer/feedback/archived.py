"""An archive of 25 articles with a little feedback, for tests of what is made of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from search.article import Article
from search.assemble import DATABASE
from search.feedback import Event, Reaction, Showing
from search.store import Archive, Identity, Write, open_archive, record_hash, text_hash
from search.text import windows

SHOWING = Showing("s1", date(2026, 3, 1), "Oil price", "", "snapshot", "tiny-encoder", None, 1, (1, 2, 3, 4))
STORM = replace(SHOWING, id="s3", day=date(2026, 4, 1), query="storm damage source:gazette", shown=(7, 8))
NOBODY = replace(SHOWING, id="s4", query="nobody wants these", shown=(9, 10))


@contextmanager
def archive_with_feedback(folder: Path) -> Iterator[Archive]:
    """Three pages: one is clicked twice, one marked, on one nothing is right."""
    folder.mkdir(exist_ok=True)
    with open_archive(f"sqlite:///{folder / DATABASE}") as archive:
        archive.claim(Identity("tiny-encoder", 2, 150, 100))
        archive.save([_write(Article(f"key-{number}", f"Title {number}", f"Body of article {number}.")) for number in range(1, 26)])
        again = replace(SHOWING, id="s2", query="oil  price")
        archive.feedback().store(
            [
                Reaction(SHOWING, 3, Event.CLICK),
                Reaction(again, 1, Event.CLICK),
                Reaction(again, 4, Event.NOT_RELEVANT),
                Reaction(STORM, 8, Event.RELEVANT),
                Reaction(NOBODY, 9, Event.NOT_RELEVANT),
            ]
        )
        yield archive


def _write(article: Article) -> Write:
    spans = tuple(windows(article.text, 150, 100))
    return Write(article, text_hash(article), record_hash(article), windows=spans, vectors=np.full((len(spans), 2), 2**-0.5, np.float16))
