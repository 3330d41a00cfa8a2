"""Only words that were asked for are corrected, in their case, and the rest of the query stays as it was typed."""

import pytest

from search.language import understand
from search.spelling import MOST_WORDS, corrected

MEANT = {"prodction": "production", "gorbachov": "gorbachev", "naive": "native", "saudy": "saudi"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("opec  prodction?", "opec  production?"),
        ("Gorbachov  PRODCTION", "Gorbachev  PRODUCTION"),
        ('"prodction cut" -saudy after:2020', '"production cut" -saudy after:2020'),
        ("(Gorbachov OR Saudy) title:prodction", "(Gorbachev OR Saudi) title:production"),
        ("source:saudy naïve", "source:saudy native"),
        ("-saudy", None),
        ("source:saudy", None),
        ("opec cuts", None),
        ("", None),
        ("prodction " * (MOST_WORDS + 1), None),
    ],
)
def test_what_was_asked_for_is_corrected(query: str, expected: str | None) -> None:
    assert corrected(understand(query), MEANT.get) == expected
