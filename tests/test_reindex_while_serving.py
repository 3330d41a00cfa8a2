"""An index moves to another encoder while a real server answers from it: real models, real processes."""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import httpx2
import pytest

from search.models.bundled import bundled_encoder_folder

pytestmark = pytest.mark.timeout(900)  # ten processes load a model each

BROADSHEET = str(Path(sys.executable).with_name("broadsheet"))
SAMPLE = Path(__file__).parent.parent / "indexer" / "sample" / "corpus.jsonl"


def _run(*arguments: str, status: int = 0) -> str:
    done = subprocess.run([BROADSHEET, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return done.stdout if status == 0 else " ".join(done.stderr.split())


@pytest.fixture(scope="module")
def other_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled encoder with other pooling: as many dimensions, other vectors. Mixing the two would raise no error."""
    folder = Path(shutil.copytree(bundled_encoder_folder(), tmp_path_factory.mktemp("models") / "other"))
    pooling = folder / "1_Pooling" / "config.json"
    changed = json.loads(pooling.read_text()) | {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
    pooling.write_text(json.dumps(changed))
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty articles, indexed with the default encoder."""
    folder = tmp_path_factory.mktemp("archive")
    dump = folder / "dump.jsonl"
    dump.write_text("".join(SAMPLE.read_text("utf-8").splitlines(keepends=True)[:20]), "utf-8")
    _run("index", str(dump), "--data", str(folder))
    return folder


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[httpx2.Client]:
    command = [BROADSHEET, "serve", "--data", str(data), "--port", "0", "--reranker", "none"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = re.search(r"http://\S+", process.stdout.readline())
        assert address
        with httpx2.Client(base_url=address[0], timeout=60) as client:
            yield client
        process.terminate()


def test_a_server_changes_over_without_dropping_a_request(server: httpx2.Client, data: Path, other_encoder: Path) -> None:
    question = {"q": "who profits from the price of oil?", "mode": "dense", "top_k": "5"}
    stop, answers, unready = Event(), [], []

    def ask() -> None:
        with httpx2.Client(base_url=server.base_url, timeout=60) as client:
            while not stop.is_set():
                answers.append(client.get("/search", params=question))
                if (ready := client.get("/readyz")).status_code != 200:
                    unready.append(ready)
                time.sleep(0.1)  # leaves the processor to the other process now and then

    asking = [Thread(target=ask, daemon=True) for _ in range(2)]
    for thread in asking:
        thread.start()
    before = server.get("/search", params=question).json()
    _run("reindex", "--data", str(data), "--encoder", str(other_encoder))
    deadline = time.monotonic() + 120
    while (after := server.get("/search", params=question).json())["snapshot"] == before["snapshot"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    stop.set()
    for thread in asking:
        thread.join()
    assert {answer.status_code for answer in answers} == {200}
    assert unready == []
    # Each snapshot is only ever searched with vectors of its own encoder: one answer for each, and they differ.
    found = {answer.json()["snapshot"]: _similarities(answer.json()) for answer in answers}
    for answer in answers:
        assert _similarities(answer.json()) == pytest.approx(found[answer.json()["snapshot"]], abs=0.02)
    assert _similarities(after) != pytest.approx(_similarities(before), abs=0.02)
    printed = json.loads(_run("search", question["q"], "--data", str(data), "--mode", "dense", "-k", "5", "--no-rerank", "--json"))
    assert [hit["id"] for hit in printed["hits"]] == [hit["id"] for hit in after["hits"]]


def test_the_archive_goes_on_with_its_new_encoder_and_names_it_when_another_is_given(data: Path, other_encoder: Path) -> None:
    assert str(other_encoder) in _run("stats", "--data", str(data))
    _run("index", str(data / "dump.jsonl"), "--data", str(data))
    for command in (["index", str(data / "dump.jsonl")], ["search", "oil"], ["rebuild"]):
        error = _run(*command, "--data", str(data), "--encoder", "all-MiniLM-L6-v2", status=1)
        assert str(other_encoder) in error
        assert "not" in error
        assert "all-MiniLM-L6-v2" in error
        assert "reindex --encoder all-MiniLM-L6-v2" in error


def test_an_encoder_that_has_moved_is_found_where_it_is_said_to_be(data: Path, other_encoder: Path) -> None:
    moved = other_encoder.with_name("moved")
    other_encoder.rename(moved)
    error = _run("search", "oil", "--data", str(data), status=1)
    assert f"{other_encoder} " in error
    assert "is not there any more" in error
    _run("rebuild", "--data", str(data), "--encoder", str(moved))
    _run("search", "oil", "--data", str(data), "--no-rerank")
    assert "Say to which encoder" in _run("reindex", "--data", str(data), status=2)


def _similarities(answer: dict[str, list[dict[str, float]]]) -> list[float]:
    return [hit["similarity"] for hit in answer["hits"]]
