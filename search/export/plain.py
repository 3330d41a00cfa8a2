"""What of an article may stand in XML or on one line of a reference."""

import re
from urllib.parse import urlsplit

from search.article import Article

# XML 1.0, production 2: all other characters make a document ill-formed, even as references.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Control characters, line and paragraph separators, halves of characters. Joiners stay: names and emoji are written with them.
_NOT_ON_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def xml_text(text: str) -> str:
    """The text without the characters that no XML document may hold."""
    return _NOT_XML.sub("", text)


def one_line(text: str) -> str:
    """The text with each run of blanks and line breaks as one space, without control characters."""
    return " ".join(_NOT_ON_A_LINE.sub(" ", text).split())


def heading(article: Article) -> str:
    """The title on one line; of an article without one, its key."""
    return one_line(article.title) or one_line(article.key)


def web_address(article: Article) -> str | None:
    """The article's own address when it is one that can be followed: http or https, with a host."""
    address = article.url or ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    followable = parts.scheme in ("http", "https") and bool(parts.netloc) and one_line(address) == address and " " not in address
    return address if followable else None
