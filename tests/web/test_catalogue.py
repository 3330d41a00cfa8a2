"""The catalogue has every word that the templates show, in every language, and the templates have none of their own."""

import re
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import pytest
from jinja2 import nodes

from search.language import Kind, Piece, Reading
from web import rendering
from web.language import Language, languages
from web.view import Theme

TEMPLATES = Path(rendering.__file__).parent / "templates"
NAMES = sorted(path.name for path in TEMPLATES.glob("*.html"))
ENGLISH = languages()["en"]
SPOKEN_ATTRIBUTES = {"aria-label", "alt", "title", "placeholder", "label"}
# What is the same in every language: names of formats, commands and signs.
UNTRANSLATED = {"CSV", "JSON", "broadsheet index PATH", "--data", '{"error": "…", "field": "…"}', "openapi.json"}


def parsed(name: str) -> nodes.Template:
    return rendering._environment().parse((TEMPLATES / name).read_text("utf-8"))


def places(message: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(message) if name}


def forms(language: Language, key: str) -> list[str]:
    message = language.messages[key]
    return [message] if isinstance(message, str) else list(message.values())


class Words(HTMLParser):
    """Collects what a template says by itself, once its expressions are taken out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self._note(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  HTMLParser passes it
        for name, value in attrs:
            if name in SPOKEN_ATTRIBUTES:
                self._note(value or "")

    def _note(self, text: str) -> None:
        text = " ".join(text.split())
        if re.search(r"[^\W\d_]", text) and text not in UNTRANSLATED and not re.fullmatch(r"/\S*", text):  # nor a path
            self.found.append(text)


@pytest.mark.parametrize("name", NAMES)
def test_no_template_has_words_of_its_own(name: str) -> None:
    source = (TEMPLATES / name).read_text("utf-8")
    source = re.sub(r"\{% block kind %\}.*?\{% endblock %\}", "", source)  # the class of the body
    source = re.sub(r"\{#.*?#\}|\{%.*?%\}", "", source, flags=re.DOTALL)
    words = Words()
    words.feed(re.sub(r"\{\{.*?\}\}", "0", source, flags=re.DOTALL))
    assert words.found == []


@pytest.mark.parametrize("name", NAMES)
def test_every_key_that_a_template_names_is_in_the_catalogue(name: str) -> None:
    for call in parsed(name).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "t":
            for constant in _alternatives(call.args[0]):
                if isinstance(constant, nodes.Const):
                    assert ENGLISH.knows(constant.value), constant.value
                elif isinstance(constant, nodes.Concat):  # "group." ~ name: the catalogue has the group
                    group = constant.nodes[0]
                    assert isinstance(group, nodes.Const)
                    assert any(key.startswith(group.value) for key in ENGLISH.messages), group.value


def _alternatives(node: nodes.Node) -> list[nodes.Node]:
    """The keys that an expression can come to."""
    if isinstance(node, nodes.CondExpr):
        return [part for one in (node.expr1, node.expr2) if one for part in _alternatives(one)]
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr) and isinstance(node.node.node, nodes.Dict):
        return [pair.value for pair in node.node.node.items] + node.args[1:]  # {…}.get(…, default)
    return [node]


@pytest.mark.parametrize("code", [code for code in languages() if code != "en"])
def test_every_language_has_every_message_with_the_same_places(code: str) -> None:
    other = languages()[code]
    assert other.messages.keys() == ENGLISH.messages.keys()
    for key in ENGLISH.messages:
        expected = set().union(*map(places, forms(ENGLISH, key)))
        assert set().union(*map(places, forms(other, key))) == expected, key


@pytest.mark.parametrize("code", list(languages()))
def test_every_message_has_the_plural_forms_of_its_language(code: str) -> None:
    language = languages()[code]
    needed = set(language.locale.plural_form.tags) | {"other"}
    for key, message in language.messages.items():
        assert isinstance(message, str) or message.keys() == needed, key


def test_everything_that_is_chosen_by_name_has_its_message() -> None:
    keys = [f"notes.{reading}" for reading in Reading]
    keys += [f"chips.{rendering.piece_key(Piece(kind, 'x', excluded, 0, 1))}" for kind in Kind for excluded in (False, True)]
    keys += [f"help.operators.{key}" for _, key in rendering._OPERATORS] + [f"help.shortcuts.{key}" for _, key in rendering._SHORTCUTS]
    keys += [f"export.{name}" for name in rendering._EXPORTS] + [f"intervals.{one}" for one in rendering._DAYS]
    keys += [f"preferences.{theme}" for theme in Theme] + [f"fields.{name.removeprefix('not_')}" for name in rendering.FILTERS]
    assert [key for key in keys if not ENGLISH.knows(key)] == []


def test_the_catalogue_has_nothing_that_nobody_says() -> None:
    source = (
        "".join((TEMPLATES / name).read_text("utf-8") for name in NAMES) + (Path(rendering.__file__).parent / "language.py").read_text()
    )
    groups = set(re.findall(r"'([a-z_.]+)\.' ~", source))
    unsaid = [key for key in ENGLISH.messages if key not in source and not any(key.startswith(f"{group}.") for group in groups)]
    assert unsaid == []
