"""How well the answers fit: ours (BM25, dense, hybrid, reranked) against txtai's hybrid search with the same base model and documents.

    python -m benchmarks.relevance --data DIR_OF_BEIR_FOLDERS [--sets NAME[:SPLIT] ...] [--txtai PYTHON]
                                   [--also ENCODER] [--work DIR] [--json]

txtai is not among our dependencies: make an environment for it and name its Python (docs/benchmarks.md). It gets title and text of an
article as one document, hybrid=True and its defaults; "txtai passages" gets the passages that our index is made of, an article counting
as much as its best passage. Judged queries without hits count 0. What is indexed and found stays in the work folder and is used again.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ir_measures import ScoredDoc

from indexer.evaluation import Collection, Comparison, Judged, System, compare, evaluate_folder, figures, means
from indexer.evaluation.collection import keep
from indexer.evaluation.provenance import code, hardware, libraries
from indexer.evaluation.significance import Figures
from search.assemble import load_encoder
from search.models.bundled import bundled_encoder_folder
from search.settings import Settings
from search.text import clean_line, clean_text, passage_text, windows

MEASURE = "nDCG@10"
WHOLE, PASSAGES = "txtai", "txtai passages"
PAIRS = (("bm25", "hybrid"), ("dense", "hybrid"), (WHOLE, "hybrid"), (PASSAGES, "hybrid"), ("hybrid", "rerank"), (WHOLE, "rerank"))
_HITS = 100
_PASSAGE_HITS = 500  # so that the best passages of at least 100 articles are among them
_PEER = Path(__file__).with_name("txtai_peer.py")


@dataclass(frozen=True)
class Measured:
    """One set: figures of every query by system, and seconds to index and milliseconds a query."""

    name: str
    queries: int
    articles: int
    figures: Mapping[str, Figures]
    index_seconds: Mapping[str, float]
    query_ms: Mapping[str, float]

    def mean(self, system: str) -> float:
        return means(self.figures[system])[MEASURE]


def main() -> None:
    """Prints nDCG@10 by set, what the differences are worth, and times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of folders in BEIR's layout")
    parser.add_argument("--sets", nargs="+", help="names of folders, with a split after a colon; all when not given")
    parser.add_argument("--txtai", metavar="PYTHON", help="the Python of an environment with txtai; left out when not given")
    parser.add_argument("--also", metavar="ENCODER", help="another bi-encoder to measure beside the default one")
    parser.add_argument("--work", type=Path, default=Path("relevance-work"), help="where indexes and rankings are kept")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    names = arguments.sets or sorted(path.parent.name for path in arguments.data.glob("*/corpus.jsonl"))
    arguments.work.mkdir(parents=True, exist_ok=True)
    measured = [measure(arguments.data, name, arguments.work, arguments.txtai, arguments.also) for name in names]
    if arguments.json:
        print(json.dumps(summary(measured), indent=2))
    else:
        print_tables(measured)


def measure(data: Path, name: str, work: Path, txtai: str | None, also: str | None) -> Measured:
    """Ours, with another bi-encoder too if there is one, and txtai's two ways if there is a Python to run it with."""
    folder, _, split = name.partition(":")
    collection = Collection.open(data / folder, split or None)
    count = len(collection.judged.query_ids)
    settings = Settings(data=work)
    index_seconds = {"ours": _index_seconds(collection, settings)}
    ours = evaluate_folder(data / folder, settings, collection.split)
    found: dict[str, Figures] = {result.system.value: result.per_query for result in ours.results}
    query_ms = {result.system.value: 1000 * result.seconds / count for result in ours.results}
    if also is not None:
        other = settings.model_copy(update={"encoder": also})
        index_seconds[f"ours {also}"] = _index_seconds(collection, other)
        results = evaluate_folder(data / folder, other, collection.split, [each for each in System if each is not System.BM25]).results
        found |= {f"{result.system} {also}": result.per_query for result in results}
    if txtai is not None:
        for system, (run, times) in _txtai(txtai, work / f"{collection.name}-{collection.split}", collection).items():
            found[system] = figures(collection.judged.qrels, run)
            index_seconds[system] = times["index_seconds"]
            query_ms[system] = 1000 * times["search_seconds"] / count
    return Measured(name, count, ours.report.articles, found, index_seconds, query_ms)


def significance(one: Measured) -> Iterator[Comparison]:
    """The comparisons of ``PAIRS`` that can be made on a set."""
    others = [system for system in one.figures if " " in system and system != PASSAGES]  # "dense NAME" against "dense"
    for first, second in (*PAIRS, *((system.split()[0], system) for system in others)):
        if first in one.figures and second in one.figures:
            yield next(each for each in compare((first, one.figures[first]), (second, one.figures[second])) if each.measure == MEASURE)


def summary(measured: Sequence[Measured]) -> dict[str, Any]:
    """Everything as JSON values."""
    sets = {
        one.name: {
            "queries": one.queries,
            "articles": one.articles,
            "means": {system: means(found) for system, found in one.figures.items()},
            "comparisons": [asdict(each) for each in significance(one)],
            "index_seconds": one.index_seconds,
            "query_ms": one.query_ms,
        }
        for one in measured
    }
    return {"sets": sets, "code": code().model_dump(), "hardware": hardware().model_dump(), "libraries": libraries()}


