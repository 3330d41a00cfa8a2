"""A whole evaluation with the shipped models, over five articles: from a folder to a report that says what it depends on."""

import hashlib
from pathlib import Path

import pytest
from ir_measures import Qrel

from indexer.evaluation import Evaluation, Judged, System, evaluate_archive, evaluate_folder
from search.errors import BadInput, NoIndex
from search.settings import Settings
from tests.beir import ARTICLES, JUDGEMENTS, QUERIES, write_folder


class Heard:
    """Keeps what an evaluation says."""

    def __init__(self) -> None:
        self.steps: dict[str, tuple[int, int]] = {}
        self.warnings: list[str] = []

    def advance(self, step: str, done: int, total: int) -> None:
        self.steps[step] = (done, total)

    def warn(self, sentence: str) -> None:
        self.warnings.append(sentence)


@pytest.fixture(scope="module")
def heard() -> Heard:
    return Heard()


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data=tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory: pytest.TempPathFactory, settings: Settings, heard: Heard) -> Evaluation:
    judgements = [*JUDGEMENTS, ("q2", "gone", 1), ("q5", "a", 0)]
    folder = write_folder(tmp_path_factory.mktemp("beir") / "news", queries=QUERIES | {"q5": "weather"}, judgements=judgements)
    return evaluate_folder(folder, settings, listener=heard)


def test_all_systems_are_measured_on_the_same_queries(evaluation: Evaluation, heard: Heard) -> None:
    assert [result.system for result in evaluation.results] == list(System)
    assert list(evaluation.report.systems) == ["bm25", "dense", "hybrid", "rerank"]
    assert all(list(figures.queries) == ["q1", "q2", "q3", "q4", "q5"] for figures in evaluation.report.systems.values())
    assert {step: done for step, (done, total) in heard.steps.items() if done == total}.keys() == {"indexing", *System}
    assert evaluation.per_query(System.HYBRID)["q1"]["RR@10"] == 1.0
    assert evaluation.per_query(System.DENSE)["q4"]["RR@10"] == 1.0


def test_the_report_says_what_the_figures_depend_on(evaluation: Evaluation) -> None:
    report = evaluation.report
    assert (report.articles, report.passages) == (5, 5)
    assert (report.questions.collection, report.questions.split, report.questions.queries) == ("news", "test", 5)
    assert (report.questions.missing, report.questions.missing_relevant, report.questions.unanswerable) == (1, 1, 1)
    assert report.models.encoder.fingerprint
    assert report.models.reranker is not None
    assert report.models.reranker.fingerprint
    assert report.questions.qrels_sha256 == evaluation.judged.qrels_sha256
    digests = {key: hashlib.sha256(f"{title}\x00{text}".encode()).hexdigest() for key, (title, text) in ARTICLES.items()}
    lines = "\n".join(f"{key}\t{digests[key]}" for key in sorted(digests))
    assert report.questions.corpus_sha256 == hashlib.sha256(lines.encode()).hexdigest()


def test_what_cannot_be_found_is_said_once(heard: Heard, evaluation: Evaluation) -> None:
    assert evaluation.report.questions.missing == len(heard.warnings) - 1
    assert "1 of 6 judged articles are not in the archive (1 of them relevant), the first is 'gone'" in heard.warnings[0]
    assert "1 of 5 judged queries have no relevant article, the first is 'q5'" in heard.warnings[1]


def test_a_comparison_becomes_part_of_the_report(evaluation: Evaluation) -> None:
    sides = [(system.value, evaluation.per_query(system)) for system in (System.BM25, System.DENSE)]
    compared = evaluation.compare(sides[0], sides[1])
    assert [each.measure for each in compared.report.comparisons] == ["nDCG@10", "RR@10", "AP@100", "R@100"]
    assert evaluation.report.comparisons == ()
    means = (evaluation.report.systems["bm25"].means["nDCG@10"], evaluation.report.systems["dense"].means["nDCG@10"])
    assert compared.report.comparisons[0].means == pytest.approx(means)


def test_an_archive_is_measured_as_it_is_and_gives_the_same(evaluation: Evaluation, settings: Settings) -> None:
    (folder,) = (settings.data / "evaluation").iterdir()
    again = evaluate_archive(evaluation.judged, settings.model_copy(update={"data": folder}), [System.BM25, System.BM25])
    assert list(again.report.systems) == ["bm25"]
    assert again.report.systems["bm25"].queries == evaluation.report.systems["bm25"].queries
    assert again.report.questions.corpus_sha256 == evaluation.report.questions.corpus_sha256
    assert (again.report.questions.collection, again.report.models.reranker) == (None, None)


@pytest.mark.usefixtures("evaluation")
def test_judgements_of_other_articles_are_refused(settings: Settings) -> None:
    (folder,) = (settings.data / "evaluation").iterdir()
    strange = Judged({"q1": "oil"}, (Qrel("q1", "x7", 1), Qrel("q1", "a", 0)))
    with pytest.raises(BadInput, match=r"None of the 1 relevant articles is in the archive, the first is 'x7'"):
        evaluate_archive(strange, settings.model_copy(update={"data": folder}), [System.BM25])


def test_a_folder_without_an_index_and_a_mode_without_a_model_are_refused(tmp_path: Path) -> None:
    judged = Judged({"q1": "oil"}, (Qrel("q1", "a", 1),))
    with pytest.raises(NoIndex, match="broadsheet index"):
        evaluate_archive(judged, Settings(data=tmp_path))
    with pytest.raises(BadInput, match="There is no reranker to measure"):
        evaluate_archive(judged, Settings(data=tmp_path, reranker="none"), [System.RERANK])
