from collections.abc import Callable, Iterator

import numpy as np
import pytest

from search.article import Article
from search.store import Archive, Identity, Write, open_archive, record_hash, text_hash
from search.text import windows

IDENTITY = Identity(encoder_fingerprint="tiny-encoder", dimension=8, passage_words=3, passage_step=2)


@pytest.fixture
def archive(database_url: str) -> Iterator[Archive]:
    """An empty archive on each database, ready for vectors of 8 dimensions."""
    with open_archive(database_url) as opened:
        opened.claim(IDENTITY)
        yield opened


@pytest.fixture
def write() -> Callable[..., Write]:
    """Makes the write of an article with passages of three words; the vectors are drawn from its hash, so they tell versions apart."""

    def make(article: Article, article_id: int | None = None) -> Write:
        cut = list(windows(article.text, 3, 2))
        seed = int.from_bytes(record_hash(article)[:8], "little")
        vectors = np.random.default_rng(seed).standard_normal((len(cut), 8)).astype(np.float16)
        return Write(article, text_hash(article), record_hash(article), article_id, cut, vectors)

    return make
