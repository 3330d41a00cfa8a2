"""A cross-encoder tuned on a small set: what is written is what was trained, and nothing is lost on the way."""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from indexer.training.calibration import mean_ndcg
from indexer.training.cross_encoder import Recipe, predict
from indexer.training.groups import GroupShape
from indexer.training.labelled import hold_out
from indexer.training.mining import PairNegatives
from indexer.training.model_folder import Asked
from indexer.training.pair_model import base_fingerprint, load_base
from indexer.training.progress import Report
from indexer.training.reranker_tuning import Outcome, Plan, Trial, encoded_sets, tune_reranker
from indexer.training.sources import Document, LabelledQuery, LabelledSet
from search.errors import BadInput, WriterBusy
from search.models.reranker import CrossEncoderReranker
from search.protocols import Vectors
from search.ranking import CombinationWeights
from tests.fakes import WordEncoder

RECIPE = Recipe(groups_per_step=4, max_query_tokens=8, max_tokens=24, frozen_layers=0, learning_rate=3e-3, prior_weight=12.0)
PLAN = Plan(recipe=RECIPE, shape=GroupShape(passages=2), epochs=1, looks=3)
ASKED = Asked("broadsheet train cross-encoder topics --out model", {"source": "topics", "queries": 20_000})
PAIRS = [("topic3 news", "topic3 was in the papers"), ("topic3 news", "topic9 and topic4"), ("topic8", "topic8")]


def labelled_set() -> LabelledSet:
    documents = tuple(Document(str(row), f"topic{row}", f"news about topic{row} and topic{row + 1} today") for row in range(50))
    queries = tuple(LabelledQuery(f"what about topic{row}", {row: 1.0}) for row in range(50))
    return LabelledSet("topics", documents, queries)


class Heard:
    """Remembers what it was told, and can be interrupted after a step."""

    def __init__(self, interrupt_after: int | None = None) -> None:
        self.stages: list[str] = []
        self.steps: list[Report] = []
        self.advances: list[tuple[str, int, int]] = []
        self._interrupt_after = interrupt_after

    def stage(self, name: str) -> None:
        self.stages.append(name)

    def advance(self, done: int, total: int) -> None:
        self.advances.append((self.stages[-1], done, total))

    def step(self, report: Report) -> None:
        self.steps.append(report)
        if report.step == self._interrupt_after:
            raise KeyboardInterrupt


def tune(base: str, out: Path, plan: Plan = PLAN, heard: Heard | None = None) -> Outcome:
    trained, held = hold_out(labelled_set(), 0.2, seed=1)
    return tune_reranker(trained, held, base, WordEncoder(), out, plan, heard or Heard(), ASKED)


@pytest.fixture(scope="module")
def tuned(tiny_bert: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome, Heard]:
    out, heard = tmp_path_factory.mktemp("tuned") / "model", Heard()
    return out, tune(tiny_bert, out, heard=heard), heard


def test_a_search_reads_the_model_as_it_was_trained(tuned: tuple[Path, Outcome, Heard]) -> None:
    out, _, _ = tuned
    model, tokenizer = load_base(str(out), 0, 0)
    ours = json.loads((out / "config.json").read_text())["broadsheet"]
    logits = predict(model, tokenizer, PAIRS, RECIPE)
    a, b = ours["calibration"]["a"], ours["calibration"]["b"]
    served = CrossEncoderReranker.load(str(out), device="cpu", precision="fp32")
    assert served.max_tokens == RECIPE.max_tokens
    assert served.relevance(PAIRS) == pytest.approx(1 / (1 + np.exp(-(a * logits + b))), abs=0.02)


