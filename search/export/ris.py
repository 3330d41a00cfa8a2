"""Hits as RIS references, which reference managers import."""

from collections.abc import Iterator

from search.article import Article
from search.export.plain import heading, one_line, web_address
from search.export.results import Results
from search.response import Hit


def ris(results: Results) -> Iterator[str]:
    """One reference of type NEWS per hit, its lines ending in CR LF."""
    for hit in results.hits:
        yield "".join(f"{tag}  - {value}\r\n" for tag, value in _fields(hit, results)) + "ER  - \r\n\r\n"


def _fields(hit: Hit, results: Results) -> Iterator[tuple[str, str]]:
    article = hit.article
    link = results.article_link(hit.id)
    values = [
        ("TY", "NEWS"),
        ("ID", str(hit.id)),
        ("TI", heading(article)),
        ("AU", article.author),
        ("T2", article.source),
        ("PY", f"{article.published_at.year:04}" if article.published_at else None),
        ("DA", _date(article)),
        ("AB", hit.snippet.text),
        *(("KW", topic) for topic in article.topics),
        ("LA", article.language),
        ("UR", web_address(article) or link),
        ("DB", "Broadsheet"),
        ("L2", link),
    ]
    for tag, value in values:
        if line := one_line(value or ""):
            yield tag, line


def _date(article: Article) -> str | None:
    """YYYY/MM/DD/ with nothing where the article does not say."""
    date = article.published_at
    if date is None:
        return None
    month = "" if article.published_precision == "year" else f"{date.month:02}"
    day = "" if article.published_precision in ("year", "month") else f"{date.day:02}"
    return f"{date.year:04}/{month}/{day}/"
