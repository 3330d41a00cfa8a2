"""What an adaptation leaves behind: new model folders beside older ones, each with a card, and a report."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from indexer.adapting.verdict import Row, markdown
from indexer.evaluation.provenance import code, hardware, libraries
from indexer.training.model_folder import publish_folder
from search.index.durable import replace_file
from search.models.loading import fingerprint


@dataclass
class Stage:
    """How long a model was trained, and at which pace."""

    steps: int
    seconds_per_step: float
    seconds: float = 0.0


@dataclass
class Report:
    """Everything that was done and measured. ``perplexity``: on held-out texts, with only the fresh head trained and with all of it."""

    archive: str
    base_encoder: str
    base_reranker: str | None
    settings: Mapping[str, Any]
    articles: int = 0
    training_queries: int = 0
    stages: dict[str, Stage] = field(default_factory=dict)
    perplexity: dict[str, float] = field(default_factory=dict)
    table: list[Row] = field(default_factory=list)
    encoder: Path | None = None
    reranker: Path | None = None
    language_model: Path | None = None
    seconds: float = 0.0

    def as_json(self) -> str:
        """The report with where its figures come from."""
        figures = asdict(self)
        for name in ("encoder", "reranker", "language_model"):
            figures[name] = str(figures[name]) if figures[name] else None
        origin = {"code": code().model_dump(), "hardware": hardware().model_dump(), "libraries": libraries()}
        return json.dumps({**figures, **origin}, indent=2, ensure_ascii=False) + "\n"

    def write(self, out: Path) -> None:
        """Replaces the last report in the folder."""
        replace_file(out / "report.json", self.as_json().encode())


def keep(out: Path, kind: str, made: Path, card: str) -> Path:
    """Puts a model that was made elsewhere into a folder of its own below ``out``, named after its fingerprint.

    What an index may still be made with is never replaced: another model has another name.
    Raises BroadsheetError when the folder cannot be written; nothing is left of it then.
    """
    folder = out / f"{kind}-{fingerprint(made).partition(':')[2][:8]}"

    def write(part: Path) -> None:
        shutil.copytree(made, part, dirs_exist_ok=True)
        (part / "README.md").write_text(card, "utf-8")

    if not folder.exists():
        publish_folder(folder, write)
    return folder


def model_card(what: str, report: Report, table: Sequence[Row], use: str) -> str:
    """A card that says what the model is, what it was made from, and what that brought."""
    stages = "\n".join(
        f"- {name}: {stage.steps:,} steps in {stage.seconds / 60:.1f} minutes ({stage.seconds_per_step:.2f} s a step)"
        for name, stage in report.stages.items()
    )
    perplexity = "".join(f"- pseudo-perplexity {name}: {value:,.1f}\n" for name, value in report.perplexity.items())
    return f"""# {what}, adapted to an archive by Broadsheet

Made by `broadsheet adapt` from `{report.base_encoder}` (cross-encoder: `{report.base_reranker}`) and {report.articles:,} articles of
{report.archive} without any labels: headlines, questions, keywords and spans of the articles are the queries, their own passages what
should be found.

{stages}
{perplexity}
{markdown(table)}

Held-out headlines are those whose words are not nearly all in the first sentence of the body; neither their articles nor articles with
the same headline or text were shown in training, and bodies are searched without headlines.

{use}

Limits: better on this archive says nothing about others. The texts that it was made from are the archive's, so share the model only as
their licence allows.
"""