def test_the_outcome_is_in_the_card_and_every_step_in_the_log(tuned: tuple[Path, Outcome, Heard]) -> None:
    out, outcome, heard = tuned
    assert (outcome.queries, outcome.held_out, outcome.groups, outcome.steps) == (40, 10, 40, 10)
    card = (out / "README.md").read_text()
    assert f"{outcome.after:.4f}" in card
    assert f"{outcome.hybrid:.4f}" in card
    steps = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [step["step"] for step in steps] == [report.step for report in heard.steps]
    assert [step["quality"] for step in steps if step["quality"] is not None]
    assert json.loads((out / "training.json").read_text())["negatives"] == "mined"
    told = json.loads((out / "training.json").read_text())
    assert told["base_fingerprint"] == base_fingerprint(told["base"])
    assert told["asked"] == {"command": ASKED.command, "labels": ASKED.labels}
    assert told["code"]["version"]
    assert told["hardware"]["cores"] >= 1
    assert datetime.fromisoformat(told["date"]).tzinfo
    assert f"with the seed {RECIPE.seed}, by `{ASKED.command}`" in card
    assert not list(out.parent.glob(".*"))  # nothing is left beside it


def test_a_short_run_is_not_looked_at_more_often_than_a_long_one(tiny_bert: str, tmp_path: Path) -> None:
    heard = Heard()
    tune(tiny_bert, tmp_path / "model", replace(PLAN, recipe=replace(RECIPE, steps=5)), heard)
    assert [report.step for report in heard.steps if report.quality is not None] == [2, 4, 5]


def test_a_run_that_ends_early_says_what_it_has_done(tiny_bert: str, tmp_path: Path) -> None:
    plan = replace(PLAN, patience=1, recipe=replace(RECIPE, learning_rate=0.0))
    outcome = tune(tiny_bert, tmp_path / "model", plan)
    assert (outcome.steps, outcome.groups) == (8, 32)
    assert outcome.pairs == json.loads((tmp_path / "model" / "log.jsonl").read_text().splitlines()[-1])["pairs"]


def test_how_far_it_is_is_told_while_it_encodes_and_mines(tiny_bert: str, tmp_path: Path) -> None:
    heard = Heard()
    tune(tiny_bert, tmp_path / "model", replace(PLAN, epochs=2, recipe=replace(RECIPE, steps=1)), heard)
    passes = [(f"Mining for pass {number} of 2", done, 40) for number in (1, 2) for done in range(1, 41)]
    assert heard.advances == [("Encoding", 50, 50), *passes]


def test_an_interrupted_tuning_goes_on_and_ends_as_if_nothing_had_happened(
    tiny_bert: str, tuned: tuple[Path, Outcome, Heard], tmp_path: Path
) -> None:
    out = tmp_path / "model"
    with pytest.raises(KeyboardInterrupt):
        tune(tiny_bert, out, heard=Heard(interrupt_after=4))
    assert not out.exists()
    heard = Heard()
    tune(tiny_bert, out, heard=heard)
    assert [report.step for report in heard.steps] == [*range(5, 11)]
    again, whole = (CrossEncoderReranker.load(str(each), device="cpu", precision="fp32") for each in (out, tuned[0]))
    assert again.relevance(PAIRS) == pytest.approx(whole.relevance(PAIRS), abs=0.02)


def test_a_checkpoint_of_another_run_or_a_damaged_one_is_refused_and_the_model_stays(tiny_bert: str, tmp_path: Path) -> None:
    out = tmp_path / "model"
    out.mkdir()
    (out / "config.json").write_text('{"kept": true}')
    with pytest.raises(KeyboardInterrupt):
        tune(tiny_bert, out, heard=Heard(interrupt_after=4))
    with pytest.raises(BadInput, match="belongs to a run with other data or settings"):
        tune(tiny_bert, out, replace(PLAN, negatives=PairNegatives.RANDOM))
    state = tmp_path / ".model.training" / "state.safetensors"
    state.write_bytes(state.read_bytes()[:-100])
    with pytest.raises(BadInput, match=r"is damaged .*: delete it to train from the start"):
        tune(tiny_bert, out)
    assert (out / "config.json").read_text() == '{"kept": true}'


