"""A bi-encoder is tuned from labels to a folder that a search loads; an interrupted run goes on; failures leave the old model."""

import json
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from transformers import BertConfig, BertForSequenceClassification, BertModel, BertTokenizer

from indexer.training.bi_encoder import Example, Material, Pool, Recipe, open_encoder, train
from indexer.training.checkpoint import Checkpoint, Validation
from indexer.training.collator import Collator
from indexer.training.encoder_tuning import Outcome, Plan, Trial, tune_encoder
from indexer.training.mining import MiningRule
from indexer.training.model_folder import Asked
from indexer.training.negatives import Mining
from indexer.training.objective import Negatives, Objective, objective_of
from indexer.training.progress import Report
from indexer.training.sources import Document, LabelledQuery, LabelledSet
from search.errors import BadInput, BroadsheetError, WriterBusy
from search.models.delta import save_delta
from search.models.encoder import SentenceEncoder
from tests.fakes import WordEncoder

SUBJECTS = ["oil", "bank", "team", "vote", "storm", "coast", "rates", "final"]
OTHERS = ["crude", "lender", "club", "ballot", "gale", "shore", "interest", "match"]  # what queries call the same things
FILLERS = ["the", "a", "price", "falls", "raises", "wins", "election", "hits", "of", "in", "and", "to"]
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *SUBJECTS, *OTHERS, *FILLERS, *"0123456789"]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT with random weights that pools the mean."""
    folder = tmp_path_factory.mktemp("base")
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64, "max_position_embeddings": 32}
    BertModel(BertConfig(vocab_size=len(VOCABULARY), initializer_range=0.15, **sizes)).save_pretrained(folder / "bert")
    BertTokenizer(vocab={word: row for row, word in enumerate(VOCABULARY)}, model_max_length=32).save_pretrained(folder / "bert")
    modules = [Transformer(str(folder / "bert")), Pooling(32), Normalize()]
    SentenceTransformer(modules=modules, device="cpu").save_pretrained(str(folder / "st"))
    return folder / "st"


def labelled() -> LabelledSet:
    """Articles about two subjects each; a query calls these by other names, so that only training can tell it."""
    pairs = [(first, second) for first in range(8) for second in range(8) if first != second]
    rng = np.random.default_rng(0)
    documents, queries = [], []
    for row, (first, second) in enumerate(pairs):
        filler = rng.permutation(FILLERS)
        documents.append(Document(str(row), "", f"{filler[0]} {SUBJECTS[first]} {filler[1]} {SUBJECTS[second]} {filler[2]}"))
        queries.append(LabelledQuery(f"{OTHERS[first]} {OTHERS[second]}", {row: 1.0}))
    return LabelledSet("pairs", tuple(documents), tuple(queries))


class Silent:
    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.stages: list[str] = []
        self.advances: list[tuple[str, int, int]] = []

    def stage(self, name: str) -> None:
        self.stages.append(name)

    def advance(self, done: int, total: int) -> None:
        self.advances.append((self.stages[-1], done, total))

    def step(self, report: Report) -> None:
        self.reports.append(report)


class Impatient(Silent):
    """Interrupts the run, as Ctrl-C does, when it has seen so many steps."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self._steps = steps

    def step(self, report: Report) -> None:
        super().step(report)
        if report.loss is not None and report.step == self._steps:
            raise KeyboardInterrupt


class ImpatientMiner(Silent):
    """Interrupts the run in the middle of the first, second ... time that it mines."""

    def __init__(self, time: int) -> None:
        super().__init__()
        self._time = time

    def advance(self, done: int, total: int) -> None:
        super().advance(done, total)
        if self.stages.count("Mining") == self._time and done == total // 2:
            raise KeyboardInterrupt


EVERYTHING = MiningRule(twin_similarity=2.0, sibling_similarity=2.0)  # the vectors of a random BERT are all near one another
RECIPE = Recipe(queries_per_step=16, epochs=6, learning_rate=3e-3, max_tokens=32)


def tune(
    base: Path,
    out: Path,
    *negatives: Negatives,
    listener: Silent | None = None,
    recipe: Recipe = RECIPE,
    reranker: str | None = None,
    patience: int = 9,
) -> Outcome:
    everything = labelled()
    training = replace(everything, queries=everything.queries[:48])
    plan = Plan(
        frozenset(negatives or {Negatives.IN_BATCH}), recipe, Mining(rule=EVERYTHING), looks=3, patience=patience, reranker=reranker
    )
    return tune_encoder(training, everything, str(base), out, plan, listener or Silent())


