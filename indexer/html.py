"""Text from HTML: paragraphs kept, tags, scripts and styles gone, entities decoded."""

import html
import re
from typing import Any, cast

from lxml import etree

# A closing tag of a common element, or one that stands alone: prose with a stray "<" has neither.
_MARKUP = re.compile(
    r"</(?:p|div|span|a|b|i|em|strong|u|h[1-6]|li|ul|ol|td|table|blockquote|section|article|figure|font|body|html|script|style)\s*>"
    r"|<(?:p|br|hr|img)\b[^<>]*>",
    re.IGNORECASE,
)
_BLOCK = re.compile(r"<(?:p|br|div|li|h[1-6]|td)\b", re.IGNORECASE)
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
    # lxml reads hostile markup in linear time; the standard library's parser takes hours for a few megabytes of "<a <a <a".
    target: Any = _Shown(keep_breaks=_BLOCK.search(markup) is None)
    parser = etree.HTMLParser(target=target, encoding="utf-8", huge_tree=True)
    source = markup.replace("\x00", "").encode("utf-8", "ignore")  # NUL and lone surrogates would stop the parser
    return cast(str, etree.fromstring(source, parser))  # what the target's close() returns


class _Shown:
    """Collects what is shown, each block on lines of its own; lxml calls its methods while parsing.

    A line break of the source is a blank in HTML, but parts paragraphs where the markup has no blocks (``keep_breaks``).
    """

    def __init__(self, keep_breaks: bool) -> None:
        self._keep_breaks = keep_breaks
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
            self._pieces.append(data if self._keep_breaks else data.replace("\n", " "))

    def close(self) -> str:
        return "".join(self._pieces)
