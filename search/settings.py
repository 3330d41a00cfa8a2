"""Settings, read once in ``main`` from the environment (``BROADSHEET_…``) and passed on. Nothing reads them at import."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

BASE_ENCODER = "all-MiniLM-L6-v2"
"""The bi-encoder that comes with a dependency, and what the shipped models are differences to."""
TUNED_ENCODER = "broadsheet"
"""The same, tuned for news by this project."""
DEFAULT_ENCODER = BASE_ENCODER
"""What a new archive is made with; an old one goes on with its own."""
DEFAULT_RERANKER = "broadsheet"


class Settings(BaseSettings):
    """Every setting with its default; each can be given as BROADSHEET_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="BROADSHEET_", extra="ignore")

    data: Path = Field(Path("broadsheet-data"), description="Folder of the database and the index snapshots.")
    database_url: str | None = Field(None, description="SQLAlchemy URL; a SQLite file in the data folder when not given.")
    encoder: str | None = Field(
        None, description="A bundled bi-encoder, or a sentence-transformers model by path or hub id; the archive's own when not given."
    )
    reranker: str = Field(
        DEFAULT_RERANKER, description="The bundled cross-encoder, or any cross-encoder by path or hub id; 'none' for none."
    )
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Where the models run.")
    precision: Literal["auto", "fp32", "bf16", "fp16"] = Field(
        "auto", description="Arithmetic of the models; auto takes bf16 where it is faster."
    )
    heads: bool = Field(True, description="Serve the heads (/classify, /tag, /answer … and /lab) besides the search.")
    answers: bool = Field(True, description="Answer questions above their results, and ask articles about claims.")
    feedback: bool = Field(False, description="Keep clicks and marks of results for training; nothing of who made them.")
    feedback_days: int = Field(180, ge=1, le=36_500, description="Days after which feedback is forgotten.")
    public_url: str | None = Field(
        None, description="Address under which people reach the pages, for permanent links; that of the request when not given."
    )
    annotate: bool = Field(False, description="Let the heads annotate articles as they are indexed, as `broadsheet index --annotate` does.")
    passage_words: int = Field(150, ge=20, le=1000, description="Words in a passage; fixed when an archive is created.")
    passage_step: int = Field(100, ge=10, le=1000, description="Words from the start of one passage to the start of the next.")
    candidates: int = Field(100, ge=10, le=1000, description="Articles that each first stage contributes to a ranking.")
    rerank_depth: int = Field(16, ge=1, le=200, description="Articles whose best passage the cross-encoder reads.")
    queue_size: int = Field(64, ge=1, description="Requests that may wait for the models before new ones get 503.")
    batch_size: int = Field(8, ge=1, description="Requests that the models answer together.")
    deadline: float = Field(10.0, gt=0, description="Seconds after which a waiting request gets 503.")
