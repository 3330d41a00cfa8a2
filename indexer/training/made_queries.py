"""Queries made from an article's own text, for archives that nobody has labelled: headlines, questions, keywords, crops.

A headline is what an editor would ask for in the article's place. A question puts "who" for the names that begin a
sentence; keywords are the rarest words of a sentence that other articles have, too; a crop is a run of its words (the
inverse cloze task of Lee et al. 2019). Questions are made by rules for English; elsewhere there are fewer of them, and
the other kinds remain.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from indexer.training.sources import Document, sentence_case

HEADLINE, NEAR_VERBATIM, QUESTION, KEYWORDS, CROP = "headline", "near-verbatim headline", "question", "keywords", "crop"

_SENTENCE = re.compile(r"(?<=[.!?…。！？])[\"'”’)]*\s+|\n+")
_WORD = re.compile(r"\w+")
_SUBJECT = re.compile(
    r"(?!(?:There|It|This|That|These|Those|They|He|She|We|You|I|What|But|And|If|When|While)\s)(?:The |A |An )?(?:[A-Z][\w.&'’-]*\s+){1,4}"
    r"(?=(?:is|was|are|were|has|had|have|will|would|could|can|may|might|must|plans?|says?|said|[a-z]{3,}ed)\s)"
)
_SHORTEST_HEADLINE, _SHORTEST_BODY, _SHORTEST_SENTENCE = 4, 30, 8  # words
_FIGURES_OF_A_TABLE = 0.2  # share of the words


class Made(NamedTuple):
    """A query that was made, and how."""

    kind: str
    text: str

    @property
    def is_headline(self) -> bool:
        return self.kind in (HEADLINE, NEAR_VERBATIM)


@dataclass(frozen=True)
class Recipe:
    """Which queries are made from each article; `seed` decides about the spans."""

    questions: int = 1
    keywords: int = 1
    crops: int = 1
    headlines: bool = True
    near_verbatim: bool = True
    """Whether headlines are used whose words are nearly all in the first sentence. They teach and prove little."""
    seed: int = 17


class QueryMaker:
    """Makes queries from documents of one corpus, which tells it how rare a word is."""

    def __init__(self, documents: Sequence[Document], recipe: Recipe) -> None:
        self._recipe = recipe
        self._frequency = Counter(word for document in documents for word in set(_words(document.body)))

    def queries(self, document: Document) -> Iterator[Made]:
        """The queries made from one document; none from a body of under 30 words or a table. Depends on its text and the seed only."""
        recipe = self._recipe
        if len(document.body.split()) < _SHORTEST_BODY or is_table(document.body):
            return
        if recipe.headlines and len(document.title.split()) >= _SHORTEST_HEADLINE:
            kind = NEAR_VERBATIM if near_verbatim(document) else HEADLINE
            if kind == HEADLINE or recipe.near_verbatim:
                yield Made(kind, sentence_case(document.title))
        rng = Random(zlib.crc32(document.body.encode("utf-8", "replace")) ^ recipe.seed)
        sentences = [sentence for sentence in split_sentences(document.body) if len(sentence.split()) >= _SHORTEST_SENTENCE]
        rng.shuffle(sentences)
        questions = [text for text in map(question, sentences) if text][: recipe.questions]
        yield from (Made(QUESTION, text) for text in questions)
        yield from (Made(KEYWORDS, self._keywords(sentence, rng)) for sentence in sentences[: recipe.keywords])
        yield from (Made(CROP, crop(sentence, rng)) for sentence in sentences[recipe.keywords :][: recipe.crops])

    def _keywords(self, sentence: str, rng: Random) -> str:
        """Two to five of the sentence's rarest words that other documents have, too, in their order.

        Words that only this document has find it by themselves and teach little: they are taken where the others do not suffice.
        """
        words = list(dict.fromkeys(_words(sentence)))
        by_rarity = sorted(words, key=lambda word: (self._frequency[word] < 2, self._frequency[word]))
        wanted = set(by_rarity[: rng.randint(2, 5)])
        return " ".join(word for word in words if word in wanted)


def is_table(body: str) -> bool:
    """Whether a fifth of the words or more have digits, as in a company's results or the closing prices of a market.

    Such a body rarely says whose figures it has: nobody can find it by its headline, and there is no meaning in a part of it.
    """
    words = body.split()
    return bool(words) and sum(any(map(str.isdigit, word)) for word in words) >= _FIGURES_OF_A_TABLE * len(words)


def near_verbatim(document: Document, share: float = 0.8) -> bool:
    """Whether at least this share of the headline's words is in the first sentence of the body.

    Such a headline finds its article by exact words and says nothing about how meaning is understood. A dateline, or a
    fragment of under eight words, counts as part of the sentence that follows it.
    """
    title = set(_words(document.title))
    first = ""
    for sentence in split_sentences(document.body):
        first = f"{first} {sentence}"
        if len(first.split()) >= _SHORTEST_SENTENCE:
            break
    return bool(title) and len(title & set(_words(first))) >= share * len(title)


def split_sentences(text: str) -> list[str]:
    """The sentences of a text, roughly: parted at a full stop, question or exclamation mark, and at line breaks."""
    return [sentence.strip() for sentence in _SENTENCE.split(text) if sentence and sentence.strip()]


def question(sentence: str) -> str | None:
    """What the sentence answers: itself if it asks, else "who" in place of the names that begin it; None if neither fits.

    It ends at the first comma after six words, and after sixteen at the latest, so that it does not give away the whole sentence.
    """
    if sentence.endswith("?"):
        return " ".join(sentence.split()[:16])
    subject = _SUBJECT.match(sentence)
    if subject is None:
        return None
    rest = sentence[subject.end() :].split()[:15]
    ends = [place for place, word in enumerate(rest) if place >= 5 and word.endswith((",", ";", ":"))]
    clause = " ".join(rest[: ends[0] + 1] if ends else rest).rstrip(".!,;:\"”'’ ")
    return f"who {clause}?" if len(rest) >= 4 else None


def crop(sentence: str, rng: Random) -> str:
    """Five to twelve successive words of the sentence."""
    words = sentence.split()
    count = min(len(words), rng.randint(5, 12))
    first = rng.randint(0, len(words) - count)
    return " ".join(words[first : first + count]).strip(".,;:!?\"'“”()")


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