@pytest.mark.parametrize(
    "negatives",
    [
        {Negatives.SAMPLED},
        {Negatives.IN_BATCH},
        {Negatives.HARD},
        {Negatives.CORPUS},
        {Negatives.IN_BATCH, Negatives.DISTILLED_MARGINS},
        {Negatives.IN_BATCH, Negatives.HARD, Negatives.DISTILLED, Negatives.SAMPLED},
    ],
    ids=lambda negatives: "+".join(sorted(negatives)),
)
def test_every_kind_of_negatives_teaches_what_the_labels_say(base: Path, tmp_path: Path, negatives: set[Negatives]) -> None:
    outcome = tune(base, tmp_path / "model", *negatives, recipe=replace(RECIPE, epochs=30))
    assert outcome.after > outcome.before + 0.1
    encoder = SentenceEncoder.load(str(tmp_path / "model"), device="cpu", precision="fp32")
    assert encoder.fingerprint != SentenceEncoder.load(str(base), device="cpu", precision="fp32").fingerprint
    card = (tmp_path / "model" / "README.md").read_text()
    assert f"{outcome.after:.4f}" in card
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("distilled", [Negatives.DISTILLED, Negatives.DISTILLED_MARGINS])
def test_what_a_teacher_says_is_mined_where_it_is_asked_for(distilled: Negatives) -> None:
    assert Plan(frozenset({Negatives.IN_BATCH, distilled}), candidates=7).mined.candidates == 7
    assert Plan(frozenset({Negatives.IN_BATCH}), candidates=7).mined.candidates == 0


def test_an_interrupted_run_goes_on_and_ends_as_if_it_had_not_been(base: Path, tmp_path: Path) -> None:
    whole = Silent()
    tune(base, tmp_path / "whole", listener=whole)
    with pytest.raises(KeyboardInterrupt):
        tune(base, tmp_path / "parted", listener=Impatient(13))
    assert not (tmp_path / "parted").exists()
    rest = Silent()
    outcome = tune(base, tmp_path / "parted", listener=rest)
    assert min(report.step for report in rest.reports) > 4
    seconds = [row["seconds"] for row in logged(tmp_path / "parted")]
    assert seconds == sorted(seconds)
    assert outcome.seconds > seconds[-1]
    models = [SentenceEncoder.load(str(tmp_path / name), device="cpu", precision="fp32") for name in ("whole", "parted")]
    first, second = (model.encode_queries(["crude lender", "gale shore"]) for model in models)
    np.testing.assert_allclose(first, second, atol=1e-4)
    assert [report.step for report in whole.reports if report.loss is not None] == list(range(1, 19))


def test_a_short_run_is_not_looked_at_more_often_than_a_long_one(base: Path, tmp_path: Path) -> None:
    heard = Silent()
    tune(base, tmp_path / "model", listener=heard, recipe=replace(RECIPE, steps=5))
    assert [report.step for report in heard.reports if report.quality is not None] == [2, 4, 5]


def logged(model: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (model / "log.jsonl").read_text().splitlines()]


def test_a_run_that_ends_early_says_how_many_steps_it_had(base: Path, tmp_path: Path) -> None:
    outcome = tune(base, tmp_path / "model", recipe=replace(RECIPE, learning_rate=0.0), patience=1)
    assert outcome.steps == 12
    assert json.loads((tmp_path / "model" / "training.json").read_text())["outcome"]["steps"] == 12


def test_a_model_says_where_it_came_from(base: Path, tmp_path: Path) -> None:
    said = Asked("broadsheet train bi-encoder --data news --out model", {"source": "news", "held_out": 0.1})
    plan = Plan(frozenset({Negatives.IN_BATCH}), replace(RECIPE, steps=1), Mining(rule=EVERYTHING))
    tune_encoder(labelled(), labelled(), str(base), tmp_path / "model", plan, Silent(), said)
    told = json.loads((tmp_path / "model" / "training.json").read_text())
    assert told["base_fingerprint"] == SentenceEncoder.load(str(base)).fingerprint
    assert told["asked"] == {"command": said.command, "labels": said.labels}
    assert {"code", "hardware", "libraries", "date"} <= told.keys()
    assert f"with the seed 17, by `{said.command}`" in (tmp_path / "model" / "README.md").read_text()


def test_articles_that_an_encoder_finds_all_alike_are_counted(base: Path, tmp_path: Path) -> None:
    few = replace(RECIPE, steps=1)
    assert tune(base, tmp_path / "model", recipe=few).masked == pytest.approx(1 / 56)
    plan = Plan(frozenset({Negatives.IN_BATCH}), few)
    assert tune_encoder(labelled(), labelled(), str(base), tmp_path / "model", plan, Silent()).masked > 0.5


