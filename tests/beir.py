"""Folders in the layout of BEIR for tests."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

ARTICLES = {
    "a": ("Crude slumps", "The oil price fell by half as tankers waited for buyers."),
    "b": ("Refinery talks", "Owners of the oil refinery met the union about wages."),
    "c": ("Coast road closed", "A storm washed away the coast road and two bridges."),
    "d": ("Count goes on", "The election was too close to call on Tuesday night."),
    "e": ("Keeper signs", "The goalkeeper signed a contract for three seasons."),
}
QUERIES = {"q1": "oil price", "q2": "storm damage", "q3": "zxcvbnm qwrtp", "q4": "a close vote on Tuesday"}
JUDGEMENTS = [("q1", "a", 3), ("q1", "b", 1), ("q2", "c", 2), ("q2", "e", 0), ("q3", "e", 1), ("q4", "d", 1)]


def write_folder(
    folder: Path,
    articles: Mapping[str, tuple[str, str]] = ARTICLES,
    queries: Mapping[str, str] = QUERIES,
    judgements: Iterable[tuple[str, str, int]] = JUDGEMENTS,
    split: str = "test",
) -> Path:
    """Writes the files of a collection; of one that is there, only those of this split and these articles change."""
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({"_id": key, "title": title, "text": text}) for key, (title, text) in articles.items()]
    (folder / "corpus.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / "queries.jsonl").write_text("".join(json.dumps({"_id": key, "text": text}) + "\n" for key, text in queries.items()), "utf-8")
    rows = "".join(f"{query}\t{key}\t{grade}\n" for query, key, grade in judgements)
    (folder / "qrels" / f"{split}.tsv").write_text(f"query-id\tcorpus-id\tscore\n{rows}", "utf-8")
    return folder
