"""HTML becomes the text that a reader would see; text that is none stays as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.html import plain_text
from search.text import clean_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One <b>bo</b>ld word.</p><p>Two &amp; three.</p>", "One bold word.\nTwo & three."),
        ("Line one<br>line two<br/>line three", "Line one\nline two\nline three"),
        ("<p>wrapped\nby the\neditor</p>", "wrapped by the editor"),
        ("<div>a<script>alert('x')</script><style>p {}</style><p>b</p></div>", "a\nb"),
        ("<html><head><title>Site</title></head><body><h1>Head</h1>Body</body></html>", "Head\nBody"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("<p>unclosed <i>tags<p>are fine", "unclosed tags\nare fine"),
        ("<p>1 &lt; 2 &euro; &#8217; &nbsp;x</p>", "1 < 2 € ’ x"),
        ("<p>&lt;script&gt; stays text</p>", "<script> stays text"),
        ("<p>a\x00b\ud800</p>", "ab"),
        ("<!-- note --><p>x</p>", "x"),
        ("<p>caf\u00e9 \U0001f5de</p>", "caf\u00e9 \U0001f5de"),
        ('<meta charset="iso-8859-1"><p>caf\u00e9</p>', "caf\u00e9"),
        ("Plain one.\n\nPlain <b>two</b>.", "Plain one.\nPlain two."),
        ("Rock &amp; roll &#8211; &quot;live&quot;", 'Rock & roll – "live"'),
    ],
)
def test_markup_becomes_the_text_that_is_shown(markup: str, text: str) -> None:
    assert clean_text(plain_text(markup)) == text


@pytest.mark.parametrize(
    "text", ["a < b and c > d", "AT&T, R&D &co", "x<y", "<3 you", "if a<b then <c>", "https://x.org/?a=1&copy=2&lang=en"]
)
def test_text_that_is_no_html_stays_as_it_is(text: str) -> None:
    assert plain_text(text) == text


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    plain_text(text)
    plain_text(f"<p>{text}</p>")


@pytest.mark.parametrize("piece", ["<div>", "<!--", "<a ", "</p", "<", "<b><i>", "<![CDATA[", "&"])
def test_hostile_markup_is_read_in_linear_time(piece: str) -> None:
    plain_text("<p>x</p>" + piece * (1_000_000 // len(piece)))


def test_deeply_nested_text_is_not_lost() -> None:
    assert plain_text("<div>" * 5_000 + "deep" + "</div>" * 5_000 + "<p>after</p>").split() == ["deep", "after"]
