"""What an adaptation is to train, and for how long."""

from dataclasses import dataclass, field

from indexer.adapting import language_model
from indexer.adapting.corpus import Extent
from indexer.training import bi_encoder, cross_encoder
from indexer.training.groups import DEFAULT_RULE
from indexer.training.mining import MiningRule
from indexer.training.objective import Objective

LANGUAGE_MODEL, BI_ENCODER, CROSS_ENCODER = "language model", "bi-encoder", "cross-encoder"
_SHARES = {LANGUAGE_MODEL: 0.1, BI_ENCODER: 0.6, CROSS_ENCODER: 0.3}
"""How the time for training is shared out among the models that are trained."""


@dataclass(frozen=True)
class Plan:
    """What is trained, and for how long: ``minutes`` for everything, measuring included, or ``steps`` of each model."""

    minutes: float = 30.0
    steps: int | None = None
    with_language_model: bool = True
    with_cross_encoder: bool = True
    seed: int = 17
    mining: MiningRule = DEFAULT_RULE
    extent: Extent = field(default_factory=Extent)
    masking: language_model.Recipe = field(default_factory=language_model.Recipe)
    encoder: bi_encoder.Recipe = field(
        default_factory=lambda: bi_encoder.Recipe(
            objective=Objective(in_batch=1.0, corpus=1.0, scale=30.0),
            queries_per_step=64,
            corpus_queries=128,
            max_tokens=112,
            learning_rate=5e-5,
        )
    )
    reranker: cross_encoder.Recipe = field(default_factory=lambda: cross_encoder.Recipe(learning_rate=5e-5))

    def share(self, name: str) -> float:
        """The share of the time for training that one of its models gets."""
        trained = [LANGUAGE_MODEL] * self.with_language_model + [BI_ENCODER] + [CROSS_ENCODER] * self.with_cross_encoder
        return _SHARES[name] / sum(_SHARES[each] for each in trained)
