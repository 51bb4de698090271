"""Which folder a chat may have ingested: whatever its name looks like, only what lies under a root."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import wording
from bot.reingesting.folders import FolderRefusedError, Folders, Target
from core.storage.index_store import CollectionStatus
from tests.conftest import settings_for


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("docs/hr/policies", "docs/it", "docs/.git", "secret", "docs-of-others"):
        (tmp_path / name).mkdir(parents=True)
    return (tmp_path / "docs").resolve()


def test_a_known_collection_is_found_by_its_name_and_by_its_folders(root: Path) -> None:
    folders = Folders([root], {"people": root / "hr"})
    assert folders.choose("people") == folders.choose("hr") == Target(root / "hr", "people")
    assert folders.choose(str(root / "hr")) == Target(root / "hr", "people")


def test_an_unknown_folder_under_a_root_becomes_a_collection_of_its_name(root: Path) -> None:
    folders = Folders([root], {})
    assert folders.choose("hr") == Target(root / "hr", "hr")
    assert folders.choose("hr/policies") == Target(root / "hr/policies", "hr/policies")
    assert folders.choose("hr/../it") == Target(root / "it", "it")
    assert folders.choose("docs") == Target(root, "docs")


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "../secret",
        "hr/../../secret",
        "/etc",
        "/",
        "../docs-of-others",
        ".git",
        "hr\0",
        "link",
        "link/sub",
    ],
)
def test_what_lies_outside_is_refused_whether_it_exists_or_not(root: Path, name: str) -> None:
    (root / "link").symlink_to(root.parent / "secret")
    folders = Folders([root], {})
    with pytest.raises(FolderRefusedError) as refused:
        folders.choose(name)
    assert str(refused.value) == wording.folder_outside(name)
    assert folders.names() == ["hr", "it"]


def test_a_link_inside_the_root_means_the_folder_it_leads_to(root: Path) -> None:
    (root / "people").symlink_to(root / "hr")
    assert Folders([root], {}).choose("people") == Target(root / "hr", "hr")


def test_a_root_may_itself_be_a_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(root)
    assert Folders([tmp_path / "alias"], {}).choose("hr") == Target(root / "hr", "hr")


@pytest.mark.parametrize("name", ["sales", "hr/none", "x" * 300, "loop"])
def test_a_folder_that_is_not_there_is_told_with_those_that_are(root: Path, name: str) -> None:
    (root / "loop").symlink_to(root / "loop")
    with pytest.raises(FolderRefusedError) as refused:
        Folders([root], {"people": root / "hr"}).choose(name)
    assert str(refused.value) == wording.no_such_folder(name, ["people", "it"])


def test_a_known_collection_outside_of_the_roots_is_refused(root: Path) -> None:
    folders = Folders([root], {"old": root.parent / "secret"})
    with pytest.raises(FolderRefusedError, match="INGEST_ROOTS"):
        folders.choose("old")
    with pytest.raises(FolderRefusedError, match="INGEST_ROOTS"):
        folders.all()


def test_a_new_folder_does_not_take_over_a_collection_that_mirrors_another(root: Path) -> None:
    with pytest.raises(FolderRefusedError, match="mirrors another folder"):
        Folders([root, root.parent], {"it": root.parent / "secret/it"}).choose(str(root / "it"))


def test_names_to_choose_from_are_collections_and_new_folders_of_the_roots(root: Path) -> None:
    assert Folders([root, root / "missing"], {"people": root / "hr"}).names() == ["people", "it"]


def test_without_roots_in_the_settings_the_documents_and_what_is_mirrored_already_are_roots(root: Path) -> None:
    (root.parent / "alias").symlink_to(root / "it")
    stored = [CollectionStatus("people", str(root.parent / "secret"), 1, 1)]
    folders = Folders.of(settings_for("", docs_dir=root.parent / "alias"), stored)
    assert (folders.roots, folders.known) == ([root / "it", root.parent / "secret"], {"people": root.parent / "secret"})
    folders = Folders.of(settings_for("", docs_dir=root, ingest_roots=f"{root / 'hr'}, {root / 'it'}"), stored)
    assert folders.roots == [root / "hr", root / "it"]


def test_all_means_every_known_collection(root: Path) -> None:
    folders = Folders([root], {"people": root / "hr", "it": root / "it"})
    assert folders.all() == [Target(root / "hr", "people"), Target(root / "it", "it")]
