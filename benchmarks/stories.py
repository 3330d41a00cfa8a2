"""How well stories are told apart, and how long it takes.

    python -m benchmarks.stories [--data DIR [--stories FILE | --qrels FILE...]] [--json]

Without ``--data`` the bundled sample is indexed and compared with its ``stories.jsonl``. Lines of such a file are
{"story": "…", "articles": ["key", …]}; articles that are in none are stories of their own. With ``--qrels`` (BEIR's tables) the
articles that are relevant to the same query are one story, and only those with a label are grouped. All articles are grouped at
once, which is harder than the few hundred that a search finds. The milliseconds are those of a ranking: the articles nearest to
each of 50 articles, 300 of them or all that there are; with an archive that has no labels only they are printed.
"""

import argparse
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.articles import sample
from indexer.evaluation.bcubed import bcubed
from indexer.indexing import Cutting, Indexer
from indexer.judgements import read_qrels
from indexer.publication import publish
from indexer.readers.record import Place, Record
from search.assemble import load_encoder, open_data
from search.index.published import open_current
from search.index.snapshot import Snapshot
from search.protocols import Ids
from search.settings import Settings
from search.store import Archive, Identity
from search.stories import GROUPED, stories, story_of_each

RANKINGS = 50


def main() -> None:
    """Prints B-cubed precision, recall and F1, and milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="an indexed archive; the bundled sample when not given")
    parser.add_argument("--stories", type=Path, help="labelled stories of the archive")
    parser.add_argument("--qrels", type=Path, nargs="+", help="judgements to take the labels from")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    if arguments.data:
        figures = measure(arguments.data, _labels(arguments.stories, arguments.qrels), whole=not arguments.qrels)
    else:
        with TemporaryDirectory() as folder:
            _index_sample(Path(folder))
            figures = measure(Path(folder), _told(files("indexer").joinpath("sample/stories.jsonl").read_text("utf-8")), whole=True)
    if arguments.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"  {name.replace('_', ' '):42} {value:12,.3f}")


def measure(data: Path, labels: Mapping[str, str] | None, whole: bool) -> dict[str, float]:
    """All figures by name. With ``whole`` an article without a label is a story of its own, else it is left out."""
    with open_data(Settings(data=data)) as archive:
        snapshot = open_current(data).snapshot
        agreement = _agreement(archive, snapshot, labels, whole) if labels else {}
        return agreement | _milliseconds(archive, snapshot)


def _agreement(archive: Archive, snapshot: Snapshot, labels: Mapping[str, str], whole: bool) -> dict[str, float]:
    keys = {id_: article.key for batch in archive.changed_articles(0) for id_, article in batch}
    ids = np.array([id_ for id_ in snapshot.columns.article_id.tolist() if whole or keys[id_] in labels], np.int64)
    wanted = [labels.get(keys[id_], f"alone {id_}") for id_ in ids.tolist()]
    leads = archive.leads(ids.tolist())
    copies = snapshot.near_duplicates(ids)
    found = story_of_each([leads[id_] for id_ in ids.tolist()], snapshot.lead_vectors(ids), copies, snapshot.commonness)
    figures: dict[str, float] = {"articles": len(ids), "labelled_stories": len(set(wanted))}
    for name, groups in (("near_duplicates", copies), ("stories", found)):
        agreement = bcubed(groups.tolist(), wanted)
        figures |= {f"{name}_precision": agreement.precision, f"{name}_recall": agreement.recall, f"{name}_f1": agreement.f1}
    return figures


def _milliseconds(archive: Archive, snapshot: Snapshot) -> dict[str, float]:
    everyone = snapshot.columns.article_id
    chosen = everyone[np.linspace(0, len(everyone) - 1, RANKINGS).astype(np.int64)]
    rankings = [_nearest(snapshot, id_) for id_ in chosen]
    _tell(archive, snapshot, rankings[0])  # imports and caches
    wall, processor = [], []
    for ids in rankings:
        begun, used = time.perf_counter(), time.process_time()
        _tell(archive, snapshot, ids)
        wall.append(1000 * (time.perf_counter() - begun))
        processor.append(1000 * (time.process_time() - used))
    return {
        "articles_in_a_ranking": float(np.mean([len(ids) for ids in rankings])),
        "milliseconds_median": float(np.median(wall)),
        "milliseconds_95th_percentile": float(np.percentile(wall, 95)),
        "processor_milliseconds_median": float(np.median(processor)),
    }


def _nearest(snapshot: Snapshot, article_id: int) -> Ids:
    vector = snapshot.lead_vectors(np.array([article_id]))[0]
    return snapshot.dense("", vector, None, GROUPED).article_id


def _tell(archive: Archive, snapshot: Snapshot, ids: Ids) -> None:
    leads = archive.leads(ids.tolist())
    stories([leads[id_] for id_ in ids.tolist()], snapshot.lead_vectors(ids), snapshot.near_duplicates(ids), snapshot.commonness)


def _labels(told: Path | None, qrels: list[Path] | None) -> dict[str, str] | None:
    if told:
        return _told(told.read_text("utf-8"))
    judgements = [judgement for path in qrels or () for judgement in read_qrels(path) if judgement.relevance > 0]
    return {judgement.doc_id: judgement.query_id for judgement in sorted(judgements, key=lambda one: one.query_id, reverse=True)} or None


def _told(text: str) -> dict[str, str]:
    told = [json.loads(line) for line in text.splitlines() if line.strip()]
    return {key: each["story"] for each in told for key in each["articles"]}


def _index_sample(data: Path) -> None:
    settings = Settings(data=data)
    encoder = load_encoder(settings)
    cutting = Cutting(settings.passage_words, settings.passage_step)
    with open_data(settings) as archive:
        archive.claim(Identity(encoder.fingerprint, encoder.dimension, cutting.words, cutting.step))
        records = [Record(Place("sample", number), dict(article)) for number, article in enumerate(sample(), 1)]
        for _ in Indexer(archive, encoder, cutting, print).run(records, datetime.now(UTC)):
            pass
        publish(archive, data)


if __name__ == "__main__":
    main()
