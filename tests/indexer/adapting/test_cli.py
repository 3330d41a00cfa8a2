"""What `adapt` tells to do next is what it does not do itself."""

from pathlib import Path

from indexer.adapting.cli import summary
from indexer.adapting.outcome import Report
from search.settings import Settings


def test_the_index_is_to_be_moved_unless_that_is_done_at_once(tmp_path: Path) -> None:
    report = Report("news", "base", None, {}, encoder=tmp_path / "encoder-1", reranker=tmp_path / "reranker-2")
    later = summary(report, tmp_path, Settings(data=tmp_path), applied=False)
    at_once = summary(report, tmp_path, Settings(data=tmp_path), applied=True)
    move = f"Next: broadsheet reindex --data {tmp_path} --encoder {tmp_path / 'encoder-1'}"
    assert move in later.split("\n")
    assert [line for line in later.split("\n") if line != move] == at_once.split("\n")
    assert f"--reranker {tmp_path / 'reranker-2'}" in at_once