def test_the_same_command_is_refused_while_it_is_going_on(tiny_bert: str, tmp_path: Path) -> None:
    class Second(Heard):
        def stage(self, name: str) -> None:
            super().stage(name)
            if name == "Training":
                with pytest.raises(WriterBusy, match=f"Process {os.getpid()} is training .*model: wait until it has finished"):
                    tune(tiny_bert, tmp_path / "model")

    tune(tiny_bert, tmp_path / "model", replace(PLAN, recipe=replace(RECIPE, steps=1)), Second())
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_base_that_changed_in_its_folder_is_another_run(tiny_bert: str, tmp_path: Path) -> None:
    base = Path(shutil.copytree(tiny_bert, tmp_path / "base"))
    with pytest.raises(KeyboardInterrupt):
        tune(str(base), tmp_path / "model", heard=Heard(interrupt_after=4))
    weights = load_file(base / "model.safetensors")
    save_file({name: tensor + 0.01 for name, tensor in weights.items()}, base / "model.safetensors", {"format": "pt"})
    with pytest.raises(BadInput, match="belongs to a run with other data or settings"):
        tune(str(base), tmp_path / "model")


def test_a_headline_is_measured_on_bodies_that_do_not_say_it(tiny_bert: str) -> None:
    documents = tuple(Document(str(row), f"topic{row}", f"body{row} of the news") for row in range(20))
    headlines = tuple(LabelledQuery(f"topic{row}", {row: 1.0}, bare=True) for row in range(20))
    model, tokenizer = load_base(tiny_bert, 0, 0)
    reached = []
    for bare in (False, True):
        asked = LabelledSet("titled", documents, tuple(replace(query, bare=bare) for query in headlines))
        _, collection = encoded_sets(asked, asked, WordEncoder(), lambda *_: None)
        lists = Trial(asked, collection, WordEncoder(), PLAN).judge(model, tokenizer, RECIPE)
        reached.append(mean_ndcg(lists, CombinationWeights(0.0, 0.0), 1.0, 0.0))
    titled, without = reached
    assert titled > 0.9
    assert without < 0.5  # no body has the word


def test_too_few_queries_and_a_folder_that_is_no_model_are_refused(tiny_bert: str, tmp_path: Path) -> None:
    whole = labelled_set()
    few = LabelledSet("few", whole.documents, whole.queries[:3])
    with pytest.raises(BadInput, match="Only 3 queries with a relevant article are left to train on"):
        tune_reranker(few, whole, tiny_bert, WordEncoder(), tmp_path / "model", PLAN, Heard())
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"")
    with pytest.raises(BadInput, match="exists and is not a model folder"):
        tune(tiny_bert, tmp_path / "photos")


class Alike(WordEncoder):
    """Finds every text much like any other."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._drawn_together(super().encode_passages(texts))

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._drawn_together(super().encode_queries(texts))

    def _drawn_together(self, vectors: Vectors) -> Vectors:
        shifted = vectors + 5 / np.sqrt(vectors.shape[1], dtype=np.float32)
        alike: Vectors = shifted / np.linalg.norm(shifted, axis=1, keepdims=True)
        return alike


def test_articles_that_are_too_much_alike_are_told_from_too_few_queries(tiny_bert: str, tmp_path: Path) -> None:
    trained, held = hold_out(labelled_set(), 0.2, seed=1)
    with pytest.raises(BadInput, match=r"too much alike for the encoder .* of 40 queries only 0 have an article that is surely a negative"):
        tune_reranker(trained, held, tiny_bert, Alike(), tmp_path / "model", PLAN, Heard())


def test_a_base_that_is_no_bert_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("[UNK]")
    (tmp_path / "config.json").write_text('{"model_type": "roberta"}')
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(BadInput, match="is a 'roberta': give a BERT"):
        load_base(str(tmp_path), 0, 0)


def test_the_bundled_reranker_is_gone_on_from() -> None:
    model, tokenizer = load_base("broadsheet", 0, 2)
    pairs = [("oil price", "the price of oil rises"), ("oil price", "football final lost")]
    served = CrossEncoderReranker.load(device="cpu", precision="fp32")
    logits = predict(model, tokenizer, pairs, Recipe())
    assert np.log(served.relevance(pairs) / (1 - served.relevance(pairs))) == pytest.approx(
        served._model.slope * logits + served._model.intercept, abs=0.15
    )
    assert not model.bert.encoder.layer[1].output.dense.weight.requires_grad
    assert model.bert.encoder.layer[2].output.dense.weight.requires_grad
