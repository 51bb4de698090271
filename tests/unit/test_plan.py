import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import core.ingestion.plan
from core.ingestion import loaders
from core.ingestion.listing import Listing, list_folder
from core.ingestion.plan import Plan, Work, batches_of, clock, fingerprint, make_plan, trusted_clock, work_of

LONG_AGO = 1_000_000_000 * 10**9


@dataclass(frozen=True)
class Stored:
    id: int
    file_hash: str
    size: int
    modified_ns: int


def write(folder: Path, **texts: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.md").write_text(text)
    return folder


def as_stored(folder: Path) -> dict[str, Stored]:
    """What an index that mirrors the folder holds, with trusted clocks."""
    found = {}
    for number, path in enumerate(list_folder(folder, loaders.SUPPORTED).paths, 1):
        status = (folder / path).stat()
        found[path] = Stored(number, fingerprint(folder / path), status.st_size, clock(status))
    return found


def plan(folder: Path, stored: dict[str, Stored]) -> Plan:
    return make_plan(folder, list_folder(folder, loaders.SUPPORTED), stored)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were hashed, in order."""
    names: list[str] = []

    def noting(file: Path) -> str:
        names.append(file.name)
        return fingerprint(file)

    monkeypatch.setattr(core.ingestion.plan, "fingerprint", noting)
    return names


def test_each_file_stands_in_one_kind(tmp_path: Path) -> None:
    folder = write(tmp_path, same="same", changed="before", moved="stays the same", removed="gone")
    stored = as_stored(folder)
    (folder / "moved.md").rename(folder / "there.md")
    (folder / "removed.md").unlink()
    write(folder, changed="after that", added="new")
    made = plan(folder, stored)
    assert [work.path for work in made.added] == ["added.md"]
    assert made.changed == (Work("changed", "changed.md", 10, stored["changed.md"].id),)
    assert made.moved == (Work("moved", "there.md", 14, stored["moved.md"].id, "moved.md"),)
    assert made.removed == (("removed.md", stored["removed.md"].id),)
    assert (made.unchanged, made.stored, made.failed) == (1, 4, ())


def test_unchanged_files_cost_a_look_at_their_status(tmp_path: Path, hashed: list[str]) -> None:
    folder = write(tmp_path, a="a", b="b")
    assert plan(folder, as_stored(folder)).unchanged == 2
    assert hashed == []


def test_new_files_and_files_of_another_size_are_not_read_twice(tmp_path: Path, hashed: list[str]) -> None:
    folder = write(tmp_path, grown="short")
    stored = as_stored(folder)
    write(folder, grown="not as short", new="new")
    made = plan(folder, stored)
    assert (len(made.added), len(made.changed)) == (1, 1)
    assert hashed == []


def test_only_files_as_large_as_a_missing_one_are_compared_with_it(tmp_path: Path, hashed: list[str]) -> None:
    folder = write(tmp_path, old="four")
    stored = as_stored(folder)
    (folder / "old.md").unlink()
    write(folder, longer="longer", same="five")
    made = plan(folder, stored)
    assert (len(made.added), len(made.removed), made.moved) == (2, 1, ())
    assert hashed == ["same.md"]


def test_an_edit_behind_a_time_that_was_set_back_is_seen(tmp_path: Path) -> None:
    folder = write(tmp_path, rules="30 days")
    os.utime(folder / "rules.md", ns=(LONG_AGO, LONG_AGO))
    stored = as_stored(folder)
    write(folder, rules="31 days")
    os.utime(folder / "rules.md", ns=(LONG_AGO, LONG_AGO))
    assert [work.path for work in plan(folder, stored).changed] == ["rules.md"]


def test_a_file_that_was_only_touched_gets_a_new_clock(tmp_path: Path) -> None:
    folder = write(tmp_path, rules="30 days")
    stored = {path: replace(known, modified_ns=1) for path, known in as_stored(folder).items()}
    made = plan(folder, stored)
    assert (made.unchanged, made.changed) == (1, ())
    assert list(made.touched) == [1]


def test_a_clock_within_its_own_tick_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    status = (write(tmp_path, rules="30 days") / "rules.md").stat()
    monkeypatch.setattr(time, "time_ns", lambda: clock(status) + 10**9)
    assert trusted_clock(status) == 0
    monkeypatch.setattr(time, "time_ns", lambda: clock(status) + 10 * 10**9)
    assert trusted_clock(status) == clock(status)


def test_documents_that_were_cut_in_another_way_count_as_changed_or_moved(tmp_path: Path) -> None:
    folder = write(tmp_path, rules="30 days", old="40 days")
    stored = {path: replace(known, file_hash=f"77{known.file_hash}") for path, known in as_stored(folder).items()}
    (folder / "old.md").rename(folder / "new.md")
    made = plan(folder, stored)
    assert [work.path for work in work_of(made)] == ["new.md", "rules.md"]
    assert made.removed == ()


def test_of_two_copies_one_has_moved_and_one_is_new(tmp_path: Path) -> None:
    folder = write(tmp_path, old="the same")
    stored = as_stored(folder)
    (folder / "old.md").rename(folder / "one.md")
    write(folder, two="the same")
    made = plan(folder, stored)
    assert (len(made.added), len(made.moved), made.removed) == (1, 1, ())


def test_a_name_that_can_not_be_stored_fails_and_leaves_the_others(tmp_path: Path) -> None:
    folder = write(tmp_path, fine="fine")
    (folder / os.fsdecode(b"bad\xff.md")).write_text("bad")
    made = plan(folder, {})
    assert [work.path for work in made.added] == ["fine.md"]
    ((name, reason),) = made.failed
    assert (name, reason) == ("bad?.md", "The file's name is not UTF-8; rename it.")


def test_documents_below_a_folder_that_can_not_be_listed_stay(tmp_path: Path) -> None:
    folder = write(tmp_path, top="top")
    write(folder / "deep", page="page")
    write(folder / "deeper", page="page")
    stored = as_stored(folder)
    made = make_plan(folder, Listing(("top.md",), (("deep", "no permission"),)), stored)
    assert [path for path, _ in made.removed] == ["deeper/page.md"]
    assert made.failed == (("deep", "no permission"),)


@pytest.mark.parametrize(("removed", "stored", "much"), [(2, 2, False), (3, 9, False), (3, 8, True), (300, 883, True)])
def test_much_is_over_a_third_and_over_two_documents(removed: int, stored: int, much: bool) -> None:
    gone = tuple((f"{number}.md", number) for number in range(removed))
    assert Plan(removed=gone, stored=stored).removes_much is much


def test_a_plan_tells_its_counts_and_the_first_paths_of_each_kind() -> None:
    added = tuple(Work("added", f"{number}.md", 1) for number in range(9))
    made = Plan(added=added, moved=(Work("moved", "b.md", 1, 7, "a.md"),), unchanged=3, stored=4)
    told = made.as_json(first=2)
    assert (told["added"], told["moved"], told["removed"], told["unchanged"], told["stored"]) == (9, 1, 0, 3, 4)
    assert told["first"] == {"added": ["0.md", "1.md"], "moved": ["a.md → b.md"]}


def test_work_is_what_moved_then_what_changed_then_what_is_new() -> None:
    new, old, away = Work("added", "a", 1), Work("changed", "b", 1, 1), Work("moved", "c", 1, 2, "d")
    assert work_of(Plan(added=(new,), changed=(old,), moved=(away,))) == [away, old, new]


def test_work_is_cut_into_batches_by_files_and_by_bytes() -> None:
    small = [Work("added", f"{number}.md", 100) for number in range(150)]
    large = Work("added", "large.pdf", 50 * 1024 * 1024)
    batches = list(batches_of([*small[:10], large, *small[10:]]))
    assert [work for batch in batches for work in batch] == [*small[:10], large, *small[10:]]
    assert [len(batch) for batch in batches] == [10, 1, 64, 64, 12]
    assert list(batches_of([])) == []
