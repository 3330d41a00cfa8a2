"""Bulk indexing, from reading the dump to the published index: ours against a plain script with the same passages and model.

    python -m benchmarks.indexing [--corpus FILE] [--articles N] [--json]

The plain script is ``SentenceTransformer.encode`` with its defaults and ``faiss.write_index``; reading and cutting are given to it
for nothing. Without a corpus, articles are put together from sentences of the bundled sample.
"""

import argparse
import json
import os
import resource
import sys
import time
from contextlib import redirect_stderr
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import faiss

from benchmarks.articles import made_up_articles
from indexer.dump import Dump
from indexer.indexing import Cutting, Indexer
from indexer.publication import publish
from search.article import Article
from search.assemble import load_encoder
from search.models.bundled import bundled_encoder_folder
from search.settings import Settings
from search.store import Identity, open_archive
from search.text import passage_text, windows


def main() -> None:
    """Prints articles/s and passages/s of both and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="a JSONL dump to index instead of made-up articles")
    parser.add_argument("--articles", type=int, default=600, help="how many articles to index")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        figures = measure(Path(folder), arguments.corpus, arguments.articles)
    if arguments.json:
        print(json.dumps(figures))
        return
    print(f"indexing {figures['articles']:.0f} articles, {figures['passages']:.0f} passages")
    print(f"  ours           {figures['ours_seconds']:8.1f} s  {figures['articles'] / figures['ours_seconds']:8.1f} articles/s")
    print(f"  plain script   {figures['plain_seconds']:8.1f} s  {figures['articles'] / figures['plain_seconds']:8.1f} articles/s")
    print(f"  ratio          {figures['ratio']:8.2f}    (at least 2.5 is asked for)")
    print(f"  peak memory    {figures['peak_bytes'] / 2**20:8.0f} MiB, of both together")


def measure(folder: Path, corpus: Path | None, count: int) -> dict[str, float]:
    """Seconds of both, their ratio and the process's peak memory."""
    dump = folder / "dump.jsonl"
    _write_dump(dump, corpus, count)
    articles, ours = _ours(dump, folder)
    settings = Settings()
    passages = [
        passage_text(article.title, article.text[start:end])
        for article in articles
        for start, end in windows(article.text, settings.passage_words, settings.passage_step)
    ]
    plain = _plain(passages, folder / "plain.faiss")
    return {
        "articles": len(articles),
        "passages": len(passages),
        "ours_seconds": ours,
        "plain_seconds": plain,
        "ratio": plain / ours,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def _write_dump(dump: Path, corpus: Path | None, count: int) -> None:
    if corpus is None:
        dump.write_text("".join(json.dumps(fields) + "\n" for fields in made_up_articles(count)), "utf-8")
        return
    with corpus.open(encoding="utf-8") as file:
        dump.write_text("".join(line for _, line in zip(range(count), file, strict=False)), "utf-8")


def _ours(dump: Path, data: Path) -> tuple[list[Article], float]:
    settings = Settings()
    encoder = load_encoder(settings)
    encoder.encode_passages(["warm up"])
    with open_archive(f"sqlite:///{data / 'broadsheet.db'}") as archive:
        cutting = Cutting(settings.passage_words, settings.passage_step)
        archive.claim(Identity(encoder.fingerprint, encoder.dimension, cutting.words, cutting.step))
        begun = time.perf_counter()
        for _ in Indexer(archive, encoder, cutting, lambda rejected: print(rejected, file=sys.stderr)).run(
            Dump.open([str(dump)]), datetime.now(UTC)
        ):
            pass
        publish(archive, data)
        seconds = time.perf_counter() - begun
        return [stored.article for batch in archive.all_articles() for stored in batch], seconds


def _plain(passages: list[str], path: Path) -> float:
    with Path(os.devnull).open("w") as nowhere, redirect_stderr(nowhere):
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(str(bundled_encoder_folder()), device="cpu")
        model.encode(["warm up"])
        begun = time.perf_counter()
        vectors = model.encode(passages)
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        faiss.write_index(index, str(path))
        return time.perf_counter() - begun


if __name__ == "__main__":
    main()
