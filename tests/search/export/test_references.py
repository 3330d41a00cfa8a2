"""BibTeX and RIS, read back by independent parsers."""

import re
from typing import Any

import bibtexparser
import rispy
from hypothesis import given, settings
from hypothesis import strategies as st

from search.article import Article
from search.export import Format, export
from tests.search.export.results import SITE, results


def _text(wanted: Format, articles: "tuple[Article, ...] | None" = None) -> str:
    return "".join(export(results() if articles is None else results(articles), wanted))


def _bibtex(text: str) -> list[Any]:
    library = bibtexparser.parse_string(text)
    assert library.failed_blocks == []
    assert len(library.blocks) == len(library.entries)
    return list(library.entries)


def _plain(latex: str) -> str:
    """The text that LaTeX would set."""
    names = {"textbackslash": "\\", "textbraceleft": "{", "textbraceright": "}", "textasciitilde": "~", "textasciicircum": "^"}
    return re.sub(r"\\(?:(text\w+)\{\}|([$&%#_]))", lambda match: names[match[1]] if match[1] else match[2], latex)


def test_bibtex_is_read_by_an_independent_parser() -> None:
    first, second, third = _bibtex(_text(Format.BIBTEX))
    fields = {field.key: field.value for field in first.fields}
    assert (first.entry_type, first.key) == ("article", "thegazettesons2020-17")
    assert _plain(fields["title"]) == '{Oil & gas: "50% <off>" says {OPEC}_1 #2 — 🛢 油价}'
    assert fields["author"] == "Inés Okafor"
    assert _plain(fields["journal"]) == "The Gazette & Sons"
    assert (fields["year"], fields["day"]) == ("2020", "21")
    assert str(fields["month"]) in ("apr", "4")
    assert fields["url"] == "https://gazette.example/a?b=1&c=%7B2%7D%20_~#d"
    assert _plain(fields["note"]) == f"Broadsheet: {SITE}/articles/17"
    assert (second.entry_type, second.key) == ("misc", "article-18")
    assert not {"year", "author", "journal"} & {field.key for field in second.fields}
    fields = {field.key: field.value for field in third.fields}
    assert fields["author"] == "{Doe, Jane, and sons and others}"
    assert "day" not in fields  # the dump states the month only
    assert fields["url"] == f"{SITE}/articles/19"


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(), st.text(), st.text(), st.text()), max_size=3))
def test_no_text_breaks_bibtex(texts: list[tuple[str, str, str, str]]) -> None:
    articles = tuple(Article(str(n), title, text, author=author, source=source) for n, (title, text, author, source) in enumerate(texts))
    text = _text(Format.BIBTEX, articles)
    assert len({entry.key for entry in _bibtex(text)}) == len(articles)
    assert text.count("{") == text.count("}")


def test_ris_is_read_by_an_independent_parser() -> None:
    first, second, third = rispy.loads(_text(Format.RIS))
    assert first["type_of_reference"] == "NEWS"
    assert first["title"] == 'Oil & gas: "50% <off>" says {OPEC}_1 #2 — 🛢 油价'
    assert first["authors"] == ["Inés Okafor"]
    assert first["secondary_title"] == "The Gazette & Sons"
    assert (first["year"], first["date"]) == ("2020", "2020/04/21/")
    assert first["keywords"] == ["Business", "R&D"]
    assert first["urls"] == ["https://gazette.example/a?b=1&c={2}%20_~#d"]
    assert "year" not in second
    assert third["date"] == "1987/02//"


@settings(deadline=None)
@given(st.text(), st.text(), st.text())
def test_no_text_breaks_ris(title: str, text: str, author: str) -> None:
    articles = tuple(Article(str(number), title, text, author=author) for number in range(2))
    assert len(rispy.loads(_text(Format.RIS, articles))) == 2


def test_nothing_found_is_an_empty_file() -> None:
    assert _text(Format.BIBTEX, ()) == _text(Format.RIS, ()) == ""
