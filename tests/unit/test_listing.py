"""What of a folder is listed: links, hidden files, ignore files, folders that can't be read."""

from __future__ import annotations

import ast
import os
import signal
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from core.ingestion.ignoring import is_ignored, read_rules
from core.ingestion.listing import Listing, list_folder

SUPPORTED = frozenset({".md", ".txt"})
NOBODY = 65534


def make(folder: Path, *paths: str, **ignore_files: str) -> Path:
    """Make files; ignore_files: folder ("root" for the top one) -> rules."""
    for path in paths:
        if not (folder / path).parent.exists():
            (folder / path).parent.mkdir(parents=True)
        (folder / path).write_text(path)
    for place, rules in ignore_files.items():
        where = folder if place == "root" else folder / place
        (where / ".docentignore").write_text(rules)
    return folder


def paths(folder: Path) -> tuple[str, ...]:
    listing = list_folder(folder, SUPPORTED)
    assert listing.unreadable == ()
    return listing.paths


def test_supported_files_come_in_order_with_those_of_a_folder_before_the_next_folder(tmp_path: Path) -> None:
    make(tmp_path, "b.md", "a.TXT", "c.png", "z/one.md", "y/two.md", "y/deep/three.md")
    assert paths(tmp_path) == ("a.TXT", "b.md", "y/two.md", "y/deep/three.md", "z/one.md")


def test_hidden_files_and_folders_stay_out(tmp_path: Path) -> None:
    assert paths(make(tmp_path, ".hidden.md", ".git/a.md", "a/.b/c.md", "seen.md")) == ("seen.md",)


def test_links_stay_out_unless_they_lead_to_a_file_of_the_folder(tmp_path: Path) -> None:
    folder = make(tmp_path / "docs", "a.md", "folder/b.md")
    make(tmp_path / "outside", "secret.md")
    for name, target in {"in.md": "a.md", "out.md": "../outside/secret.md", "loop": ".", "away": "../outside"}.items():
        (folder / name).symlink_to(target)
    (folder / "folder.md").symlink_to("folder")
    assert paths(folder) == ("a.md", "in.md", "folder/b.md")


def test_links_in_a_circle_are_listed_for_someone_to_tell_why_they_fail(tmp_path: Path) -> None:
    (tmp_path / "a.md").symlink_to("b.md")
    (tmp_path / "b.md").symlink_to("a.md")
    assert paths(tmp_path) == ("a.md", "b.md")


def test_folders_may_lie_as_deep_as_the_system_lets_them(tmp_path: Path) -> None:
    for depth in range(1, 1201):
        (tmp_path / ("d/" * depth)).mkdir()  # with parents=True it would go too deep itself
    make(tmp_path, "d/" * 1200 + "a.md")
    try:
        assert paths(tmp_path) == ("d/" * 1200 + "a.md",)
    finally:  # pytest's own cleaning goes as deep as the folders, and fails
        (tmp_path / ("d/" * 1200 + "a.md")).unlink()
        for depth in range(1200, 0, -1):
            (tmp_path / ("d/" * depth)).rmdir()


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        ("*.txt", ("a.md", "drafts/c.md", "drafts/old/d.md")),
        ("drafts/", ("a.md", "b.txt")),
        ("/old/", ("a.md", "b.txt", "drafts/c.md", "drafts/old/d.md")),
        ("old/", ("a.md", "b.txt", "drafts/c.md")),
        ("drafts/*.md", ("a.md", "b.txt", "drafts/old/d.md")),
        ("*.md\n!a.md", ("a.md", "b.txt")),
        ("drafts\n!drafts/c.md", ("a.md", "b.txt")),
        ("# a comment\n\n[\n", ("a.md", "b.txt", "drafts/c.md", "drafts/old/d.md")),
        ("**/d.md", ("a.md", "b.txt", "drafts/c.md")),
    ],
)
def test_an_ignore_file_has_the_rules_of_git(rules: str, left: tuple[str, ...], tmp_path: Path) -> None:
    assert paths(make(tmp_path, "a.md", "b.txt", "drafts/c.md", "drafts/old/d.md", root=rules)) == left


def test_the_ignore_file_of_an_inner_folder_has_the_last_word_there(tmp_path: Path) -> None:
    make(tmp_path, "a.txt", "inner/b.txt", "inner/c.md", "inner/deep/d.txt", root="*.txt", inner="!*.txt\nc.md\n/deep/")
    assert paths(tmp_path) == ("inner/b.txt",)


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        (b"caf\xe9", "is not UTF-8 (byte 3)"),
        (b"*a*a*a*a*b", "more wildcards in line 1"),
        (b"fine\na/**/b/**/c/**/d", "more wildcards in line 2"),
        (b"!", "no rule that can be read in line 1"),
        (b"a\n" * 1001, "over 1,000 lines"),
        (b"x" * 70_000, "over 1,000 lines or 65,536 bytes"),
    ],
)
def test_a_folder_whose_ignore_file_is_of_no_use_is_not_listed(rules: bytes, reason: str, tmp_path: Path) -> None:
    make(tmp_path, "a.md", "inner/private.md", "inner/deep/private.md")
    (tmp_path / "inner" / ".docentignore").write_bytes(rules)
    listing = list_folder(tmp_path, SUPPORTED)
    assert listing.paths == ("a.md",)
    ((place, told),) = listing.unreadable
    assert place == "inner"
    assert reason in told


@pytest.mark.parametrize("name", ["a" * 250, "a/" * 1900 + "x"])
def test_the_worst_rule_is_tried_in_no_time(name: str, tmp_path: Path) -> None:
    """Rules with more wildcards than are let in would take hours for such a path."""
    make(tmp_path, root="*a*a*b\na/**/a/**/b\n**/a/**/b\n")
    rules = read_rules(tmp_path, "")
    assert rules is not None
    assert not is_ignored(name, [rules])


def as_nobody(folder: Path) -> Listing:
    """List the folder in a process that may not do everything, as root may."""
    if os.geteuid() != 0:
        return list_folder(folder, SUPPORTED)
    inlet, outlet = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.seteuid(NOBODY)
            listing = list_folder(folder, SUPPORTED)
            os.write(outlet, repr((listing.paths, listing.unreadable)).encode())
        finally:
            os.kill(os.getpid(), signal.SIGKILL)  # nothing of the tests may run on in it
    os.close(outlet)
    with os.fdopen(inlet, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return Listing(*ast.literal_eval(told.decode()))


def test_a_folder_without_permission_is_named_and_the_others_are_listed(tmp_path: Path) -> None:
    folder = make(tmp_path / "docs", "a.md", "closed/b.md", "open/c.md")
    for place in (tmp_path, *tmp_path.parents):
        if place.stat().st_uid == os.geteuid() and place != Path("/"):
            place.chmod(place.stat().st_mode | 0o055)
    (folder / "closed").chmod(0)
    listing = as_nobody(folder)
    (folder / "closed").chmod(0o700)
    assert listing.paths == ("a.md", "open/c.md")
    assert listing.unreadable == (("closed", "The folder can't be read (Permission denied); mend it."),)


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    make(tmp_path, "a.md")
    with pytest.raises(ConfigurationError, match="is a file"):
        list_folder(tmp_path / "a.md", SUPPORTED)
    with pytest.raises(ConfigurationError, match="isn't there"):
        list_folder(tmp_path / "b", SUPPORTED)
