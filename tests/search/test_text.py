"""Texts are cleaned once, cut into windows that cover them, and read by the models in one form."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from search.text import clean_line, clean_text, passage_text, windows


def test_cleaning_normalises_and_keeps_paragraphs() -> None:
    assert clean_text("  Cafe\u0301 \t noir\r\n\r\n  second\x00 paragraph\ufeff \u2029third ") == "Café noir\nsecond paragraph\nthird"
    assert clean_line(" A\nheadline ") == "A headline"


@given(st.text())
def test_cleaning_is_stable_and_leaves_what_every_database_and_encoding_takes(text: str) -> None:
    cleaned = clean_text(text)
    cleaned.encode("utf-8")
    assert "\x00" not in cleaned
    assert clean_text(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)


@given(st.lists(st.text("ab", min_size=1, max_size=3), max_size=60), st.integers(1, 20), st.integers(1, 20))
def test_windows_cover_every_word_in_order_with_the_overlap_asked_for(words: list[str], size: int, step: int) -> None:
    step = min(step, size)
    text = " ".join(words)
    cut = [text[start:end].split() for start, end in windows(text, size, step)]
    assert len(cut) == (1 if len(words) <= size else 1 + -(-(len(words) - size) // step))
    for number, window in enumerate(cut):
        assert window == words[number * step : number * step + size]
    assert not words or cut[-1][-1] == words[-1]


def test_in_chinese_each_character_counts_as_a_word() -> None:
    text = "欧佩克宣布减产。OPEC cut output, 油价上涨。"
    cut = [text[start:end] for start, end in windows(text, 5, 4)]
    assert cut[:3] == ["欧佩克宣布", "布减产。OPEC cut", "cut output, 油价上"]
    assert cut[-1].endswith("涨。")
    body = "石油" * 1_000
    assert max(end - start for start, end in windows(body, 150, 100)) == 150


def test_the_title_stands_in_front() -> None:
    assert passage_text("Title", "body") == "Title\nbody"
    assert passage_text("", "body") == "body"
    assert passage_text("Title", "") == "Title"