def test_a_batch_has_the_queries_more_that_were_asked_for_and_no_passage_of_theirs(base: Path) -> None:
    sentences = labelled()
    recipe = Recipe(Objective(in_batch=1.0, corpus=1.0), corpus_queries=6)
    examples = [Example(query.text, row, frozenset({row, row + 1})) for row, query in enumerate(sentences.queries[:16])]
    count = len(sentences.documents)
    untitled = np.arange(count) >= 20
    bank = np.ones((count, 4), np.float32)
    bank[3] = 0.0
    material = Material(examples, Pool(tuple(document.body for document in sentences.documents), np.arange(count), untitled), bank)
    made = Collator(open_encoder(str(base), recipe), material, recipe)([{"row": row} for row in (1, 2, 3, 4)])
    assert len(made["query_input_ids"]) == 10
    assert len(made["passage_input_ids"]) == len(made["label"]["positive"]) == 4
    assert set(made["label"]["source"][:4].tolist()) == {1, 2, 3, 4}
    for source, outside in zip(made["label"]["source"].tolist(), made["label"]["outside"], strict=True):
        assert set(np.flatnonzero(outside).tolist()) == ({3, source + 1} | set(range(20, count))) - {source}


def trained(base: Path, folder: Path, validation: Validation | None, interrupt_after: int | None = None) -> tuple[torch.Tensor, Silent]:
    """What twelve steps make of a tensor of the base, or those steps that the validation leaves."""
    sentences = labelled()
    recipe = Recipe(queries_per_step=4, epochs=3, learning_rate=3e-3, max_tokens=32)
    model, heard = open_encoder(str(base), recipe), Impatient(interrupt_after or 99)
    examples = [Example(query.text, row, frozenset({row})) for row, query in enumerate(sentences.queries[:16])]
    count = len(sentences.documents)
    pool = Pool(tuple(document.body for document in sentences.documents), np.arange(count), np.zeros(count, np.bool_))
    train(model, Material(examples, pool), recipe, Checkpoint(folder), validation=validation, on_step=heard.step)
    return model.state_dict()["0.model.encoder.layer.1.output.dense.weight"], heard


def test_of_states_that_are_equally_good_the_last_is_left(base: Path, tmp_path: Path) -> None:
    whole, _ = trained(base, tmp_path / "whole", None)
    equal, _ = trained(base, tmp_path / "equal", Validation(lambda: 0.5, every=3, patience=9))
    torch.testing.assert_close(equal, whole)


def test_a_run_that_goes_on_remembers_how_often_it_was_no_better(base: Path, tmp_path: Path) -> None:
    validation = Validation(lambda: 0.5, every=2, patience=3)
    with pytest.raises(KeyboardInterrupt):
        trained(base, tmp_path / "parted", validation, interrupt_after=5)
    _, heard = trained(base, tmp_path / "parted", validation)
    assert [report.step for report in heard.reports if report.quality is not None] == [6, 8]


def test_how_far_it_is_is_told_while_it_encodes_and_mines_each_time_anew(base: Path, tmp_path: Path) -> None:
    heard = Silent()
    tune(base, tmp_path / "model", listener=heard, recipe=replace(RECIPE, epochs=2))
    encoded_and_mined = [("Encoding", 56, 56), *(("Mining", done, 48) for done in range(1, 49))]
    assert heard.advances == encoded_and_mined * 2
    assert heard.stages[-4:] == ["Encoding", "Mining", "Training", "Saving"]


@pytest.mark.parametrize("time", [1, 2])
def test_a_run_that_is_interrupted_while_it_mines_goes_on(base: Path, tmp_path: Path, time: int) -> None:
    recipe = replace(RECIPE, epochs=2)
    with pytest.raises(KeyboardInterrupt):
        tune(base, tmp_path / "model", listener=ImpatientMiner(time), recipe=recipe)
    assert not (tmp_path / "model").exists()
    rest = Silent()
    tune(base, tmp_path / "model", listener=rest, recipe=recipe)
    assert [report.step for report in rest.reports if report.loss is not None][-1] == 6


def test_the_log_can_be_plotted(base: Path, tmp_path: Path) -> None:
    tune(base, tmp_path / "model")
    rows = logged(tmp_path / "model")
    losses = [row["loss"] for row in rows if "loss" in row]
    assert len(losses) == 18
    assert np.mean(losses[-3:]) < np.mean(losses[:3])
    assert any("quality" in row for row in rows)


