"""Labels from feedback as a folder in the layout of BEIR, which ``train`` and ``evaluate`` read."""

import hashlib
import json
import shutil
from pathlib import Path

from indexer.export import record_of
from indexer.feedback.training_set import FeedbackLabels
from search.errors import BadInput, BroadsheetError
from search.store import Archive

SPLIT = "train"
_EVIDENCE = ("query-id", "corpus-id", "relevance", "clicks", "looks", "skips", "relevant", "not_relevant")


def write_folder(archive: Archive, labels: FeedbackLabels, folder: Path) -> int:
    """Writes corpus.jsonl, queries.jsonl, qrels/train.tsv, and evidence.tsv and feedback.json that say why; returns the labels' number.

    The folder appears when all of it is written. Raises BadInput when something is there, BroadsheetError when it cannot be written.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise BadInput(f"{folder} is there already: give a new folder, or remove it first.", field="folder")
    beside = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(beside, ignore_errors=True)
        (beside / "qrels").mkdir(parents=True)
        keys = _write_corpus(archive, beside / "corpus.jsonl")
        count = _write_labels(labels, keys, beside)
        if folder.is_dir():
            folder.rmdir()
        beside.replace(folder)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise BroadsheetError(f"{folder} cannot be written ({error.strerror}): make room, or give another folder.") from error
    return count


def query_id(text: str) -> str:
    """The same for the same text in every export."""
    return hashlib.sha256(text.casefold().encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _write_corpus(archive: Archive, path: Path) -> dict[int, str]:
    """Writes all articles, which are what is searched; their keys by id."""
    keys: dict[int, str] = {}
    with path.open("w", encoding="utf-8") as file:
        for batch in archive.all_articles():
            for stored in batch:
                keys[stored.id] = stored.article.key
                record = record_of(stored.article)
                del record["id"]
                file.write(json.dumps({**record, "_id": stored.article.key}, ensure_ascii=False) + "\n")
    return keys


def _write_labels(labels: FeedbackLabels, keys: dict[int, str], folder: Path) -> int:
    queries, qrels, evidence = [], ["query-id\tcorpus-id\tscore"], ["\t".join(_EVIDENCE)]
    for one in labels.queries:
        id_ = query_id(one.text)
        queries.append(json.dumps({"_id": id_, "text": one.text}, ensure_ascii=False))
        for article_id, label in one.labels.items():
            key = keys.get(article_id, "\t")
            if "\t" in key or "\n" in key:  # deleted just now, or a key that no table of judgements can hold
                continue
            seen = label.evidence
            qrels.append(f"{id_}\t{key}\t{label.grade}")
            figures = f"{label.relevance:.4f}\t{seen.clicks}\t{seen.looks:.4f}\t{seen.skips}\t{seen.relevant}\t{seen.not_relevant}"
            evidence.append(f"{id_}\t{key}\t{figures}")
    count = len(qrels) - 1
    about = {"queries": len(labels.queries), "labels": count, "showings": labels.showings, "eta": labels.eta, "estimated": labels.estimated}
    for name, lines in (
        ("queries.jsonl", queries),
        (f"qrels/{SPLIT}.tsv", qrels),
        ("evidence.tsv", evidence),
        ("feedback.json", [json.dumps(about, indent=2)]),
    ):
        (folder / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return count
