"""From the bundled sample to ranked results as a user gets them: real models, real commands, a real server, a real browser."""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from indexer.judgements import read_qrels, read_queries
from search.index import layout
from search.index.published import snapshot_folders
from tests.archives import flip_a_bit

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "indexer" / "sample"
BROADSHEET = str(Path(sys.executable).with_name("broadsheet"))
OIL = "oil industry during the coronavirus outbreak"


def _run(*arguments: str, status: int = 0, stdin: str | None = None) -> str:
    done = subprocess.run([BROADSHEET, *arguments], capture_output=True, text=True, input=stdin, check=False)
    assert done.returncode == status, done.stderr
    return done.stdout if status == 0 else done.stderr


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, indexed by the command that `make demo` runs."""
    data = tmp_path_factory.mktemp("demo")
    _run("index", str(SAMPLE / "corpus.jsonl"), "--data", str(data))
    return data


@pytest.fixture(scope="module")
def server(demo: Path) -> Iterator[httpx2.Client]:
    with subprocess.Popen([BROADSHEET, "serve", "--data", str(demo), "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = re.search(r"http://\S+", process.stdout.readline())
        assert address
        with httpx2.Client(base_url=address[0], timeout=60) as client:
            yield client
        process.terminate()


def _search(client: httpx2.Client, q: str, **parameters: Any) -> dict[str, Any]:
    response = client.get("/search", params={"q": q, **parameters})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def _keys(answer: dict[str, Any]) -> list[str]:
    return [hit["key"] for hit in answer["hits"]]


@pytest.fixture(scope="module")
def grades() -> dict[str, dict[str, int]]:
    """Grades by article, by the text of the query."""
    texts = read_queries(SAMPLE / "queries.jsonl")
    found: dict[str, dict[str, int]] = {}
    for qrel in read_qrels(SAMPLE / "qrels" / "test.tsv"):
        found.setdefault(texts[qrel.query_id], {})[qrel.doc_id] = qrel.relevance
    return found


def test_the_oil_query_finds_the_oil_industry_during_the_outbreak(server: httpx2.Client, grades: dict[str, dict[str, int]]) -> None:
    top = _keys(_search(server, OIL))
    assert grades[OIL][top[0]] == 3
    assert sum(grades[OIL].get(key, 0) >= 2 for key in top) >= 5, top


def test_queries_in_words_that_the_article_does_not_contain_find_it(server: httpx2.Client, grades: dict[str, dict[str, int]]) -> None:
    lines = [json.loads(line) for line in (SAMPLE / "queries.jsonl").read_text("utf-8").splitlines()]
    paraphrases = [line["text"] for line in lines if line["style"] == "paraphrase"]
    found = [any(grades[text].get(key) == 3 for key in _keys(_search(server, text))) for text in paraphrases]
    assert sum(found) >= 0.8 * len(found)


def test_command_line_api_and_page_give_the_same_ranking(server: httpx2.Client, demo: Path) -> None:
    # As the page asks: everything is counted. Its rows are stories unless one wants to see every article.
    from_api = _search(server, OIL, facets=True)
    posted = server.post("/search", json={"q": OIL, "facets": True}).json()
    printed = json.loads(_run("search", OIL, "--data", str(demo), "--json", "--facets"))
    page = server.get("/", params={"q": OIL, "stories": "false"}).text
    linked = list(dict.fromkeys(int(found) for found in re.findall(r'href="/articles/(\d+)', page)))
    ids = [hit["id"] for hit in from_api["hits"]]
    assert ids == [hit["id"] for hit in posted["hits"]] == [hit["id"] for hit in printed["hits"]] == linked
    assert from_api.keys() == printed.keys()
    assert from_api["hits"][0].keys() == printed["hits"][0].keys()


@pytest.mark.parametrize("rerank", ["true", "false"])
def test_what_means_nothing_finds_nothing(server: httpx2.Client, demo: Path, rerank: str) -> None:
    assert _search(server, "qwertyuiop zxcvbnm", rerank=rerank)["hits"] == []
    if rerank == "true":
        assert "Nothing relevant found." in _run("search", "qwertyuiop zxcvbnm", "--data", str(demo))


def test_filters_and_dates_hold_for_every_hit(server: httpx2.Client) -> None:
    answer = _search(server, "prices", after="2020-06", before="2021", topic="Energy", top_k=50)
    assert answer["hits"]
    for hit in answer["hits"]:
        assert "2020-06-01" <= hit["published_at"] < "2022-01-01"
        assert hit["topic"] == "Energy"
    newest = _search(server, "prices", sort="date", top_k=50)["hits"]
    dates = [hit["published_at"] for hit in newest]
    assert dates == sorted(dates, reverse=True)


def test_highlights_mark_the_words_of_the_query(server: httpx2.Client) -> None:
    for hit in _search(server, "oil price")["hits"]:
        marked = [hit["snippet"]["text"][start:end].lower() for start, end in hit["snippet"]["highlights"]]
        assert all(word.startswith(("oil", "pric")) for word in marked)
        assert bool(marked) <= (hit["bm25"] > 0)


def test_the_sample_is_answered_well_though_half_of_its_queries_avoid_the_words(demo: Path, tmp_path: Path) -> None:
    run = tmp_path / "run.trec"
    qrels = str(SAMPLE / "qrels" / "test.tsv")
    arguments = ["--queries", str(SAMPLE / "queries.jsonl"), "--qrels", qrels, "--data", str(demo), "--json", "--run", str(run)]
    figures = json.loads(_run("evaluate", *arguments))["systems"]
    ndcg = {system: figures[system]["means"]["nDCG@10"] for system in figures}
    # Half of these queries avoid the words of the articles, which is hard on BM25: fusion must not let it spoil the rest.
    assert ndcg["bm25"] < 0.7
    assert ndcg["hybrid"] > ndcg["dense"] - 0.04
    assert ndcg["rerank"] > ndcg["hybrid"] > 0.8
    assert {path.read_text().split()[5] for path in tmp_path.glob("run*.trec")} == set(figures)


def test_an_exported_archive_is_read_back_as_it_was(demo: Path, tmp_path: Path) -> None:
    exported = _run("export", "--data", str(demo))
    assert len(exported.splitlines()) == 156
    again = tmp_path / "again"
    _run("index", "-", "--data", str(again), "--format", "jsonl", stdin=exported)
    assert _run("export", "--data", str(again)) == exported


def test_a_running_server_shows_what_is_indexed_and_deleted_meanwhile(server: httpx2.Client, demo: Path) -> None:
    line = json.dumps({"id": "late", "title": "Walrus elected harbour master", "text": "A walrus now runs the harbour of Lower Quay."})
    _run("index", "-", "--data", str(demo), "--format", "jsonl", stdin=line)
    _wait_until(lambda: "late" in _keys(_search(server, "walrus harbour master")))
    _run("delete", "late", "--data", str(demo))
    _wait_until(lambda: "late" not in _keys(_search(server, "walrus harbour master")))
    assert "late" in _run("delete", "late", "--data", str(demo), status=1)


def _wait_until(condition: Any, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)


def test_a_damaged_index_is_served_from_the_previous_snapshot_and_rebuilt(demo: Path, tmp_path: Path) -> None:
    data = tmp_path / "copy"
    shutil.copytree(demo, data)
    _run("rebuild", "--data", str(data))
    flip_a_bit(next(snapshot_folders(data)[0].rglob(layout.VECTORS)))
    answer = json.loads(_run("search", OIL, "--data", str(data), "--json"))
    assert answer["snapshot"] == snapshot_folders(data)[1].name
    assert "previous snapshot" in _run("stats", "--data", str(data))
    _run("rebuild", "--data", str(data))
    assert "previous snapshot" not in _run("stats", "--data", str(data))


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["search", "oil", "--data", "{empty}"], 1, ["broadsheet index"]),
        (["stats", "--data", "{empty}"], 1, ["broadsheet index"]),
        (["index", "no-such-file.jsonl", "--data", "{empty}"], 2, ["no-such-file.jsonl"]),
        (["search", " ", "--data", "{demo}"], 2, ["empty"]),
        (["search", "x" * 5000, "--data", "{demo}"], 2, ["5,000", "4,000"]),
        (["search", "oil", "--top-k", "1000000000", "--data", "{demo}"], 2, ["1,000,000,000", "1,000"]),
        (["search", "oil", "--after", "soon", "--data", "{demo}"], 2, ["soon"]),
        (["search", "oil", "--encoder", "no/such-model", "--data", "{demo}"], 2, ["no/such-model"]),
        (["search", "oil", "--colour", "--data", "{demo}"], 2, ["--colour"]),
        (["evaluate", "--queries", "nowhere.jsonl", "--qrels", "nowhere.tsv", "--data", "{demo}"], 2, ["nowhere.tsv"]),
    ],
)
def test_a_mistake_gets_one_clear_sentence(demo: Path, tmp_path: Path, arguments: list[str], status: int, words: list[str]) -> None:
    filled = [argument.format(empty=tmp_path / "empty", demo=demo) for argument in arguments]
    message = _run(*filled, status=status)
    assert "Traceback" not in message
    assert all(word in message for word in words), message


def test_unusable_records_are_reported_counted_and_end_in_status_1(tmp_path: Path) -> None:
    dump = tmp_path / "dump.jsonl"
    dump.write_text('{"id": "a", "text": "A fine article."}\n{"id": "b"\n{"id": "c", "text": "Late.", "date": "2999-01-01"}\n')
    message = _run("index", str(dump), "--data", str(tmp_path / "data"), status=1)
    assert f"{dump}:2" in message
    assert f"{dump}:3" in message
    assert "1 added" in message
    assert "2 rejected" in message
    assert "Published 1 articles" in message
    strict = _run("index", str(dump), "--data", str(tmp_path / "strict"), "--strict", status=2)
    assert f"{dump}:2" in strict
