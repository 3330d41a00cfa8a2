"""The seams: what the engine asks of a model or an index, in arrays and our own values."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from search.language import Condition
from search.query import Filters

Vectors = npt.NDArray[np.float32]  # (n, dimension), rows of length 1
Ids = npt.NDArray[np.int64]  # (n,) database keys, never positions
Floats = npt.NDArray[np.float32]  # (n,)
Mask = npt.NDArray[np.bool_]  # (n,)


class Encoder(Protocol):
    """Turns texts into unit vectors; two encoders with one fingerprint give the same vectors."""

    @property
    def fingerprint(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors: ...

    def encode_passages(self, texts: Sequence[str]) -> Vectors: ...


class TokenStates(NamedTuple):
    """A text's tokens as the model names them, each one's [start, end) characters, and ``states`` (tokens, width) float32.

    Special tokens are among them and stand for no characters: their spans are empty.
    """

    tokens: list[str]
    spans: list[tuple[int, int]]
    states: npt.NDArray[np.float32]


class TokenEncoder(Encoder, Protocol):
    """An encoder that also shows what it makes of the single tokens."""

    def encode_tokens(self, texts: Sequence[str]) -> list[TokenStates]: ...


class Reranker(Protocol):
    """Reads query and passage together; relevance is a calibrated probability in 0..1, one per pair."""

    @property
    def fingerprint(self) -> str: ...

    def relevance(self, pairs: Sequence[tuple[str, str]]) -> Floats: ...


class VectorIndex(Protocol):
    """Finds the nearest vectors. Missing results are left out, never padded."""

    def __len__(self) -> int: ...

    def search(self, vector: Floats, k: int, allowed: npt.NDArray[np.bool_] | None = None) -> tuple[Floats, Ids]:
        """At most k (similarities, ids), most similar first, ties by id; ``allowed[id]`` says which ids may be found."""
        ...

    def similarities(self, vector: Floats, ids: Ids) -> Floats:
        """The exact cosine of the vector with each of the given ids, which must be in the index."""
        ...


class Candidates(NamedTuple):
    """First-stage results, one row per article in no particular order; arrays of one length n.

    ``similarity`` is the cosine of the article's best passage; ``bm25`` is 0 where no word matches.
    ``passage_id`` is that best passage, ``start`` and ``end`` its characters in the body. ``published_at`` is in
    seconds since 1970 (UTC), the smallest int64 where it is unknown.
    """

    article_id: Ids
    passage_id: Ids
    start: Ids
    end: Ids
    published_at: Ids
    similarity: Floats
    bm25: Floats


class Evidence(NamedTuple):
    """What speaks for every article of a source, near or not: arrays with one entry per article, in ascending order of the ids.

    ``similarity`` is the exact cosine of the article's best passage, which is the ``passage``-th; without a vector it is 0.
    ``words`` is the share (0..1) of the text's words that the article has, rare ones counting more.
    """

    similarity: Floats
    passage: Ids
    words: Floats


Restriction = TypeVar("Restriction")


class CandidateSource(Protocol[Restriction]):
    """A searchable archive at one point in time: a local snapshot, or a cluster. A restriction is of its own making."""

    @property
    def name(self) -> str: ...

    @property
    def encoder_fingerprint(self) -> str: ...

    def __len__(self) -> int:
        """The number of articles."""
        ...

    def bm25_bound(self, text: str) -> float:
        """What no article's BM25 can exceed for this text."""
        ...

    def restrict(self, condition: Condition | None, filters: Filters) -> Restriction | None:
        """Limits the searches below to the articles that meet both; None when every article does."""
        ...

    def lexical(self, text: str, vector: Floats | None, among: Restriction | None, depth: int) -> Candidates:
        """The ``depth`` best articles by BM25."""
        ...

    def dense(self, text: str, vector: Floats, among: Restriction | None, depth: int) -> Candidates:
        """The ``depth`` best articles by similarity."""
        ...

    def hybrid(self, text: str, vector: Floats, among: Restriction | None, depth: int) -> Candidates:
        """The union of the two, each row with both scores."""
        ...

    def newest(self, among: Restriction | None, depth: int) -> Candidates:
        """The ``depth`` articles with the latest dates, undated ones last; with similarity and BM25 0."""
        ...
