"""An evaluation as it is kept: the figures with everything they depend on, as JSON that can be read back and compared."""

import json
from datetime import datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from indexer.evaluation.provenance import Code, Hardware
from indexer.evaluation.significance import Comparison
from search.errors import BadInput


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Questions(_Frozen):
    """What was asked of which corpus. Digests are SHA-256 of contents, so equal contents have equal digests in any file and order.

    ``missing`` counts judged articles that are not in the archive, ``missing_relevant`` those of them that are relevant: they count as
    not found. ``unanswerable`` counts judged queries without a relevant article, which count 0.
    """

    collection: str | None = None
    split: str | None = None
    queries: int
    judgements: int
    relevant: int
    unanswerable: int = 0
    missing: int = 0
    missing_relevant: int = 0
    corpus_sha256: str
    queries_sha256: str
    qrels_sha256: str


class Model(_Frozen):
    """A model by the name that it was asked for with, its fingerprint and the arithmetic it ran in."""

    name: str
    fingerprint: str
    precision: str | None = None


class Models(_Frozen):
    """``reranker`` is None where nothing was reranked."""

    encoder: Model
    reranker: Model | None = None


class Choices(_Frozen):
    """The settings that change a ranking or its time; ``depth`` articles were looked at for each query."""

    passage_words: int
    passage_step: int
    candidates: int
    rerank_depth: int
    depth: int
    device: str


class SystemFigures(_Frozen):
    """Means over all judged queries, seconds for all of them together, and the figures of each query."""

    means: dict[str, float]
    seconds: float
    queries: dict[str, dict[str, float]]


class Report(_Frozen):
    """All of one evaluation."""

    format: Literal[1] = 1
    created_at: datetime
    snapshot: str
    articles: int
    passages: int
    questions: Questions
    models: Models
    settings: Choices
    seed: int
    code: Code
    hardware: Hardware
    libraries: dict[str, str]
    systems: dict[str, SystemFigures]
    comparisons: tuple[Comparison, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Self:
        """The report in a file; raises BadInput when it cannot be read or is not one."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise BadInput(f"{path} cannot be read ({error.strerror}).", field="compare") from error
        except ValidationError as error:
            raise BadInput(
                f"{path} is not a report of `broadsheet evaluate --json`: give one that this version wrote.", field="compare"
            ) from error

    def to_json(self) -> str:
        """The report as text, digits that mean nothing left out."""
        return json.dumps(_rounded(self.model_dump(mode="json")), indent=2, ensure_ascii=False)


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return value
