"""A finished set-up isn't run again until something that it depends on changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.setup.command_line import setup_facts
from bot.setup.stamp import changes, read_stamp, write_stamp


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "constraints.txt").write_text("torch==2.13.0\n")
    return tmp_path


def test_a_written_stamp_says_that_nothing_is_to_be_done(project: Path):
    facts = setup_facts(project, ("-DGGML_AVX2=ON",), "dev")
    write_stamp(project / "stamp.json", facts)
    assert changes(read_stamp(project / "stamp.json"), facts) == []


def test_no_stamp_means_that_everything_is_to_be_done(project: Path):
    facts = setup_facts(project, (), "dev")
    assert changes(read_stamp(project / ".venv" / "stamp.json"), facts) == sorted(facts)


@pytest.mark.parametrize("content", ["", "{", "[]", '"set up"'])
def test_a_damaged_stamp_counts_as_none(project: Path, content: str):
    (project / "stamp.json").write_text(content)
    assert read_stamp(project / "stamp.json") == {}


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_changed_file_is_noticed(project: Path, name: str):
    before = setup_facts(project, (), "dev")
    (project / name).write_text("changed\n")
    assert changes(before, setup_facts(project, (), "dev")) == [name]


def test_another_cpu_or_other_extras_are_noticed(project: Path):
    before = setup_facts(project, ("-DGGML_AVX2=ON",), "dev")
    assert changes(before, setup_facts(project, ("-DGGML_AVX2=OFF",), "dev")) == ["flags"]
    assert changes(before, setup_facts(project, ("-DGGML_AVX2=ON",), "")) == ["extras"]


def test_a_copied_folder_is_noticed(project: Path, tmp_path_factory: pytest.TempPathFactory):
    copy = tmp_path_factory.mktemp("copy")
    for name in ("pyproject.toml", "constraints.txt"):
        (copy / name).write_bytes((project / name).read_bytes())
    assert changes(setup_facts(project, (), "dev"), setup_facts(copy, (), "dev")) == ["root"]
