"""A headline is mined among bodies, as it is measured, and never meets its own article's title."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from indexer.adapting.corpus import Corpus
from indexer.adapting.tuning import Mined
from indexer.training.first_stage import Passages
from indexer.training.made_queries import HEADLINE, KEYWORDS
from indexer.training.mining import MiningRule
from indexer.training.sources import Document, LabelledQuery


class Heard:
    """Remembers how far the last stage came."""

    def __init__(self) -> None:
        self.reached: dict[str, tuple[int, int]] = {}
        self._stage = ""

    def stage(self, name: str) -> None:
        self._stage = name

    def advance(self, done: int, total: int) -> None:
        self.reached[self._stage] = done, total


RULE = MiningRule(twin_similarity=2.0, sibling_similarity=2.0)  # all that is found may be a negative


class WordCounter:
    """Counts words, and remembers which passages it was shown."""

    dimension = 64
    fingerprint = "words"

    def __init__(self) -> None:
        self.shown: list[str] = []
        self._places: dict[str, int] = {}

    def encode_queries(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                vectors[row, self._places.setdefault(word, len(self._places)) % self.dimension] += 1
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)

    def encode_passages(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self.shown += texts
        return self.encode_queries(texts)


def _mined(encoder: WordCounter) -> Mined:
    documents = (
        Document("0", "crude meets lender", "oil and the bank"),
        Document("1", "farm news", "the crude lender fell where oil rose"),
        *(Document(str(number), f"title{number}", f"word{number} and the other") for number in range(2, 12)),
    )
    passages = Passages.from_documents(documents, 50, 50)
    queries = LabelledQuery("crude meets lender", {0: 1.0}, bare=True, kind=HEADLINE), LabelledQuery("oil bank", {0: 1.0}, kind=KEYWORDS)
    others = [LabelledQuery(f"title{number}", {number: 1.0}, bare=True, kind=HEADLINE) for number in range(1, 8)]
    vectors = encoder.encode_queries(passages.texts())
    corpus = Corpus(tuple(range(12)), documents, passages, vectors, (*queries, *others), (), (), frozenset({11}), tuple(range(12)))
    return Mined.over(corpus, encoder, RULE, seed=0)


def test_a_headline_does_not_find_its_article_by_its_title() -> None:
    encoder = WordCounter()
    groups = {group.query: group for group in _mined(encoder).groups(20, Heard())}
    headline, keywords = groups["crude meets lender"], groups["oil bank"]
    assert headline.passages[0] == "oil and the bank"
    assert headline.evidence[0] < 0.5  # no word of the headline is in the body
    assert keywords.evidence[0] == max(keywords.evidence)
    assert encoder.shown
    assert not [text for text in encoder.shown if "title" in text or "meets" in text]


def test_headlines_are_mined_among_the_bodies_that_were_encoded() -> None:
    mined = _mined(WordCounter())
    heard = Heard()
    material = mined.material(20, heard)
    assert heard.reached == {"Encoding bodies": (8, 8), "Mining": (9, 9)}
    bodies = {0, *range(1, 8)}
    for example in material.examples:
        shown = {int(material.pool.article[row]) for row in example.negatives}
        assert 11 not in shown
        assert material.pool.untitled[example.positive] == (example.query != "oil bank")
        if example.query != "oil bank":
            assert shown
            assert shown <= bodies


def test_the_bank_has_the_bodies_that_were_encoded_and_no_article_that_is_held_out() -> None:
    material = _mined(WordCounter()).material(20, Heard())
    assert material.bank is not None
    pool = material.pool
    known = {
        (int(article), bool(bare)) for article, bare, vector in zip(pool.article, pool.untitled, material.bank, strict=True) if vector.any()
    }
    assert known == {(article, False) for article in range(11)} | {(article, True) for article in range(8)}