def test_another_command_does_not_go_on_from_a_strange_checkpoint(base: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        tune(base, tmp_path / "model", listener=Impatient(13))
    with pytest.raises(BadInput, match="other data or settings"):
        tune(base, tmp_path / "model", recipe=replace(RECIPE, learning_rate=1e-3))


def test_the_same_command_is_refused_while_it_is_going_on(base: Path, tmp_path: Path) -> None:
    class Second(Silent):
        def stage(self, name: str) -> None:
            super().stage(name)
            if name == "Training":
                with pytest.raises(WriterBusy, match=f"Process {os.getpid()} is training .*model: wait until it has finished"):
                    tune(base, tmp_path / "model")

    tune(base, tmp_path / "model", listener=Second(), recipe=replace(RECIPE, epochs=1))
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_teacher_that_changed_in_its_folder_is_another_run(base: Path, tmp_path: Path) -> None:
    def teach(seed: int) -> None:
        torch.manual_seed(seed)
        sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
        BertForSequenceClassification(BertConfig(vocab_size=len(VOCABULARY), num_labels=1, **sizes)).save_pretrained(tmp_path / "teacher")
        BertTokenizer(vocab={word: row for row, word in enumerate(VOCABULARY)}, model_max_length=32).save_pretrained(tmp_path / "teacher")

    teach(0)
    with pytest.raises(KeyboardInterrupt):
        tune(base, tmp_path / "model", listener=Impatient(7), reranker=str(tmp_path / "teacher"))
    teach(1)
    with pytest.raises(BadInput, match="other data or settings"):
        tune(base, tmp_path / "model", reranker=str(tmp_path / "teacher"))


def test_a_headline_is_measured_on_bodies_without_titles() -> None:
    documents = tuple(Document(str(row), f"storm{row}", f"body{row} of the news") for row in range(20))
    headlines = tuple(LabelledQuery(f"storm{row}", {row: 1.0}, bare=True) for row in range(20))
    assert Trial(LabelledSet("titled", documents, tuple(replace(query, bare=False) for query in headlines))).ndcg(WordEncoder()) > 0.9
    assert Trial(LabelledSet("titled", documents, headlines)).ndcg(WordEncoder()) < 0.5  # no body has the word


def test_a_base_stored_as_a_difference_is_tuned(base: Path, tmp_path: Path) -> None:
    whole = SentenceTransformer(str(base), device="cpu")
    with torch.no_grad():
        for parameter in whole.parameters():
            parameter.add_(0.05)
    save_delta(whole[0].model, base, tmp_path / "delta", {"base": str(base), "model_type": "bert"})
    tune(tmp_path / "delta", tmp_path / "model", recipe=replace(RECIPE, learning_rate=0.0))
    encoders = [SentenceEncoder.load(str(tmp_path / name), device="cpu", precision="fp32") for name in ("delta", "model")]
    first, second = (encoder.encode_queries(["crude lender", "gale shore"]) for encoder in encoders)
    np.testing.assert_allclose(first, second, atol=2e-3)


def test_a_base_that_is_no_encoder_is_refused_before_anything_is_mined(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "vocab.txt").write_text("[UNK]")
    (tmp_path / "broken" / "model.safetensors").write_bytes(b"no weights")
    heard = Silent()
    with pytest.raises(BadInput, match="could not be loaded as an encoder"):
        tune(tmp_path / "broken", tmp_path / "model", listener=heard)
    assert "Mining" not in heard.stages


def test_a_damaged_checkpoint_is_passed_over_for_the_one_before_and_named_when_it_is_the_only_one(base: Path, tmp_path: Path) -> None:
    work = tmp_path / ".model.training"
    with pytest.raises(KeyboardInterrupt):
        tune(base, tmp_path / "model", listener=Impatient(13))
    older, newer = sorted(work.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    weights = (newer / "model.safetensors").read_bytes()
    (newer / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    listener = Impatient(14)
    with pytest.raises(KeyboardInterrupt):
        tune(base, tmp_path / "model", listener=listener)
    assert min(report.step for report in listener.reports) == int(older.name.split("-")[1]) + 1
    for path in work.glob("checkpoint-*"):
        (path / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(BadInput, match=r"checkpoint-\d+ is damaged .*delete"):
        tune(base, tmp_path / "model")


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Lets no file grow beyond so many bytes, which fails like a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_one_sentence_and_leaves_the_previous_model(base: Path, tmp_path: Path) -> None:
    tune(base, tmp_path / "model")
    before = {path.name: path.read_bytes() for path in (tmp_path / "model").iterdir() if path.is_file()}
    with room_for(20_000), pytest.raises(BroadsheetError, match=r"cannot be written .*make room"):
        tune(base, tmp_path / "model", recipe=replace(RECIPE, seed=3))
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "model").iterdir() if path.is_file()}


def test_a_folder_that_is_no_model_is_not_replaced(base: Path, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("keep me")
    with pytest.raises(BadInput, match="is not a model folder"):
        tune(base, tmp_path / "notes")


def test_nothing_to_learn_from_and_nothing_to_tell_apart_are_refused(base: Path, tmp_path: Path) -> None:
    everything = labelled()
    with pytest.raises(BadInput, match="Only 3 queries"):
        tune_encoder(replace(everything, queries=everything.queries[:3]), everything, str(base), tmp_path / "model", Plan(), Silent())
    with pytest.raises(BadInput, match="No negatives"):
        objective_of(frozenset())
