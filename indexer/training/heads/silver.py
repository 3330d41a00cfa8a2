"""Silver examples: labelled by rules or by another model instead of by people, many and cheap, to learn from before the gold ones."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexer.training.heads.examples import Labelled, Sentence

Vectors = Callable[[Sequence[str]], npt.NDArray[np.float32]]
"""Of each text its vector of length 1."""

_NUMBERS = (
    ("is", "are"),
    ("was", "were"),
    ("has", "have"),
    ("does", "do"),
    ("isn't", "aren't"),
    ("wasn't", "weren't"),
    ("doesn't", "don't"),
)
_OTHERS = (("this", "these"), ("that", "those"), ("much", "many"), ("he", "him"), ("they", "them"), ("we", "us"), ("I", "me"))
_DISAGREEING = {"am": "is", "a": "these", "an": "two", "she": "her"} | {
    one.lower(): other for pair in (*_NUMBERS, *_OTHERS) for one, other in (pair, pair[::-1])
}
_DROPPED = {"DT", "IN", "TO", "MD", "PRP", "PRP$", "VBZ", "VBP", "WDT", "WP", "RP"}
_INSERTED = ("the", "of", "to", "is", "that", "him", "which", "very", "has", "who", "be", "did", "it", "with", "been")
_NOUNS, _NOUN_ENDINGS = {"NN", "NNS"}, ("", "s", "es")
_VERBS, _VERB_ENDINGS = {"VB", "VBZ", "VBP", "VBD", "VBN", "VBG"}, ("", "s", "es", "d", "ed", "ing")


def usual_tags(sentences: Iterable[Sentence]) -> dict[str, str]:
    """Of each word, in small letters, the tag that it has most often."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for sentence in sentences:
        for word, tag in zip(sentence.words, sentence.tags, strict=True):
            seen[word.lower()][tag] += 1
    return {word: tags.most_common(1)[0][0] for word, tags in seen.items()}


@dataclass(frozen=True)
class Mistakes:
    """Makes mistakes of grammar. ``tags`` are the usual Penn Treebank tags of words in small letters."""

    tags: Mapping[str, str]
    rng: random.Random

    def put_into(self, sentence: str) -> str | None:
        """The sentence with one mistake, None where none could be made. Now and then what comes out is a good sentence, too."""
        words = sentence.split()
        end = ""
        if words and words[-1][-1] in ".?!":
            words[-1], end = words[-1][:-1], words[-1][-1]
        words = [word for word in words if word]
        kinds = [self._swap, self._move, self._drop, self._insert, self._inflect, self._inflect, self._disagree, self._disagree]
        for make in self.rng.sample(kinds, len(kinds)):
            wrong = make(list(words)) if len(words) > 2 else None
            if wrong and wrong != words:
                return " ".join(wrong) + end
        return None

    def _tag(self, word: str) -> str:
        return self.tags.get(word.lower().strip(",;:\"'"), "")

    def _swap(self, words: list[str]) -> list[str] | None:
        """Two neighbours of different kinds change places."""
        places = [place for place in range(len(words) - 1) if self._tag(words[place]) != self._tag(words[place + 1])]
        if not places:
            return None
        place = self.rng.choice(places)
        words[place], words[place + 1] = words[place + 1], words[place]
        return words

    def _move(self, words: list[str]) -> list[str] | None:
        """One word stands at least three places from its own."""
        start = self.rng.randrange(len(words))
        places = [place for place in range(len(words)) if abs(place - start) > 2]
        if not places:
            return None
        words.insert(self.rng.choice(places), words.pop(start))
        return words

    def _drop(self, words: list[str]) -> list[str] | None:
        """An article, preposition, auxiliary or pronoun is missing."""
        places = [place for place, word in enumerate(words) if self._tag(word) in _DROPPED]
        if not places:
            return None
        words.pop(self.rng.choice(places))
        return words

    def _insert(self, words: list[str]) -> list[str]:
        """There is a small word too many."""
        words.insert(self.rng.randrange(len(words)), self.rng.choice(_INSERTED))
        return words

    def _inflect(self, words: list[str]) -> list[str] | None:
        """A verb or noun has another ending, with which there is such a word."""
        places = [place for place, word in enumerate(words) if self._tag(word) in _VERBS | _NOUNS]
        for place in self.rng.sample(places, len(places)):
            word = words[place].lower()
            kinds, endings = (_NOUNS, _NOUN_ENDINGS) if self._tag(word) in _NOUNS else (_VERBS, _VERB_ENDINGS)
            stems = [word.removesuffix(ending) for ending in endings if len(word) > len(ending) + 2]
            forms = {stem + ending for stem in stems for ending in endings} - {word}
            known = sorted(form for form in forms if self.tags.get(form) in kinds)
            if known:
                words[place] = self.rng.choice(known)
                return words
        return None

    def _disagree(self, words: list[str]) -> list[str] | None:
        """A verb, article or pronoun has another number or case."""
        places = [place for place, word in enumerate(words) if word.lower() in _DISAGREEING]
        if not places:
            return None
        place = self.rng.choice(places)
        words[place] = _DISAGREEING[words[place].lower()]
        return words


def with_mistakes(sentences: Sequence[str], tags: Mapping[str, str], good: str, bad: str, seed: int) -> list[Labelled]:
    """Each sentence as it is, labelled ``good``, and with a mistake, labelled ``bad``."""
    mistakes = Mistakes(tags, random.Random(seed))
    made = [(sentence, mistakes.put_into(sentence)) for sentence in sentences]
    return [one for right, wrong in made if wrong for one in (Labelled((right,), good), Labelled((wrong,), bad))]


def rated_by(vectors_of: Vectors, gold: Sequence[Labelled], pairs: Sequence[tuple[str, str]], seed: int) -> list[Labelled]:
    """Pairs with the similarity that a sentence encoder sees in them (after Thakur et al. 2021, Augmented SBERT).

    Beside ``pairs``, each text of the ``gold`` ones with one of its ten nearest and one of its two hundred nearest. Cosines are
    brought to the gold scale by the line that fits the gold pairs best.
    """
    rng = np.random.default_rng(seed)
    texts = sorted({text for one in gold for text in one.texts})
    vectors = vectors_of(texts)
    place = {text: number for number, text in enumerate(texts)}
    cosines = [float(vectors[place[one.texts[0]]] @ vectors[place[one.texts[1]]]) for one in gold]
    scores = [float(one.target) for one in gold]
    slope, zero = np.polyfit(cosines, scores, 1)
    silver: list[tuple[str, str, float]] = []
    for row, text in enumerate(texts):
        likeness = vectors @ vectors[row]
        nearest = np.argsort(-likeness)[1:201]
        drawn = {int(nearest[rng.integers(min(count, len(nearest)))]) for count in (10, 200)}
        silver += [(text, texts[other], float(likeness[other])) for other in sorted(drawn)]
    ones, others = (vectors_of([pair[side] for pair in pairs]) for side in (0, 1))
    silver += [(*pair, float(one @ other)) for pair, one, other in zip(pairs, ones, others, strict=True)]
    lowest, highest = min(scores), max(scores)
    return [Labelled((one, other), f"{min(max(slope * cosine + zero, lowest), highest):.3f}") for one, other, cosine in silver]
