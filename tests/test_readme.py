"""The README names every command, option and setting that there is."""

from pathlib import Path

import pytest
import typer

from search.cli import application
from search.settings import Settings

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


def _commands() -> dict[str, list[str]]:
    group = typer.main.get_command(application())
    commands = getattr(group, "commands", {})
    return {name: [option for parameter in command.params for option in parameter.opts] for name, command in commands.items()}


@pytest.mark.parametrize("command", sorted(_commands()))
def test_the_readme_names_the_command_with_its_options(command: str) -> None:
    assert f"broadsheet {command}" in README
    missing = [option for option in _commands()[command] if option.startswith("--") and option != "--help" and f"{option}" not in README]
    assert missing == []


@pytest.mark.parametrize("setting", sorted(Settings.model_fields))
def test_the_readme_names_the_setting(setting: str) -> None:
    assert f"BROADSHEET_{setting.upper()}" in README


@pytest.mark.parametrize(
    "module",
    sorted(
        str(p.relative_to(Path(__file__).parent.parent))
        for f in ("search", "indexer", "web")
        for p in (Path(__file__).parent.parent / f).glob("*.py")
        if p.name != "__init__.py"
    ),
)
def test_the_readme_says_what_each_file_is_about(module: str) -> None:
    assert Path(module).name in README
