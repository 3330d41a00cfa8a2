"""A folder in BEIR's layout is found whole, and its corpus is indexed once for each encoder, however often it is measured."""

from pathlib import Path

import pytest

from indexer.evaluation.collection import Collection, keep
from search.assemble import open_data
from search.errors import BadInput, BroadsheetError
from search.index.published import open_current
from search.settings import Settings
from tests.beir import ARTICLES, write_folder
from tests.fakes import WordEncoder


def _silent(*_: object) -> None:
    pass


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


def test_a_folder_is_read_with_its_split(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "news")
    write_folder(folder, judgements=[("q2", "c", 1)], split="train")
    collection = Collection.open(folder)
    assert (collection.name, collection.split, collection.corpus) == ("news", "test", folder / "corpus.jsonl")
    assert len(collection.judged.qrels) == 6
    assert Collection.open(folder, "train").judged.query_ids == ["q2"]


def test_test_comes_before_dev_and_anything_else_must_be_chosen(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "news", split="train")
    assert Collection.open(folder).split == "train"  # the only one
    write_folder(folder, split="graded")
    with pytest.raises(BadInput, match="the splits graded, train: choose one"):
        Collection.open(folder)
    write_folder(folder, split="dev")
    assert Collection.open(folder).split == "dev"
    write_folder(folder, split="test")
    assert Collection.open(folder).split == "test"
    with pytest.raises(BadInput, match="no split 'tset': choose one of dev, graded, test, train"):
        Collection.open(folder, "tset")


def test_what_a_folder_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is not a folder"):
        Collection.open(tmp_path / "gone")
    folder = write_folder(tmp_path / "news")
    (folder / "qrels" / "test.tsv").unlink()
    with pytest.raises(BadInput, match=r"no judgements in qrels"):
        Collection.open(folder)
    (folder / "queries.jsonl").unlink()
    with pytest.raises(BadInput, match=r"has no queries\.jsonl"):
        Collection.open(folder)
    (folder / "corpus.jsonl").unlink()
    with pytest.raises(BadInput, match=r"has no corpus\.jsonl"):
        Collection.open(folder)


def test_a_corpus_is_indexed_once_and_its_folder_stays_untouched(tmp_path: Path, settings: Settings) -> None:
    folder = write_folder(tmp_path / "news")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    first, second = WordEncoder(), WordEncoder()
    kept = keep(Collection.open(folder), settings, first, _silent, _silent)
    again = keep(Collection.open(folder), settings, second, _silent, _silent)
    assert again == kept
    assert (len(first.encoded), len(second.encoded)) == (5, 0)
    assert kept.note.articles == 5
    assert len(open_current(kept.settings.data).snapshot) == 5
    assert kept.settings.data.parent.parent == settings.data
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_another_corpus_or_encoder_or_cutting_gets_an_archive_of_its_own(tmp_path: Path, settings: Settings) -> None:
    folder = write_folder(tmp_path / "news")
    places = {keep(Collection.open(folder), settings, WordEncoder(), _silent, _silent).settings.data}
    places.add(keep(Collection.open(folder), settings, WordEncoder("other"), _silent, _silent).settings.data)
    shorter = settings.model_copy(update={"passage_words": 50})
    places.add(keep(Collection.open(folder), shorter, WordEncoder(), _silent, _silent).settings.data)
    write_folder(folder, articles=ARTICLES | {"f": ("More", "One more article.")})
    places.add(keep(Collection.open(folder), settings, WordEncoder(), _silent, _silent).settings.data)
    assert len(places) == 4


def test_a_database_of_the_settings_is_not_written_to(tmp_path: Path, settings: Settings) -> None:
    elsewhere = settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'archive.db'}"})
    keep(Collection.open(write_folder(tmp_path / "news")), elsewhere, WordEncoder(), _silent, _silent)
    assert not (tmp_path / "archive.db").exists()


def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path, settings: Settings) -> None:
    many = {f"d{number}": (f"Title {number}", f"word{number} oil price") for number in range(300)}  # more than a batch
    folder = write_folder(tmp_path / "news", articles=many, judgements=[("q1", "d1", 1)])

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    first, second = WordEncoder(), WordEncoder()
    with pytest.raises(BroadsheetError, match=r"Interrupted: 256 articles.*run the same command again"):
        keep(Collection.open(folder), settings, first, interrupt, _silent)
    kept = keep(Collection.open(folder), settings, second, _silent, _silent)
    assert (len(first.encoded), len(second.encoded)) == (256, 44)
    with open_data(kept.settings) as archive:
        assert archive.statistics().articles == 300


def test_an_index_that_cannot_be_read_is_written_anew_without_encoding(tmp_path: Path, settings: Settings) -> None:
    collection = Collection.open(write_folder(tmp_path / "news"))
    kept = keep(collection, settings, WordEncoder(), _silent, _silent)
    (manifest,) = kept.settings.data.glob("snapshots/*/manifest.json")
    manifest.write_text(manifest.read_text("utf-8").replace('"format":', '"format":9'), "utf-8")
    encoder = WordEncoder()
    keep(collection, settings, encoder, _silent, _silent)
    assert len(open_current(kept.settings.data).snapshot) == 5
    assert encoder.encoded == []


def test_what_cannot_be_used_of_a_corpus_is_reported_and_counted(tmp_path: Path, settings: Settings) -> None:
    articles = ARTICLES | {"copy": ARTICLES["a"], "empty": ("", "")}
    rejected: list[object] = []
    folder = write_folder(tmp_path / "news", articles=articles)
    kept = keep(Collection.open(folder), settings, WordEncoder(), _silent, rejected.append)
    assert (kept.note.articles, kept.note.duplicates, kept.note.rejected) == (5, 1, 1)
    assert len(rejected) == 1


def test_a_corpus_without_an_article_is_refused_each_time(tmp_path: Path, settings: Settings) -> None:
    folder = write_folder(tmp_path / "news", articles={"a": ("", "")})
    for _ in range(2):
        with pytest.raises(BadInput, match=r"corpus\.jsonl holds no article that can be used"):
            keep(Collection.open(folder), settings, WordEncoder(), _silent, _silent)
