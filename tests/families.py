"""Tiny, randomly initialised checkpoints of each BERT family, with tokenizers trained on a few sentences."""

from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.implementations import ByteLevelBPETokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing
from tokenizers.trainers import WordPieceTrainer
from transformers import (
    BertConfig,
    BertModel,
    BertTokenizerFast,
    DistilBertConfig,
    DistilBertModel,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaModel,
    RobertaTokenizerFast,
    set_seed,
)

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


def make_family(name: str, folder: Path) -> Path:
    """Writes a checkpoint of that family and returns its folder."""
    set_seed(5)
    if name in ("roberta", "distilroberta"):
        tokenizer = _byte_level()
        config = RobertaConfig(vocab_size=len(tokenizer), num_hidden_layers=2 if name == "roberta" else 1, type_vocab_size=1, **_SIZES)
        RobertaModel(config).save_pretrained(folder)
    elif name == "distilbert":
        tokenizer = _word_piece()
        tokenizer.model_input_names = ["input_ids", "attention_mask"]
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
    tokenizer = Tokenizer(WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.train_from_iterator(SENTENCES, WordPieceTrainer(vocab_size=400, special_tokens=special))
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return BertTokenizerFast(tokenizer_object=tokenizer, do_lower_case=lowercase, model_max_length=130)


def _byte_level() -> PreTrainedTokenizerFast:
    made = ByteLevelBPETokenizer(add_prefix_space=True)
    made.train_from_iterator(SENTENCES, vocab_size=500, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    return RobertaTokenizerFast(tokenizer_object=made._tokenizer, add_prefix_space=True, model_max_length=128)
