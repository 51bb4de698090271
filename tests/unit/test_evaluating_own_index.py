"""The documents that a set brings along become a folder that is written only where it differs."""

from pathlib import Path

import pytest

from bot.evaluating.own_index import mirror
from core.errors import ConfigurationError
from core.evaluation.questions import SquadDocument


def files(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in folder.rglob("*.txt")}


def test_a_folder_is_made_to_hold_exactly_the_documents(tmp_path: Path) -> None:
    mirror(tmp_path, [SquadDocument("Leave/0001.txt", "30 days.\r\n"), SquadDocument("Pay/0002.txt", "On the 25th.")])
    mirror(tmp_path, [SquadDocument("Leave/0001.txt", "30 days.\r\n"), SquadDocument("Pay/0003.txt", "On the 26th.")])
    assert files(tmp_path) == {"Leave/0001.txt": "30 days.\r\n", "Pay/0003.txt": "On the 26th."}


def test_what_is_the_same_is_not_written_again(tmp_path: Path) -> None:
    document = SquadDocument("Leave/0001.txt", "30 days.\r\nMore.")
    mirror(tmp_path, [document])
    before = (tmp_path / document.name).stat()
    mirror(tmp_path, [document])
    after = (tmp_path / document.name).stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)


def test_a_folder_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "Leave").write_text("a file where a folder should be")
    with pytest.raises(ConfigurationError, match=r"The set's documents can't be written to .*DOCENT_HOME"):
        mirror(tmp_path, [SquadDocument("Leave/0001.txt", "30 days.")])
