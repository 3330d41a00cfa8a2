"""A wheel built from the project holds all that is needed, and works where it is installed."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = ("search", "indexer", "web", "pyproject.toml", "README.md", "LICENSE")

SCRIPT = """
import asyncio, sys
from pathlib import Path
import httpx2, indexer, search, web
from search.assemble import open_engine
from search.settings import Settings
from web.app import create_app

for package in (indexer, search, web):
    assert Path(package.__file__).is_relative_to(sys.argv[1]), package.__file__
settings = Settings(data=Path(sys.argv[2]))
app = create_app(open_engine(settings), settings)

async def main():
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        page = await client.get("/")
        assert "Broadsheet" in page.text, page.text
        for asset in ("/static/page.css", "/static/page.js"):
            assert (await client.get(asset)).status_code == 200

asyncio.run(main())
print("works")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, source / name)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(source / "dist"), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    return next((source / "dist").glob("broadsheet-*.whl"))


def test_the_wheel_holds_every_file_that_the_packages_read(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    read = [
        path.relative_to(ROOT)
        for folder in ("search/models/weights", "search/store/migrations", "indexer/sample", "web/templates", "web/static", "web/catalogue")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    assert len(read) > 10
    assert [str(path) for path in read if str(path) not in names] == []
    assert not [name for name in names if name.startswith(("tests", "benchmarks"))]


def test_the_wheel_works_elsewhere(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    environment = os.environ | {"PYTHONPATH": str(site), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", SCRIPT, str(site), str(tmp_path / "data")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
    assert done.stdout.strip().endswith("works"), done.stderr
