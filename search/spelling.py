"""The query that was probably meant, where a word of it is not in the archive but one much like it is."""

from collections.abc import Callable

from search.language import Understanding
from search.language.words import words_with_places

MOST_WORDS = 16
"""A longer text is not typed but pasted, and has been read by someone before."""


def corrected(understood: Understanding, correction: Callable[[str], str | None]) -> str | None:
    """The text with the words that were asked for corrected, everything else as it was; None when there is nothing to correct.

    ``correction`` says what was meant by a folded word, or None.
    """
    text = understood.text
    if len(text.split()) > MOST_WORDS:
        return None
    parts: list[str] = []
    done = 0
    for first, last in understood.said:
        for word in words_with_places(text[first:last]):
            meant = correction(word.text)
            if meant is not None:
                start, end = first + word.start, first + word.end
                parts += [text[done:start], _in_the_case_of(text[start:end], meant)]
                done = end
    return "".join([*parts, text[done:]]) if parts else None


def _in_the_case_of(written: str, word: str) -> str:
    if written.isupper() and len(written) > 1:
        return word.upper()
    return word.capitalize() if written[0].isupper() else word
