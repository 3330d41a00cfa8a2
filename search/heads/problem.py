"""A multiple-choice problem, as a value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """A question with its choices and, if there is one, the passage that it is about."""

    question: str
    choices: tuple[str, ...]
    passage: str = ""

    def pairs(self) -> list[tuple[str, str]]:
        """What the model reads: the passage, and question with choice."""
        return [(self.passage, f"{self.question} {choice}") if self.passage else (self.question, choice) for choice in self.choices]
