"""Makes folders in BEIR's layout to measure on.

    python -m benchmarks.corpora headlines OUT DUMP... [--distractors DUMP...]
    python -m benchmarks.corpora sample OUT FOLDER [--split dev] [--articles 3000]

``headlines``: an article's headline must find its body. The corpus is the bodies without their headlines; a headline whose words are
nearly all in the first sentence is no query, as its words alone would find the body. Distractors are in the corpus only.
``sample``: the judged articles of a folder and so many others, drawn at random (seed 0), for sets that take too long whole.
"""

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

from indexer.evaluation import Collection
from indexer.training.made_queries import near_verbatim
from indexer.training.sources import Document

_SEED = 0
_SHORTEST_HEADLINE = 4  # words


def main() -> None:
    """Writes the folder and says what is in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kinds = parser.add_subparsers(dest="kind", required=True)
    headlines = kinds.add_parser("headlines")
    headlines.add_argument("out", type=Path)
    headlines.add_argument("dumps", type=Path, nargs="+")
    headlines.add_argument("--distractors", type=Path, nargs="*", default=[])
    sample = kinds.add_parser("sample")
    sample.add_argument("out", type=Path)
    sample.add_argument("folder", type=Path)
    sample.add_argument("--split")
    sample.add_argument("--articles", type=int, default=3000)
    arguments = parser.parse_args()
    if arguments.kind == "headlines":
        print(write_headlines(arguments.out, arguments.dumps, arguments.distractors))
    else:
        print(write_sample(arguments.out, arguments.folder, arguments.split, arguments.articles))


def write_headlines(out: Path, dumps: Iterable[Path], distractors: Iterable[Path]) -> str:
    """Headlines as queries for bodies; returns what was written in a sentence."""
    asked = [article for dump in dumps for article in _lines(dump)]
    others = [article for dump in distractors for article in _lines(dump)]
    queries = [article for article in asked if len(article["title"].split()) >= _SHORTEST_HEADLINE and not _verbatim(article)]
    corpus = [{"_id": article["_id"], "title": "", "text": article["text"]} for article in asked + others]
    _write(
        out,
        "test",
        corpus,
        [{"_id": article["_id"], "text": article["title"]} for article in queries],
        [(article["_id"], article["_id"], 1) for article in queries],
    )
    return f"{len(queries)} headlines of {len(asked)} (the others are near-verbatim or short), {len(corpus)} bodies."


def write_sample(out: Path, folder: Path, split: str | None, articles: int) -> str:
    """A part of a folder with all its judged articles; returns what was written in a sentence."""
    collection = Collection.open(folder, split)
    corpus = list(_lines(collection.corpus))
    judged = {qrel.doc_id for qrel in collection.judged.qrels}
    drawn = set(Random(_SEED).sample([article["_id"] for article in corpus if article["_id"] not in judged], articles))
    kept = [article for article in corpus if article["_id"] in judged or article["_id"] in drawn]
    queries = [{"_id": query_id, "text": collection.judged.queries[query_id]} for query_id in collection.judged.query_ids]
    _write(out, collection.split, kept, queries, [(qrel.query_id, qrel.doc_id, qrel.relevance) for qrel in collection.judged.qrels])
    return f"{len(queries)} queries, {len(kept)} of {len(corpus)} articles."


def _verbatim(article: dict[str, str]) -> bool:
    return near_verbatim(Document(article["_id"], article["title"], article["text"]))


def _lines(path: Path) -> Iterator[dict[str, str]]:
    return (json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip())


def _write(out: Path, split: str, corpus: Iterable[object], queries: Iterable[object], judgements: Iterable[tuple[str, str, int]]) -> None:
    (out / "qrels").mkdir(parents=True, exist_ok=True)
    for name, rows in (("corpus", corpus), ("queries", queries)):
        (out / f"{name}.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    table = "".join(f"{query}\t{key}\t{grade}\n" for query, key, grade in judgements)
    (out / "qrels" / f"{split}.tsv").write_text(f"query-id\tcorpus-id\tscore\n{table}", "utf-8")


if __name__ == "__main__":
    main()
