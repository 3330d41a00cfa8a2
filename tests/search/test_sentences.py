"""Sentences are found by their punctuation, and the one around a part of a text is shown."""

from hypothesis import given
from hypothesis import strategies as st

from search.sentences import LONGEST, sentence_around, sentences

TEXT = (
    'Mr. Smith of the U.S. Treasury agreed. "It fell 3.5% in Jan. 2020," he said. J. K. Rowling did not!\n'
    "A line without an end\n石油价格下跌。市长说：“好。”他走了"
)


def shown(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def test_a_sentence_ends_where_a_reader_says_it_does() -> None:
    assert shown(TEXT) == [
        "Mr. Smith of the U.S. Treasury agreed.",
        '"It fell 3.5% in Jan. 2020," he said.',
        "J. K. Rowling did not!",
        "A line without an end",
        "石油价格下跌。",
        "市长说：“好。”",
        "他走了",
    ]


def test_an_initial_ends_a_sentence_only_before_a_word_that_opens_the_next() -> None:
    assert shown("George W. Bush met É. Zola of Acme Inc. Chairman Li agreed.") == [
        "George W. Bush met É. Zola of Acme Inc. Chairman Li agreed."
    ]
    assert shown("It was plan B. Then he left the U.S. He was late.") == ["It was plan B.", "Then he left the U.S.", "He was late."]
    assert shown("Was it room No. 5? No. Nobody knows Mr. So or Dr. He.") == ["Was it room No. 5?", "No.", "Nobody knows Mr. So or Dr. He."]


def test_the_sentence_around_a_word_is_the_one_that_has_it() -> None:
    for sentence in shown(TEXT):
        for word in (sentence.split()[0], sentence.split()[-1]):
            start = TEXT.index(sentence) + sentence.index(word)
            first, last = sentence_around(TEXT, start, start + len(word))
            assert TEXT[first:last] == sentence


def test_what_lies_in_two_sentences_is_shown_with_both() -> None:
    start, end = TEXT.index("agreed"), TEXT.index("3.5")
    first, last = sentence_around(TEXT, start, end)
    assert TEXT[first:last] == 'Mr. Smith of the U.S. Treasury agreed. "It fell 3.5% in Jan. 2020," he said.'


def test_of_a_sentence_without_end_as_much_is_shown_as_fits_in_whole_words() -> None:
    text = " ".join(f"word{number}" for number in range(1000))
    start = text.index("word500")
    first, last = sentence_around(text, start, start + 7)
    shown = text[first:last]
    assert LONGEST - 100 < len(shown) <= LONGEST + 20
    assert "word500" in shown
    assert set(shown.split()) <= set(text.split())


@given(st.text("aB.!?。” \n", max_size=60), st.data())
def test_the_sentences_cover_a_text_and_the_one_around_a_part_contains_it(text: str, data: st.DataObject) -> None:
    found = list(sentences(text))
    assert "".join("".join(text[start:end].split()) for start, end in found) == "".join(text.split())
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    first, last = sentence_around(text, start, end)
    assert first <= start <= end <= last
