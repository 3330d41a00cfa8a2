"""Hits as BibTeX entries, which LaTeX sets as the article is written."""

import re
import unicodedata
from collections.abc import Iterator

from search.article import Article
from search.export.plain import heading, one_line, web_address
from search.export.results import Results
from search.response import Hit

# Braces must balance in the file even when they are escaped, so they are named.
_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "$&%#_"},
}
_SPECIAL = re.compile("[" + re.escape("".join(_LATEX)) + "]")
_NOT_IN_ADDRESS = str.maketrans({"{": "%7B", "}": "%7D", "\\": "%5C"})  # the field is read verbatim, but for braces
_PLAIN_NAME = re.compile(r"[^\W\d_][^,{}]*")  # one name, which BibTeX can take apart


def bibtex(results: Results) -> Iterator[str]:
    """One entry per hit: @article where the source is known, else @misc. The keys are unique in an archive and stay the same."""
    for hit in results.hits:
        yield _entry(hit, results)


def _entry(hit: Hit, results: Results) -> str:
    article = hit.article
    fields = {
        "author": _author(article.author),
        "title": f"{{{_latex(heading(article))}}}",  # the inner braces keep capitals as they are
        "journal": _latex(article.source or ""),
        **_date(article),
        "url": (web_address(article) or results.article_link(hit.id)).translate(_NOT_IN_ADDRESS),
        "language": _latex(article.language or ""),
        "keywords": ", ".join(_latex(topic) for topic in article.topics),
        "abstract": _latex(hit.snippet.text),
        "note": _latex(f"Broadsheet: {results.article_link(hit.id)}"),
    }
    lines = [f"  {name} = {value if name == 'month' else f'{{{value}}}'}," for name, value in fields.items() if value]
    return "\n".join([f"@{'article' if article.source else 'misc'}{{{_key(hit)},", *lines, "}", "", ""])


def _key(hit: Hit) -> str:
    article = hit.article
    plain = unicodedata.normalize("NFKD", article.source or article.author or "").encode("ascii", "ignore").decode()
    word = "".join(re.findall(r"[a-z0-9]+", plain.lower()))[:20] or "article"
    year = f"{article.published_at.year}" if article.published_at else ""
    return f"{word}{year}-{hit.id}"


def _author(author: str | None) -> str:
    name = one_line(author or "")
    if not name:
        return ""
    simple = _PLAIN_NAME.fullmatch(name) and " and " not in f" {name.lower()} "
    return _latex(name) if simple else f"{{{_latex(name)}}}"


def _date(article: Article) -> dict[str, str]:
    """As much of the date as the article states."""
    date, precision = article.published_at, article.published_precision
    if date is None:
        return {}
    parts = {"year": f"{date.year:04}", "month": f"{date:%b}".lower(), "day": str(date.day)}
    known = {"year": 1, "month": 2}.get(precision or "day", 3)
    return dict(list(parts.items())[:known])


def _latex(text: str) -> str:
    return _SPECIAL.sub(lambda match: _LATEX[match[0]], one_line(text))
