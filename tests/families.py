"""Tiny, randomly initialised checkpoints of each BERT family, with tokenizers for a few sentences, and examples for them."""

from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.implementations import ByteLevelBPETokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing
from transformers import (
    BertConfig,
    BertModel,
    BertTokenizerFast,
    DistilBertConfig,
    DistilBertModel,
    DistilBertTokenizerFast,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaModel,
    RobertaTokenizerFast,
    set_seed,
)

from indexer.training.heads.examples import Example, Labelled, MultipleChoice, Plain, Question, Sentence
from search.heads.card import HeadCard, Kind, Reads

SENTENCES = [
    "the minister opened the new bridge over the river in spring",
    "oil prices fell after the producers could not agree",
    "the striker scored twice and the champions won the cup",
    "shares of the bank rose on friday in london and new york",
    "good bad fine poor great awful story film match budget",
    "桥 市 长 石 油 价 格 下 跌 球 队 赢 得 冠 军",
]
FAMILIES = ("bert", "multilingual", "roberta", "distilroberta", "distilbert")
_SIZES = {"hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 64, "max_position_embeddings": 130}

GOOD, BAD = ("good", "fine", "great"), ("bad", "poor", "awful")
CLASSIFIER = HeadCard("mood", Kind.CLASSIFICATION, labels=("negative", "positive"), max_tokens=32)
CASES: dict[str, tuple[HeadCard, list[Example]]] = {
    "classification": (CLASSIFIER, [Labelled((f"a {word} film",), "positive" if word in GOOD else "negative") for word in GOOD + BAD]),
    "pairs": (
        HeadCard("same", Kind.CLASSIFICATION, Reads.PAIR, labels=("no", "yes"), max_tokens=16, truncation="proportional"),
        [Labelled((f"a {one} film about oil prices", f"a {two} film"), "yes" if one == two else "no") for one in GOOD for two in GOOD],
    ),
    "regression": (
        HeadCard("alike", Kind.REGRESSION, Reads.PAIR, highest=5.0, max_tokens=32),
        [Labelled((f"oil {word}", "prices fell"), str(number)) for number, word in enumerate(("good", "bad", "fine", "poor"))],
    ),
    "tagging": (
        HeadCard("names", Kind.TAGGING, labels=("O", "B-LOC", "B-ORG"), max_tokens=32),
        [Sentence(("the", "bank", "rose"), ("O", "B-ORG", "O")), Sentence(("london",), ("B-LOC",))] * 3,
    ),
    "span": (
        HeadCard("ask", Kind.SPAN, Reads.PAIR, max_tokens=48),
        [Question("what fell", "oil prices fell after", ((0, 10),)), Question("who", "the bank rose", ())] * 3,
    ),
    "choice": (
        HeadCard("pick", Kind.CHOICE, Reads.PAIR, max_tokens=48),
        [MultipleChoice("what fell", "oil prices fell", ("oil", "cup", "bank"), place) for place in (0, 0, 1)] * 2,
    ),
    "mask": (HeadCard("words", Kind.MASK, max_tokens=32), [Plain(text) for text in SENTENCES]),
}


def make_family(name: str, folder: Path) -> Path:
    """Writes a checkpoint of that family and returns its folder."""
    set_seed(5)
    if name in ("roberta", "distilroberta"):
        tokenizer = _byte_level()
        config = RobertaConfig(vocab_size=len(tokenizer), num_hidden_layers=2 if name == "roberta" else 1, type_vocab_size=1, **_SIZES)
        RobertaModel(config).save_pretrained(folder)
    elif name == "distilbert":
        tokenizer = DistilBertTokenizerFast(tokenizer_object=_word_piece()._tokenizer, model_max_length=130)
        DistilBertModel(
            DistilBertConfig(vocab_size=len(tokenizer), dim=32, n_layers=2, n_heads=2, hidden_dim=64, max_position_embeddings=130)
        ).save_pretrained(folder)
    else:
        tokenizer = _word_piece(lowercase=name == "bert")
        BertModel(BertConfig(vocab_size=len(tokenizer), num_hidden_layers=2, **_SIZES)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _word_piece(*, lowercase: bool = True) -> PreTrainedTokenizerFast:
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    # Given, not trained: training breaks ties between words in another way in every process.
    words = sorted({word for sentence in SENTENCES for word in sentence.split()})
    letters = sorted({letter for word in words for letter in word} | set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,?'"))
    pieces = dict.fromkeys([*special, *letters, *(f"##{letter}" for letter in letters), *words])
    tokenizer = Tokenizer(WordPiece({piece: number for number, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return BertTokenizerFast(tokenizer_object=tokenizer, do_lower_case=lowercase, model_max_length=130)


def _byte_level() -> PreTrainedTokenizerFast:
    made = ByteLevelBPETokenizer(add_prefix_space=True)
    made.train_from_iterator(SENTENCES, vocab_size=500, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    return RobertaTokenizerFast(tokenizer_object=made._tokenizer, add_prefix_space=True, model_max_length=128)
