"""Tiny checkpoints that the trainings of heads start from."""

from collections.abc import Callable

import pytest

from tests.families import make_family


@pytest.fixture(scope="session")
def base_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """The folder of a tiny checkpoint of a family, made when it is first asked for."""
    made: dict[str, str] = {}

    def find(family: str) -> str:
        if family not in made:
            made[family] = str(make_family(family, tmp_path_factory.mktemp(family)))
        return made[family]

    return find
