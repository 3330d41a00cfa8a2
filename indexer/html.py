"""Text from HTML: paragraphs kept, tags, scripts and styles gone, entities decoded."""

import html
import re

from lxml import etree

# A closing tag of a common element, or one that stands alone: prose with a stray "<" has neither.
_MARKUP = re.compile(
    r"</(?:p|div|span|a|b|i|em|strong|u|h[1-6]|li|ul|ol|td|table|blockquote|section|article|figure|font|body|html|script|style)\s*>"
    r"|<(?:p|br|hr|img)\b[^<>]*>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_INVISIBLE = frozenset({"script", "style", "noscript", "template", "head", "title", "iframe", "svg"})
_INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "img", "ins", "kbd", "mark", "q", "s"}
    | {"samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"}
)


def plain_text(text: str) -> str:
    """The text that a browser would show where the input is clearly HTML; else the input with its entities decoded."""
    if "<" in text and _MARKUP.search(text):
        return _shown(text)
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text) if "&" in text else text


def _shown(markup: str) -> str:
    # lxml reads hostile markup in linear time (the standard library's parser takes minutes for a megabyte of "<a <a <a").
    parser = etree.HTMLParser(target=_Text(), huge_tree=True)
    # Line breaks of the source are blanks in HTML; surrogates and NUL would stop the parser.
    source = markup.replace("\x00", "").encode("utf-8", "ignore")
    text: str = etree.fromstring(source, parser) if source else ""
    return text


class _Text:
    """Collects what is shown, each block on lines of its own; lxml calls its methods while parsing."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._hidden = 0

    def start(self, tag: str, attributes: object) -> None:  # noqa: ARG002 - lxml's signature
        self._hidden += tag in _INVISIBLE
        if tag not in _INLINE:
            self._pieces.append("\n")

    def end(self, tag: str) -> None:
        self._hidden -= tag in _INVISIBLE
        if tag not in _INLINE:
            self._pieces.append("\n")

    def data(self, data: str) -> None:
        if not self._hidden:
            self._pieces.append(" ".join(data.split("\n")))

    def close(self) -> str:
        return "".join(self._pieces)
