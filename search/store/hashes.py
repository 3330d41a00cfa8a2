"""What tells one article, or one version of it, from another: SHA-256 digests of 32 bytes, the same in every process."""

import hashlib
import json
from datetime import UTC

from search.article import Article
from search.store.columns import json_value


def key_hash(key: str) -> bytes:
    """Stands for the caller's key, however long it is."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


def text_hash(article: Article) -> bytes:
    """Equal for articles with the same title and text: exact duplicates, or an article whose passages are still right."""
    return hashlib.sha256(f"{article.title}\x00{article.text}".encode("utf-8", "surrogatepass")).digest()


def record_hash(article: Article) -> bytes:
    """Equal only for articles that agree in every field."""
    fields = [
        article.key,
        article.title,
        article.text,
        article.url,
        article.source,
        article.author,
        article.language,
        article.published_at and article.published_at.astimezone(UTC).isoformat(),
        article.published_precision,
        article.topics,
        json_value(article.extra),
    ]
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode("ascii")).digest()
