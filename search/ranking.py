"""How evidence becomes one order: fusion of similarity and BM25, and what the reranker adds to it.

Pure functions over arrays of one length n, one entry per candidate article, in any order. They know nothing about
where the evidence comes from. Every result is "higher is better"; ties are for the caller to break (by id).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

RELEVANCE_FLOOR, RELEVANCE_CEILING = 1e-6, 1 - 1e-6
"""Relevance is kept within these before its odds are taken."""

_LOG_ODDS_LIMIT = 5.0
_FULL_COVERAGE = 0.5
"""Share of the largest possible BM25 from which the words of a query count as found."""


@dataclass(frozen=True)
class CombinationWeights:
    """How much the reranker's evidence counts against the first stage's; docs/reranker.md has how they were fitted."""

    share: float = 0.0
    """Weight of a candidate's share of the relevance found, beside the fused evidence (0..1); none with the shipped reranker."""
    log_odds: float = 0.02
    """Weight of the logarithm of its odds of being relevant, kept within -5..5."""


SHORT_QUERY, LONG_QUERY = 12, 40
"""Words up to which the reranker's evidence counts fully, and from which it does not count: it was trained on short queries."""


def weights_for(query: str) -> CombinationWeights:
    """How much the reranker counts for this query: less, the longer the query is, as the first stage then knows more."""
    trust = (LONG_QUERY - len(query.split())) / (LONG_QUERY - SHORT_QUERY)
    trust = min(max(trust, 0.0), 1.0)
    return CombinationWeights(CombinationWeights.share * trust, CombinationWeights.log_odds * trust)


def coverage(bm25: Floats, bm25_bound: float) -> float:
    """The best BM25 as a share (0..1) of the score that no article can exceed for the query."""
    return float(bm25.max(initial=0.0)) / bm25_bound if bm25_bound > 0 else 0.0


def coverage_fusion(similarity: Floats, bm25: Floats, bm25_bound: float, dense_weight: float = 0.45) -> Floats:
    """Min-max fusion in which BM25 counts as much as the best article covers the query's words: 0..1 for each.

    `bm25_bound` is the score that no article can exceed for this query. Min-max alone would give the article that
    shares one word of eight with the query as much lexical evidence as a perfect match; here BM25 is stretched to
    the best score's share of half the bound (1 at most), which a short article with all words reaches.
    """
    lexical = min(1.0, coverage(bm25, bm25_bound) / _FULL_COVERAGE) * _stretch(bm25, 0.0)
    dense = _stretch(similarity, float(similarity.min(initial=np.inf)))
    return (dense_weight * dense + (1.0 - dense_weight) * lexical).astype(np.float32)


def minmax_fusion(similarity: Floats, bm25: Floats, dense_weight: float = 0.5) -> Floats:
    """The weighted sum of both, each stretched to 0..1 over the candidates (Fox and Shaw 1994, CombSUM).

    `bm25` is stretched between 0, which stands for "no word in common", and its largest value; `similarity`
    between its smallest and its largest. Where all values of one are equal it says nothing and counts as 0.
    """
    lexical = _stretch(bm25, 0.0)
    dense = _stretch(similarity, float(similarity.min(initial=np.inf)))
    return (dense_weight * dense + (1.0 - dense_weight) * lexical).astype(np.float32)


def combine(fused: Floats, relevance: Floats, weights: CombinationWeights) -> Floats:
    """The final order of the reranked candidates: the fused evidence plus what the reranker adds to it.

    It adds a weighted share: a candidate's odds of being relevant divided by the sum of all candidates' odds, which is the
    softmax that the reranker was trained with. Where it finds many equally relevant, as on subjects that it was not
    trained on, the shares are small and the first stage decides. The log-odds, with a small weight, order the rest.

    `fused` and `relevance` (0..1) are those of the reranked candidates only; the caller puts the ones that were not
    reranked after them, in the order of `fused`.
    """
    bounded = np.clip(relevance.astype(np.float64), RELEVANCE_FLOOR, RELEVANCE_CEILING)
    odds = bounded / (1.0 - bounded)
    share = odds / odds.sum() if len(odds) else odds  # (n,) in 0..1, sums to 1
    log_odds = np.clip(np.log(odds), -_LOG_ODDS_LIMIT, _LOG_ODDS_LIMIT)
    combined: Floats = (fused + weights.share * share + weights.log_odds * log_odds).astype(np.float32)
    return combined


def _stretch(values: Floats, low: float) -> Floats:
    high = float(values.max(initial=-np.inf))
    if not high > low:
        return np.zeros_like(values)
    return (values - low) / (high - low)
