"""Searching 100,000 passages over HTTP, and publishing 100 new articles into such an index.

    python -m benchmarks.searching [--passages N] [--json]

Texts are put together from sentences of the bundled sample; vectors are drawn around those of its real passages. The peer of the
search is the plain script: ``SentenceTransformer.encode`` of the query and an exact ``faiss.IndexFlatIP``, in one process, without HTTP,
filters, BM25 or texts. The peer of the publication is writing the whole index.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import faiss
import httpx2
import numpy as np
import psutil

from benchmarks.articles import made_up_articles, sample, sample_queries
from indexer.fields import article_from
from indexer.publication import ANEW, publish
from indexer.readers.record import Place, Record
from search.assemble import load_encoder
from search.index.published import open_current
from search.models.bundled import bundled_encoder_folder
from search.protocols import Encoder, Vectors
from search.settings import Settings
from search.store import Archive, Identity, Write, open_archive, record_hash, text_hash
from search.text import passage_text, windows

NEW_ARTICLES = 100
RERANKED = 32  # twice the default, as the target is stated for it
ROUNDS = 5


def main() -> None:
    """Prints milliseconds, seconds, bytes and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=100_000, help="how many passages to search")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        figures = measure(Path(folder), arguments.passages)
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"  {name.replace('_', ' '):42} {value:12,.2f}")


def measure(data: Path, passages: int) -> dict[str, float]:
    """All figures by name; milliseconds unless the name says otherwise."""
    encoder = load_encoder(Settings())
    with open_archive(f"sqlite:///{data / 'broadsheet.db'}") as archive:
        fill(archive, encoder, passages)
        whole = _seconds(lambda: publish(archive, data, ANEW))
        figures = {"passages": float(archive.statistics().passages), "articles": float(archive.statistics().articles)}
        figures["recall_at_100_of_real_queries"] = _recall(data, archive, encoder)
        figures |= _served(data)
        figures["server_bytes_per_passage"] = 2**20 * (figures["server_megabytes"] - _empty_megabytes(data)) / figures["passages"]
        figures |= _plain(archive)
        figures["ratio_to_plain_dense_search"] = figures["hybrid_p50_ms"] / figures["plain_p50_ms"]
        _add(archive, encoder, NEW_ARTICLES)
        part = _seconds(lambda: publish(archive, data))
        assert len(open_current(data).snapshot) == archive.statistics().articles
    figures |= {"publish_whole_seconds": whole, "publish_100_new_seconds": part, "publish_ratio": part / whole}
    return figures


def fill(archive: Archive, encoder: Encoder, passages: int) -> None:
    """Stores made-up articles with at least so many passages, whose vectors lie around those of the sample."""
    settings = Settings()
    archive.claim(Identity(encoder.fingerprint, encoder.dimension, settings.passage_words, settings.passage_step))
    real = encoder.encode_passages([passage_text(str(article["title"]), str(article["text"])) for article in sample()])
    generator = np.random.default_rng(5)
    writes = _writes(made_up_articles(sys.maxsize), real, generator)
    stored = 0
    while stored < passages:
        batch = list(islice(writes, 500))
        archive.save(batch)
        stored += sum(len(write.windows or ()) for write in batch)


def _writes(fields: Iterator[dict[str, object]], real: Vectors, generator: np.random.Generator) -> Iterator[Write]:
    settings = Settings()
    now = datetime.now(UTC)
    for number, record in enumerate(fields):
        article = article_from(Record(Place("made-up", number + 1), record), now)
        cut = list(windows(article.text, settings.passage_words, settings.passage_step))
        noise = generator.standard_normal((len(cut), real.shape[1])) / np.sqrt(real.shape[1])
        vectors = real[generator.integers(len(real), size=len(cut))] + 0.7 * noise
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        yield Write(article, text_hash(article), record_hash(article), None, cut, vectors.astype(np.float16))


def _add(archive: Archive, encoder: Encoder, count: int) -> None:
    real = encoder.encode_passages([str(article["title"]) for article in sample()])
    fields = ({**record, "id": f"new-{number}"} for number, record in enumerate(islice(made_up_articles(count), count)))
    archive.save(list(_writes(fields, real, np.random.default_rng(6))))


def _recall(data: Path, archive: Archive, encoder: Encoder) -> float:
    """The mean share of the exact 100 nearest passages that the index finds, over the sample's queries."""
    snapshot = open_current(data).snapshot
    exact, ids = _exact(archive)
    recalls = []
    for vector in encoder.encode_queries(sample_queries()):
        nearest = ids[exact.search(vector[None], 100)[1][0]]
        _, found = snapshot.nearest_passages(vector, None, 100)
        recalls.append(np.isin(nearest, found).mean())
    return float(np.mean(recalls))


def _exact(archive: Archive) -> "tuple[faiss.IndexFlatIP, np.ndarray[tuple[int], np.dtype[np.int64]]]":
    batches = list(archive.changed_passages(0))
    index = faiss.IndexFlatIP(batches[0].vectors.shape[1])
    for batch in batches:
        index.add(batch.vectors.astype(np.float32))
    return index, np.concatenate([batch.id for batch in batches])


def _served(data: Path) -> dict[str, float]:
    """Latencies through a real server, one request at a time, and its memory."""
    command = [str(Path(sys.executable).with_name("broadsheet")), "serve", "--data", str(data), "--port", "0"]
    environment = os.environ | {"BROADSHEET_RERANK_DEPTH": str(RERANKED)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as server:
        try:
            address = _address(server)
            with httpx2.Client(base_url=address, timeout=60) as client:
                figures = {
                    f"{name}_p{percent}_ms": value
                    for name, parameters in (("hybrid", {"rerank": "false"}), ("reranked", {"rerank": "true"}))
                    for percent, value in _latencies(client, parameters).items()
                }
            figures["server_megabytes"] = psutil.Process(server.pid).memory_info().rss / 2**20
        finally:
            server.terminate()
    return figures


def _empty_megabytes(data: Path) -> float:
    """The memory of a server that has answered a search over a handful of articles: models, libraries, Python."""
    small = data / "small"
    small.mkdir()
    encoder = load_encoder(Settings())
    with open_archive(f"sqlite:///{small / 'broadsheet.db'}") as archive:
        fill(archive, encoder, 500)
        publish(archive, small)
    return _served(small)["server_megabytes"]


def _address(server: "subprocess.Popen[str]") -> str:
    assert server.stdout is not None
    for line in server.stdout:
        if "http://" in line:
            return "http://" + line.split("http://")[1].split()[0].rstrip("/.,")
    raise RuntimeError("The server did not start.")


def _latencies(client: httpx2.Client, parameters: dict[str, str]) -> dict[int, float]:
    queries = sample_queries()
    client.get("/search", params={"q": queries[0], **parameters}).raise_for_status()
    taken = []
    for _ in range(ROUNDS):
        for query in queries:
            begun = time.perf_counter()
            client.get("/search", params={"q": query, **parameters}).raise_for_status()
            taken.append(1000 * (time.perf_counter() - begun))
    return {percent: float(np.percentile(taken, percent)) for percent in (50, 95)}


def _plain(archive: Archive) -> dict[str, float]:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(bundled_encoder_folder()), device="cpu")
    index, _ = _exact(archive)
    taken = [1000 * _seconds(lambda query=query: index.search(model.encode([query]), 100)) for query in sample_queries() * 2]  # type: ignore[misc]
    return {"plain_p50_ms": float(np.percentile(taken, 50))}


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
