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
_EVIDENCE = "evidence.tsv"
_COLUMNS = ("query-id", "corpus-id", "relevance", "clicks", "looks", "skips", "relevant", "not_relevant")


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


def read_relevances(folder: Path) -> dict[tuple[str, str], float]:
    """The relevance 0..1 by query and article, of which an export's grades are roundings; empty for a folder that is no export.

    Raises BadInput, naming file and line, for evidence that cannot be read.
    """
    path = folder / _EVIDENCE
    if not path.is_file():
        return {}
    try:
        header, *lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read ({error}).", field="evidence") from error
    if tuple(header.split("\t")) != _COLUMNS:
        return {}
    found = {}
    for number, line in enumerate(lines, 2):
        if line:
            try:
                query, key, relevance, *_ = line.split("\t")
                found[query, key] = _share(relevance)
            except ValueError as error:
                raise BadInput(
                    f"{path}:{number} is not what `feedback export` wrote: export again, or remove that file to train on grades.",
                    field="evidence",
                ) from error
    return found


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise ValueError(text)
    return value


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
    queries, qrels, evidence = [], ["query-id\tcorpus-id\tscore"], ["\t".join(_COLUMNS)]
    for one in labels.queries:
        id_ = query_id(one.text)
        queries.append(json.dumps({"_id": id_, "text": one.text}, ensure_ascii=False))
        for article_id, label in one.labels.items():
            key = keys.get(article_id, "\t")
            if "\t" in key or "\n" in key:  # deleted just now, or a key that no table of judgements can hold
                continue
            seen = label.evidence
            qrels.append(f"{id_}\t{key}\t{label.grade}")
            figures = f"{label.relevance}\t{seen.clicks}\t{seen.looks:.4f}\t{seen.skips}\t{seen.relevant}\t{seen.not_relevant}"
            evidence.append(f"{id_}\t{key}\t{figures}")
    count = len(qrels) - 1
    about = {"queries": len(labels.queries), "labels": count, "showings": labels.showings, "eta": labels.eta, "estimated": labels.estimated}
    for name, lines in (
        ("queries.jsonl", queries),
        (f"qrels/{SPLIT}.tsv", qrels),
        (_EVIDENCE, evidence),
        ("feedback.json", [json.dumps(about, indent=2)]),
    ):
        (folder / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return count
