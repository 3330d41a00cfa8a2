"""What the heads answer, as text for a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from search.heads.answers import ChoiceAnswer, Fillings, HeadAnswer, Label, SpanAnswer, TaggedAnswer, TokenVectorAnswer, Value
from search.heads.card import HeadCard

_BAR_CHARACTERS = 20
_SHOWN_LABELS = 8
_SHOWN_NUMBERS = 6
_SHOWN_CHARACTERS = 80
_ENTITY_COLOURS = {"PER": "cyan", "ORG": "magenta", "LOC": "green"}


def print_labels(texts: Sequence[str], found: Sequence[Label]) -> None:
    """Prints each text with a line for each label, the most probable first."""
    console = _console()
    for text, one in zip(texts, found, strict=True):
        console.print(Text(_shortened(text)))
        _print_shares(console, one.probabilities)


def print_pairs(pairs: Sequence[tuple[str, str]], found: Sequence[Label | Value], card: HeadCard) -> None:
    """Prints each pair with its labels, or with its number on the scale of the task."""
    console = _console()
    for (first, second), one in zip(pairs, found, strict=True):
        console.print(Text(_shortened(first)))
        console.print(Text(_shortened(second)))
        if isinstance(one, Label):
            _print_shares(console, one.probabilities)
            continue
        share = (one.value - card.lowest) / (card.highest - card.lowest)
        scale = f" on a scale from {card.lowest:g} to {card.highest:g}  "
        console.print(Text.assemble("  ", (f"{one.value:.2f}", "bold"), scale, _bar(share)))


def print_tagged(texts: Sequence[str], found: Sequence[TaggedAnswer]) -> None:
    """Prints each text with its entities in colour and named, or where there are none with the tag of each word."""
    console = _console()
    for text, one in zip(texts, found, strict=True):
        if any(token.tag == "O" or token.tag.startswith(("B-", "I-")) for token in one.tokens):
            shown = Text(text)
            for entity in one.entities:
                shown.stylize(f"bold {_ENTITY_COLOURS.get(entity.type, 'yellow')}", entity.start, entity.end)
            console.print(shown)
            table = _table()
            for entity in one.entities:
                colour = _ENTITY_COLOURS.get(entity.type, "yellow")
                table.add_row(
                    Text(entity.type, style=colour), Text(entity.text), f"{entity.start}-{entity.end}", f"{entity.probability:.2f}"
                )
            console.print(table if one.entities else Text("  No names.", style="dim"))
        else:
            console.print(Text(" ").join(Text.assemble(token.text, (f"/{token.tag}", "dim")) for token in one.tokens))


def print_answer(passage: str, found: SpanAnswer) -> None:
    """Prints the passage with the answer in it, or that it has none."""
    console = _console()
    shown = Text(passage)
    if found.answer is None:
        console.print(shown)
        console.print("The passage does not answer the question.")
        return
    shown.stylize("bold yellow", found.start or 0, found.end)
    console.print(shown)
    console.print(Text.assemble((found.answer, "bold"), (f"  {found.probability:.2f}  characters {found.start}-{found.end}", "dim")))


def print_fillings(texts: Sequence[str], found: Fillings) -> None:
    """Prints each text with the tokens for its masks and, where asked for, its perplexity."""
    console = _console()
    for number, (text, fillings) in enumerate(zip(texts, found.results, strict=True)):
        console.print(Text(_shortened(text)))
        table = _table()
        for one in fillings:
            table.add_row(Text(one.token), f"{one.probability:.3f}", _bar(one.probability))
        if fillings:
            console.print(table)
        if found.perplexities is not None:
            value = found.perplexities[number]
            console.print(Text("  pseudo-perplexity " + ("of no words" if value is None else f"{value:,.1f}"), style="dim"))


def print_choice(choices: Sequence[str], found: ChoiceAnswer) -> None:
    """Prints the choices in their order, the best one marked."""
    table = _table()
    for number, (choice, share) in enumerate(zip(choices, found.probabilities, strict=True)):
        best = number == found.choice
        table.add_row("→" if best else "", Text(choice, style="bold" if best else ""), f"{share:.2f}", _bar(share))
    _console().print(table)


def print_vectors(texts: Sequence[str], vectors: Sequence[Sequence[float]]) -> None:
    """Prints how each vector begins; the whole is for --json."""
    table = _table()
    for text, vector in zip(texts, vectors, strict=True):
        table.add_row(Text(_shortened(text, 40)), f"{len(vector)} numbers", _beginning(vector))
    _console().print(table)


def print_token_vectors(tokens: Sequence[Sequence[TokenVectorAnswer]]) -> None:
    """Prints how each token's vector begins."""
    table = _table()
    for one in (one for text in tokens for one in text):
        table.add_row(Text(one.token), f"{one.start}-{one.end}", _beginning(one.vector))
    _console().print(table)


def print_heads(heads: Sequence[HeadAnswer]) -> None:
    """Prints what is installed, with its first figures."""
    console = _console()
    if not heads:
        console.print("No heads are installed: train one with `broadsheet train head`.")
        return
    table = Table(box=None, header_style="bold")
    for name in ("task", "endpoint", "answers", "measured"):
        table.add_column(name, overflow="fold")
    for one in heads:
        labels = ", ".join(one.labels[:_SHOWN_LABELS]) + (" …" if len(one.labels) > _SHOWN_LABELS else "")
        scale = f"{one.lowest:g} to {one.highest:g}" if one.lowest is not None and one.highest is not None else ""
        figures = ", ".join(f"{name} {value:.3f}" for name, value in list(one.figures.items())[:2])
        table.add_row(Text(one.task, style="bold"), one.endpoint, Text(labels or scale or one.description), Text(figures))
    console.print(table)


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)


def _table() -> Table:
    return Table(box=None, show_header=False, pad_edge=True)


def _print_shares(console: Console, probabilities: dict[str, float]) -> None:
    table = _table()
    for label, share in sorted(probabilities.items(), key=lambda pair: -pair[1])[:_SHOWN_LABELS]:
        table.add_row(Text(label), f"{share:.2f}", _bar(share))
    console.print(table)


def _bar(share: float) -> Text:
    return Text("█" * round(share * _BAR_CHARACTERS), style="yellow")


def _beginning(vector: Sequence[float]) -> str:
    return " ".join(f"{number:.4f}" for number in vector[:_SHOWN_NUMBERS]) + (" …" if len(vector) > _SHOWN_NUMBERS else "")


def _shortened(text: str, characters: int = _SHOWN_CHARACTERS) -> str:
    line = " ".join(text.split())
    return line if len(line) <= characters else line[: characters - 1] + "…"
