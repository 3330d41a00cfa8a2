"""A multiple-choice problem, as a value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """A question with its choices and, if there is one, the passage that it is about."""

    question: str
    choices: tuple[str, ...]
    passage: str = ""
