"""Which language a reader gets, and how it writes messages, numbers and dates."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from search.article import Precision
from search.query import Interval
from web.language import chosen_language, languages

ENGLISH, CHINESE = languages()["en"], languages()["zh"]


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("zh", "zh"),
        ("ZH-Hans-CN", "zh"),
        ("de-DE,de;q=0.9", "en"),
        ("de, zh;q=0.5, en;q=0.4", "zh"),
        ("en-US,en;q=0.9,zh;q=0.8", "en"),
        ("zh;q=0, en;q=0.1", "en"),
        ("*", "en"),
        ("zh;q=2, ;;;, q=1", "en"),
        ("\x00" * 5000, "en"),
    ],
)
def test_the_browser_says_the_language(header: str, code: str) -> None:
    assert chosen_language(accepted=header).code == code


def test_a_choice_comes_before_what_the_browser_says() -> None:
    assert chosen_language("zh", None, accepted="en").code == "zh"
    assert chosen_language(None, "zh", accepted="en").code == "zh"
    assert chosen_language("en", "zh", accepted="zh").code == "en"
    assert chosen_language("../../etc", "", accepted="zh").code == "zh"


@given(st.text(max_size=200))
def test_any_header_gives_a_language(header: str) -> None:
    assert chosen_language(header, accepted=header).code in languages()


def test_a_count_takes_its_plural_form() -> None:
    assert [ENGLISH.say("count.articles", n=n) for n in (0, 1, 2, 21_122)] == ["0 articles", "1 article", "2 articles", "21,122 articles"]
    assert [CHINESE.say("count.articles", n=n) for n in (1, 21_122)] == ["1 篇文章", "21,122 篇文章"]


def test_text_in_a_message_is_escaped_and_markup_is_kept() -> None:
    assert ENGLISH.say("nothing.text", query="<b>") == "No article in the archive answers &lt;b&gt;."
    assert ENGLISH.say("nothing.text", query=Markup("<q>oil</q>")) == "No article in the archive answers <q>oil</q>."
    assert ENGLISH.say("nothing.text", query="{0.__class__}") == "No article in the archive answers {0.__class__}."


@pytest.mark.parametrize(
    ("precision", "english", "chinese"),
    [
        ("year", "2020", "2020年"),
        ("month", "April 2020", "2020年4月"),
        ("day", "1 April 2020", "2020年4月1日"),
        (None, "1 April 2020", "2020年4月1日"),
        ("minute", "1 April 2020, 09:05 UTC", "2020年4月1日 09:05 UTC"),
        ("second", "1 April 2020, 09:05 UTC", "2020年4月1日 09:05 UTC"),
    ],
)
def test_a_date_is_shown_no_more_precise_than_it_is_known(precision: Precision | None, english: str, chinese: str) -> None:
    instant = datetime(2020, 4, 1, 9, 5, 7, tzinfo=UTC)
    assert (ENGLISH.written(instant, precision), CHINESE.written(instant, precision)) == (english, chinese)


@pytest.mark.parametrize(
    ("last", "interval", "english", "chinese"),
    [
        (date(1987, 3, 16), Interval.DAY, "16 Mar 1987", "1987年3月16日"),
        (date(1987, 3, 22), Interval.WEEK, "16 Mar – 22 Mar 1987", "3月16日至1987年3月22日"),
        (date(1987, 3, 31), Interval.MONTH, "March 1987", "1987年3月"),
        (date(1987, 12, 31), Interval.YEAR, "1987", "1987年"),
    ],
)
def test_a_period_is_called_by_its_dates(last: date, interval: Interval, english: str, chinese: str) -> None:
    first = date(1987, 3, 16)
    assert (ENGLISH.period(first, last, interval), CHINESE.period(first, last, interval)) == (english, chinese)


def test_durations_are_short() -> None:
    assert [ENGLISH.duration(seconds) for seconds in (0, 0.0042, 0.0994, 0.0996, 0.13, 2)] == [
        "0 ms",
        "4 ms",
        "99 ms",
        "0.10 s",
        "0.13 s",
        "2.00 s",
    ]


def test_shares_have_a_digit_where_they_are_small() -> None:
    assert [ENGLISH.percent(share) for share in (0, 0.0004, 0.004, 0.03, 0.0994, 0.37, 1)] == [
        "0%",
        "0.04%",
        "0.4%",
        "3%",
        "9.9%",
        "37%",
        "100%",
    ]


def test_languages_have_names() -> None:
    assert [ENGLISH.language_name(code) for code in ("en", "pt-BR", "xx", 'en" onload="x', "")] == [
        "English",
        "Portuguese (Brazil)",
        "xx",
        'en" onload="x',
        "",
    ]
    assert CHINESE.language_name("fr") == "法语"
