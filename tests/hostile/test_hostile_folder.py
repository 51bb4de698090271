"""One folder with everything that breaks careless readers, in a real Postgres; README.md says what each gives."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from core.ingestion.ingest import Ingester
from core.ingestion.loaders.guarded import Loader
from core.models import LoadedDocument
from core.storage.database import Database
from core.storage.index_store import IndexStore
from core.storage.run_store import RunStore
from tests.fakes.embedder import FakeEmbedder
from tests.hostile.documents import FILES, SIZES

TABLE = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
ROWS = [line.strip("| ").split(" | ") for line in TABLE.splitlines() if line.startswith("| ")]
PROMISED = dict(ROWS[2:])

# What is no file of its own, and the path at which it would be found.
PLACES = {
    "a link to a file of the folder": "inner-link.md",
    "a link to a file outside of the folder": "outer-link.md",
    "a link to a device": "zero.md",
    "a link that points nowhere": "dangling.md",
    "two links that point to each other": "chases.md",
    "a link to the folder itself": "loop/fine.md",
    "a link to a folder outside": "outer/secret.md",
    "a link to a folder named .md": "folder-link.md",
    "a pipe named .md": "pipe.md",
    "a socket named .md": "socket.md",
    "a folder named .md": "folder.md/inside.md",
    "500 folders in each other": "d/" * 500 + "deep.md",
    "a folder whose .docentignore is a pipe": "ignores-pipe",
    "a folder whose .docentignore has more wildcards than can be tried": "ignores-stars",
    "a folder whose .docentignore is not UTF-8": "ignores-latin",
    "an ordinary file among all these": "fine.md",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    outside = tmp_path / "outside"
    folder = tmp_path / "docs"
    for place in (outside, folder, folder / "folder.md"):
        place.mkdir()
    (outside / "secret.md").write_text("A secret that nobody should find.")
    (folder / "fine.md").write_text("An ordinary file.")
    (folder / "folder.md" / "inside.md").write_text("Inside of a folder with a strange name.")
    for name, make in FILES.values():
        (folder / name).write_bytes(make())
        if name in SIZES:
            os.truncate(folder / name, SIZES[name])
    for name, target in {
        "inner-link.md": "fine.md",
        "outer-link.md": "../outside/secret.md",
        "zero.md": "/dev/zero",
        "dangling.md": "nothing.md",
        "chases.md": "chased.md",
        "chased.md": "chases.md",
        "loop": ".",
        "outer": "../outside",
        "folder-link.md": "folder.md",
    }.items():
        (folder / name).symlink_to(target)
    os.mkfifo(folder / "pipe.md")
    for name, rules in {"ignores-pipe": None, "ignores-stars": b"*a*a*a*a*b\n", "ignores-latin": b"caf\xe9\n"}.items():
        place = folder / name
        place.mkdir()
        (place / "private.md").write_text("Perhaps this should not be found.")
        os.mkfifo(place / ".docentignore") if rules is None else (place / ".docentignore").write_bytes(rules)
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.md")  # a relative path: the absolute one may be too long for a socket
    deep = folder / ("d/" * 500)
    deep.mkdir(parents=True)
    (deep / "deep.md").write_text("Far down.")
    return folder


async def test_each_gives_what_the_table_says(folder: Path, database: Database) -> None:
    loader = Loader()
    store = IndexStore(database)
    ingester = Ingester(store, RunStore(database), FakeEmbedder(), "english", loader.load, loader.seconds)
    summary = await ingester.ingest(folder)
    loader.close()
    stored = await store.documents("default")
    failed = dict(summary.failed)

    def outcome(path: str) -> str:
        shown = path.encode(errors="replace").decode()
        return "goes in" if path in stored else failed.get(shown, "stays out")

    paths = {what: name for what, (name, _) in FILES.items()} | PLACES
    assert {what: outcome(path) for what, path in paths.items()} == PROMISED
    assert not any("private" in path or "secret" in path for path in stored)


async def test_hostile_markup_leaves_only_its_words(folder: Path, database: Database) -> None:
    loader = Loader()
    scripts = loader.load(folder / "scripts.html", "scripts.html")
    assert [block.text for block in scripts.blocks] == ["These words are found."]
    for name in ("outside.docx", "draws-itself.pdf"):
        document = loader.load(folder / name, name)
        assert [block.text.strip() for block in document.blocks] == ["These words are found."]
    loader.close()


async def test_a_file_that_goes_while_it_is_being_read_fails_and_the_others_go_in(
    tmp_path: Path, database: Database
) -> None:
    for name in ("a.md", "b.md", "c.md"):
        (tmp_path / name).write_text(f"The words of {name}.")
    loader = Loader()

    def load(path: Path, relative: str) -> LoadedDocument:
        if relative == "b.md":
            path.unlink()
        return loader.load(path, relative)

    store = IndexStore(database)
    summary = await Ingester(store, RunStore(database), FakeEmbedder(), "english", load).ingest(tmp_path)
    assert set(await store.documents("default")) == {"a.md", "c.md"}
    assert summary.failed == (("b.md", "The file is gone, or it is a link that points nowhere; restore or remove it."),)
