"""What `adapt` asks for is what it was told, and what it tells to do next is what it does not do itself."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from indexer.adapting import adaptation
from indexer.adapting.adaptation import Start
from indexer.adapting.cli import summary
from indexer.adapting.outcome import Report
from indexer.adapting.plan import Plan
from search.cli import application
from search.models.bundled import bundled_encoder_folder
from search.models.loading import fingerprint
from search.settings import Settings
from search.store import Identity, open_archive


def test_the_index_is_to_be_moved_unless_that_is_done_at_once(tmp_path: Path) -> None:
    report = Report("news", "base", None, {}, encoder=tmp_path / "encoder-1", reranker=tmp_path / "reranker-2")
    later = summary(report, tmp_path, Settings(data=tmp_path), applied=False)
    at_once = summary(report, tmp_path, Settings(data=tmp_path), applied=True)
    move = f"Next: broadsheet reindex --data {tmp_path} --encoder {tmp_path / 'encoder-1'}"
    assert move in later.split("\n")
    assert [line for line in later.split("\n") if line != move] == at_once.split("\n")
    assert f"--reranker {tmp_path / 'reranker-2'}" in at_once


def test_a_run_is_as_long_and_measured_among_as_many_articles_as_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_archive(f"sqlite:///{tmp_path / 'broadsheet.db'}") as archive:
        archive.claim(Identity(fingerprint(bundled_encoder_folder()), 384, 150, 100, "all-MiniLM-L6-v2"))
    asked: list[Plan] = []

    def adapt(start: Start, plan: Plan, *_: object) -> Report:
        asked.append(plan)
        return Report(start.name, start.encoder, start.reranker, {})

    monkeypatch.setattr(adaptation, "adapt", adapt)
    command = ["adapt", "--data", str(tmp_path), "--out", str(tmp_path / "models"), "--minutes", "7", "--pool", "20000", "--seed", "3"]
    result = CliRunner().invoke(application(), [*command, "--no-language-model"])
    assert result.exit_code == 0, result.output
    (plan,) = asked
    assert (plan.minutes, plan.extent.pool, plan.seed) == (7.0, 20_000, 3)
    assert (plan.with_language_model, plan.with_cross_encoder) == (False, True)
    assert "not better beyond chance and was not kept" in " ".join(result.output.split())
