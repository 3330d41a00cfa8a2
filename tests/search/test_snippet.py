"""Snippets show the part of the passage that matched, with the matching words marked."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.article import Article
from search.index.terms import analyzer, query_terms, spread_out
from search.language import Understanding, understand
from search.snippet import SNIPPET_CHARACTERS, Highlighter

FILLER = "Nothing of interest happened in the town that day and nobody said a word about it. " * 8


def _marked(query: str, passage: str) -> list[str]:
    snippet = Highlighter(Understanding(query, query)).snippet(passage)
    return [snippet.text[start:end] for start, end in snippet.highlights]


def test_words_are_marked_in_any_form_and_stop_words_are_not() -> None:
    assert _marked("the price of oil", "Oil prices: the PRICE of crude oil is priced in.") == ["Oil", "prices", "PRICE", "oil", "priced"]


def test_a_short_passage_is_shown_whole() -> None:
    snippet = Highlighter(understand("walrus")).snippet("A walrus runs the harbour.")
    assert snippet.text == "A walrus runs the harbour."
    assert snippet.highlights == ((2, 8),)


def test_a_long_passage_is_cut_around_the_place_with_most_words_of_the_query() -> None:
    passage = f"{FILLER}A harbour. {FILLER}The walrus became harbour master of Lower Quay. {FILLER}"
    snippet = Highlighter(understand("walrus harbour master")).snippet(passage)
    assert "walrus became harbour master" in snippet.text
    assert snippet.text.startswith("…")
    assert snippet.text.endswith("…")


def test_without_a_matching_word_the_beginning_is_shown() -> None:
    snippet = Highlighter(understand("zxcvbnm")).snippet(FILLER)
    assert FILLER.startswith(snippet.text.removesuffix("…"))
    assert snippet.highlights == ()


@pytest.mark.parametrize(
    "passage", ["Zoë’s naïve 🙂🙂 façade über oil", "石油 oil 石油", "oil\x00oil", "İstanbul oil", "oil " * 500, "x" * 5000 + " oil"]
)
def test_offsets_count_characters(passage: str) -> None:
    assert all(word == "oil" for word in _marked("oil", passage))
    assert _marked("oil", passage) or "x" * 100 in passage


@pytest.mark.parametrize(
    ("query", "passage", "marked"),
    [
        ("减产", "欧佩克周日宣布减产，油价应声上涨。", ["减产"]),
        ("沙特阿拉伯油价", "沙特阿拉伯表示油价OPEC", ["沙特阿拉伯", "油价"]),
        ("OPEC 油价", "沙特阿拉伯表示油价OPEC", ["油价", "OPEC"]),
        ('"油"', "石油价格", ["油"]),
        ("econom*", "The economy, economics and ecology", ["economy", "economics"]),
        ('"the who" -pete', "Pete saw The Who", ["The", "Who"]),
        ("oil -price", "The oil price", ["oil"]),
        ("(zoe OR gas)", "Zoë’s gas", ["Zoë", "gas"]),
        ("naïv*", "NAÏVE naivete native", ["NAÏVE", "naivete"]),
    ],
)
def test_chinese_words_and_what_meets_a_condition_are_marked(query: str, passage: str, marked: list[str]) -> None:
    snippet = Highlighter(understand(query)).snippet(passage)
    assert [snippet.text[start:end] for start, end in snippet.highlights] == marked


def test_where_the_passage_lacks_what_a_condition_asks_for_another_is_shown() -> None:
    article = Article("1", "", f"{FILLER}The walrus runs the harbour. {FILLER}")
    snippet = Highlighter(understand('"walrus runs" town')).shown(article, 0, 200)
    assert "walrus runs the harbour" in snippet.text
    assert {snippet.text[start:end] for start, end in snippet.highlights} == {"walrus", "runs", "town"}
    assert Highlighter(understand("walrus town")).shown(article, 0, 200).text == article.text[:200]


@settings(deadline=None)
@given(st.text(max_size=900), st.text(max_size=60))
def test_any_text_gives_sorted_highlights_of_query_words_within_bounds(passage: str, query: str) -> None:
    snippet = Highlighter(Understanding(query, query)).snippet(passage)
    assert len(snippet.text) <= SNIPPET_CHARACTERS + 5
    assert snippet.text.strip("…") in passage.strip("…") or snippet.text in passage
    end_before = 0
    for start, end in snippet.highlights:
        assert end_before <= start < end <= len(snippet.text)
        assert set(analyzer().analyze(spread_out(snippet.text[start:end]))) <= set(query_terms(query))
        end_before = end
