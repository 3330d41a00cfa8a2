"""A tag for every word, and the entities that BIO tags spell out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from search.heads.bio import most_probable_tags
from search.heads.classification import softmax
from search.heads.network import Network
from search.heads.tokens import split_words

Span = list[tuple[int, int]]
"""The [start, end) characters of words in order."""
_SENTENCE_ENDS = {".", "!", "?", "…", "。", "！", "？"}
_CLOSING = {'"', "'", "”", "’", "»", ")", "]", "」", "』"}


@dataclass(frozen=True, slots=True)
class TaggedWord:
    """A word with its [start, end) characters in the text and its tag."""

    text: str
    start: int
    end: int
    tag: str


@dataclass(frozen=True, slots=True)
class Entity:
    """A name: ``type`` is what its BIO tags say, ``probability`` the least of its words' tags."""

    text: str
    type: str
    start: int
    end: int
    probability: float


@dataclass(frozen=True, slots=True)
class Tagged:
    """The words of a text in order, and its entities where the tags are BIO."""

    words: tuple[TaggedWord, ...]
    entities: tuple[Entity, ...] = ()


def tag_texts(network: Network, texts: Sequence[str]) -> list[Tagged]:
    """Texts of any length: they are tagged sentence by sentence, so that nothing is cut off."""
    spans = [split_words(text) for text in texts]
    return _tag(network, texts, spans, [list(sentences_of(text, row)) for text, row in zip(texts, spans, strict=True)])


def tag_words(network: Network, sentences: Sequence[Sequence[str]]) -> list[Tagged]:
    """Texts given as words; their offsets count in the words joined by single spaces."""
    texts = [" ".join(words) for words in sentences]
    spans = []
    for words in sentences:
        row, start = [], 0
        for word in words:
            row.append((start, start + len(word)))
            start += len(word) + 1
        spans.append(row)
    return _tag(network, texts, spans, [[row] for row in spans])


def _tag(network: Network, texts: Sequence[str], spans: Sequence[Span], parts: Sequence[list[Span]]) -> list[Tagged]:
    """``spans`` are the words of each text, ``parts`` the same in the sentences that the model reads at once."""
    waiting = [(text, part) for text, row in enumerate(parts) for part in row]
    tags: list[dict[tuple[int, int], tuple[str, float]]] = [{} for _ in texts]
    while waiting:
        pieces, waiting = waiting, []
        encodings, starts = network.tokens.words([[texts[text][a:b] for a, b in part] for text, part in pieces])
        for (text, part), first, logits in zip(pieces, starts, network.logits(encodings), strict=True):
            shares = softmax(logits[first]) if first else logits[:0]
            for span, row, best in zip(part, shares, most_probable_tags(shares, network.card.labels), strict=False):
                tags[text][span] = network.card.labels[best], float(row[best])
            if first and len(first) < len(part):
                waiting.append((text, part[len(first) :]))  # a sentence longer than the model: go on where it ended
    answers = []
    for text, row in enumerate(spans):
        found = [(span, *tags[text].get(span, ("O" if "O" in network.card.labels else "X", 0.0))) for span in row]
        words = tuple(TaggedWord(texts[text][a:b], a, b, tag) for (a, b), tag, _ in found)
        answers.append(Tagged(words, tuple(entities_of(texts[text], words, [p for _, _, p in found]))))
    return answers


def sentences_of(text: str, spans: Span, longest: int = 60) -> Iterator[Span]:
    """The words of a text sentence by sentence; a line break ends one, too, and so do ``longest`` words."""
    sentence: Span = []
    ended = False
    for position, (start, end) in enumerate(spans):
        sentence.append((start, end))
        gap = text[end : spans[position + 1][0]] if position + 1 < len(spans) else "\n"
        word = text[start:end]
        ended = word in _SENTENCE_ENDS or (ended and word in _CLOSING)
        if (ended and gap) or "\n" in gap or len(sentence) >= longest:
            yield sentence
            sentence, ended = [], False
    if sentence:
        yield sentence


def entities_of(text: str, words: Sequence[TaggedWord], probabilities: Sequence[float]) -> Iterator[Entity]:
    """Runs of B-x I-x … tags; an I-x after another type or after O begins an entity, as seqeval reads it by default."""
    begun: list[int] = []

    def made() -> Entity:
        first, last = words[begun[0]], words[begun[-1]]
        share = min(probabilities[position] for position in begun)
        return Entity(text[first.start : last.end], first.tag[2:], first.start, last.end, share)

    for position, word in enumerate(words):
        kind, _, name = word.tag.partition("-")
        continues = kind == "I" and begun and words[begun[-1]].tag[2:] == name
        if begun and not continues:
            yield made()
            begun = []
        if name and kind in ("B", "I"):
            begun.append(position)
    if begun:
        yield made()
