"""Heads of every kind that answer by rules, so that a test can say by hand what must come out; they count their batches."""

import re
from collections.abc import Sequence

from search.errors import BadInput, NotFound
from search.heads.answers import (
    ChoiceAnswer,
    EntityAnswer,
    FillingAnswer,
    HeadAnswer,
    Label,
    SpanAnswer,
    TaggedAnswer,
    TokenAnswer,
    TokenVectorAnswer,
    Value,
)
from search.heads.card import HeadCard, Kind, Reads
from search.heads.features import Vector
from search.heads.problem import Problem
from tests.web.fake_asking import SPAN, STANCE, AskingHeads

CARDS = (
    SPAN,
    HeadCard("choice", Kind.CHOICE, Reads.PAIR),
    HeadCard("mask", Kind.MASK),
    HeadCard("ner", Kind.TAGGING, labels=("O", "B-LOC", "B-PER", "I-LOC", "I-PER"), description="Persons and places."),
    HeadCard("nli", Kind.CLASSIFICATION, Reads.PAIR, labels=("entailment", "neutral", "contradiction")),
    HeadCard("pos", Kind.TAGGING, labels=("NN", "VB", "JJ")),
    HeadCard(
        "sentiment",
        Kind.CLASSIFICATION,
        labels=("negative", "positive"),
        description="Whether a text speaks well of its subject.",
        trained_on="67,349 sentences",
        figures={"sst2: accuracy": 0.9255},
        published={"BERT-base": "0.935"},
    ),
    HeadCard("similarity", Kind.REGRESSION, Reads.PAIR, lowest=0, highest=5),
    STANCE,
)
_PEOPLE = ("Ines Okafor",)
_PLACES = ("Lagos", "Rotterdam")


class FakeHeads(AskingHeads):
    """``batches`` holds the size of every batch that was asked for, whatever it was."""

    def __init__(self, cards: Sequence[HeadCard] = CARDS) -> None:
        super().__init__(*cards)

    def catalogue(self) -> list[HeadAnswer]:
        return [HeadAnswer.of(card, f"# {card.task}", f"{card.task}:0123456789abcdef") for card in self.cards()]

    def classify(self, texts: Sequence[str], task: str) -> list[Label]:
        self._expect(task, "/classify", texts)
        return [self._label(text) for text in texts]

    def _label(self, text: str) -> Label:
        positive = 0.9 if "pleasure" in text else 0.2
        shares = {"negative": 1 - positive, "positive": positive}
        return Label(label=max(shares, key=lambda label: shares[label]), probabilities=shares)

    def pair(self, pairs: Sequence[tuple[str, str]], task: str) -> list[Label | Value]:  # type: ignore[override]
        if task == "stance":
            return [*super().pair(pairs, task)]
        self._expect(task, "/pair", pairs)
        if task == "similarity":
            return [Value(value=5.0 if first == second else 1.25) for first, second in pairs]
        return [Label(label="neutral", probabilities={"entailment": 0.2, "neutral": 0.7, "contradiction": 0.1}) for _ in pairs]

    def tag(self, texts: Sequence[str], task: str) -> list[TaggedAnswer]:
        self._expect(task, "/tag", texts)
        return [self._tagged(text, task) for text in texts]

    def tag_words(self, sentences: Sequence[Sequence[str]], task: str) -> list[TaggedAnswer]:
        self._expect(task, "/tag", sentences)
        return [self._tagged(" ".join(words), task) for words in sentences]

    def _tagged(self, text: str, task: str) -> TaggedAnswer:
        words = [(match.group(), *match.span()) for match in re.finditer(r"\w+|[^\w\s]", text)]
        if task == "pos":
            tokens = [TokenAnswer(text=word, start=a, end=b, tag="NN" if word[0].isupper() else "VB") for word, a, b in words]
            return TaggedAnswer(tokens=tokens, entities=[])
        names = [(name, kind) for kind, known in (("PER", _PEOPLE), ("LOC", _PLACES)) for name in known]
        entities = [
            EntityAnswer(text=name, type=kind, start=match.start(), end=match.end(), probability=0.97)
            for name, kind in names
            for match in re.finditer(name, text)
        ]
        entities.sort(key=lambda one: one.start)

        def of(start: int, end: int) -> str:
            inside = next((one for one in entities if one.start <= start and end <= one.end), None)
            return "O" if inside is None else f"{'B' if inside.start == start else 'I'}-{inside.type}"

        return TaggedAnswer(tokens=[TokenAnswer(text=word, start=a, end=b, tag=of(a, b)) for word, a, b in words], entities=entities)

    def answer(self, questions: Sequence[tuple[str, str]], task: str | None = None) -> list[SpanAnswer]:
        if task is not None:
            self._expect(task, "/answer", [])
            self.batches.pop()
        return super().answer(questions, None)

    def fill_masks(self, texts: Sequence[str], task: str | None, top_k: int) -> list[list[FillingAnswer]]:
        self._expect(task or "mask", "/fill-mask", texts)
        for number, text in enumerate(texts):
            if "[MASK]" not in text:
                raise BadInput(f"Text {number} has no [MASK]: write it where a word is missing.", field=f"texts.{number}")
        return [self._fillings(text, top_k) for text in texts]

    def _fillings(self, text: str, top_k: int) -> list[FillingAnswer]:
        words = ("prices", "shares", "stocks", "output", "demand")
        best = [FillingAnswer(token=word, probability=0.5**number / 2) for number, word in enumerate(words, 1)]
        return best[:top_k] * text.count("[MASK]")

    def read_texts(self, texts: Sequence[str], task: str | None, top_k: int) -> list[tuple[list[FillingAnswer], float | None]]:
        self._expect(task or "mask", "/fill-mask", texts)
        return [(self._fillings(text, top_k), float(len(text))) for text in texts]

    def choose(self, problems: Sequence[Problem], task: str | None = None) -> list[ChoiceAnswer]:
        self._expect(task or "choice", "/choose", problems)
        return [self._choice(problem) for problem in problems]

    def _choice(self, problem: Problem) -> ChoiceAnswer:
        longest = max(range(len(problem.choices)), key=lambda number: len(problem.choices[number]))
        others = 0.2 / (len(problem.choices) - 1)
        return ChoiceAnswer(choice=longest, probabilities=[0.8 if number == longest else others for number in range(len(problem.choices))])

    def embed(self, texts: Sequence[str], kind: Vector) -> list[list[float]]:
        self.batches.append(len(texts))
        return [[float(len(text)), float(list(Vector).index(kind))] for text in texts]

    def embed_tokens(self, texts: Sequence[str]) -> list[list[TokenVectorAnswer]]:
        self.batches.append(len(texts))
        return [
            [
                TokenVectorAnswer(token=match.group(), start=match.start(), end=match.end(), vector=[1.0])
                for match in re.finditer(r"\w+", text)
            ]
            for text in texts
        ]

    def _expect(self, task: str, endpoint: str, items: Sequence[object]) -> None:
        card = next((card for card in self.cards() if card.task == task), None)
        if card is None:
            raise NotFound(f"There is no head for the task {task!r}; installed: {', '.join(one.task for one in self.cards())}.")
        if card.endpoint != endpoint:
            raise BadInput(f"The task {task!r} is not one of {endpoint}: ask it at {card.endpoint}.", field="task")
        self.batches.append(len(items))