def print_tables(measured: Sequence[Measured]) -> None:
    """The same for people, as Markdown."""
    systems = list(dict.fromkeys(system for one in measured for system in one.figures))
    print(f"\n{MEASURE}\n")
    print(_row(["set", "queries", "articles", *systems]))
    print(_row(["---"] * (3 + len(systems))))
    for one in measured:
        print(_row([one.name, f"{one.queries:,}", f"{one.articles:,}", *(f"{one.mean(system):.3f}" for system in systems)]))
    averages = [sum(one.mean(system) for one in measured) / len(measured) for system in systems]
    print(_row(["mean", "", "", *(f"{average:.3f}" for average in averages)]))
    print("\nDifferences in points (p of the randomisation test)\n")
    compared = [list(significance(one)) for one in measured]
    print(_row(["set", *(f"{each.second} − {each.first}" for each in compared[0])]))
    print(_row(["---"] * (1 + len(compared[0]))))
    for one, comparisons in zip(measured, compared, strict=True):
        print(_row([one.name, *(f"{100 * each.difference:+.1f} ({each.p_randomisation:.3f})" for each in comparisons)]))
    print("\nSeconds to index · milliseconds a query\n")
    for one in measured:
        indexing = ", ".join(f"{system} {seconds:.0f} s" for system, seconds in one.index_seconds.items())
        print(f"{one.name}: {indexing} · {', '.join(f'{system} {ms:.0f} ms' for system, ms in one.query_ms.items())}")


def _index_seconds(collection: Collection, settings: Settings) -> float:
    """How long our index took, when it was made."""
    begun = time.perf_counter()
    kept = keep(collection, settings, load_encoder(settings), lambda *_: None, lambda rejected: print(rejected, file=sys.stderr))
    note = kept.settings.data / "seconds.txt"
    if not note.exists():
        note.write_text(str(time.perf_counter() - begun), "ascii")
    return float(note.read_text("ascii"))


def _txtai(python: str, place: Path, collection: Collection) -> "dict[str, tuple[list[ScoredDoc], dict[str, Any]]]":
    """Rankings and times of both ways; they are one where every article is a single passage."""
    documents, cut = list(_whole(collection)), list(_passages(collection))
    found = {WHOLE: _peer(python, place.with_name(f"{place.name}-txtai"), documents, collection.judged, _HITS)}
    if len(cut) > len(documents):
        found[PASSAGES] = _peer(python, place.with_name(f"{place.name}-txtai-passages"), cut, collection.judged, _PASSAGE_HITS)
    else:
        found[PASSAGES] = found[WHOLE]
    return found


def _whole(collection: Collection) -> Iterator[dict[str, str]]:
    """Each article as one document; txtai cuts off what its model does not read."""
    for article in _articles(collection):
        text = f"{article.get('title') or ''}\n{article.get('text') or ''}".strip()
        if text:
            yield {"id": _key(article), "text": text}


def _passages(collection: Collection) -> Iterator[dict[str, str]]:
    """Each passage as our index has it, with the article's id before a tab."""
    settings = Settings()
    for article in _articles(collection):
        title, text = clean_line(article.get("title") or ""), clean_text(article.get("text") or "")
        for number, (start, end) in enumerate(windows(text, settings.passage_words, settings.passage_step)):
            passage = passage_text(title, text[start:end])
            if passage:
                yield {"id": f"{_key(article)}\t{number}", "text": passage}


def _articles(collection: Collection) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in collection.corpus.read_text("utf-8").split("\n") if line.strip())


def _key(article: dict[str, Any]) -> str:
    return str(article["_id"] if "_id" in article else article["id"])


def _peer(
    python: str, place: Path, documents: Sequence[dict[str, str]], judged: Judged, limit: int
) -> tuple[list[ScoredDoc], dict[str, Any]]:
    """The peer's ranking of articles and its times, from the work folder when it is there."""
    run, times = place.with_suffix(".json"), place.with_suffix(".times.json")
    if not times.exists():
        asked, given, found = (place.with_suffix(f".{name}") for name in ("queries", "documents", "found"))
        given.write_text("".join(json.dumps(document) + "\n" for document in documents), "utf-8")
        queries = ({"id": query_id, "text": judged.queries[query_id]} for query_id in judged.query_ids)
        asked.write_text("".join(json.dumps(query) + "\n" for query in queries), "utf-8")
        command = [python, str(_PEER), str(bundled_encoder_folder()), str(given), str(asked), str(found), "--limit", str(limit)]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        run.write_text(json.dumps(list(_best_passages(found))), "utf-8")
        times.write_text(answer, "utf-8")
        for path in (asked, given, found):
            path.unlink()
    return [ScoredDoc(*hit) for hit in json.loads(run.read_text("utf-8"))], json.loads(times.read_text("utf-8"))


def _best_passages(found: Path) -> Iterator[tuple[str, str, float]]:
    """Query, article and the score of its best hit, the first 100 articles of each query."""
    best: dict[str, dict[str, float]] = {}
    for line in found.read_text("utf-8").split("\n"):
        if line:
            hit = json.loads(line)
            articles = best.setdefault(hit["query"], {})
            key = hit["document"].split("\t")[0]
            articles[key] = max(hit["score"], articles.get(key, hit["score"]))
    for query_id, articles in best.items():
        for key, score in sorted(articles.items(), key=lambda item: (-item[1], item[0]))[:_HITS]:
            yield query_id, key, score


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
