"""Who owns a document: in its front matter, and in a list like GitHub's CODEOWNERS."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import IngestionError
from core.ingestion.loaders import load
from core.ingestion.owners import read_owner_rules


def owners_in(tmp_path: Path, front: str, fence: str = "---") -> tuple[str, ...]:
    file = tmp_path / "page.md"
    file.write_text(f"{fence}\n{front}\n{fence}\n# Page\n\nWords.\n", encoding="utf-8")
    return load(file, "page.md").owners


@pytest.mark.parametrize(
    ("front", "owners"),
    [
        ("owner: Ada Lovelace", ("Ada Lovelace",)),
        ("owner: ada@example.org # asks back", ("ada@example.org",)),
        ("owners: slack:U123, discord:456", ("slack:U123", "discord:456")),
        ('owners: ["Lovelace, Ada", slack:U123]', ("Lovelace, Ada", "slack:U123")),
        ("title: x\nowners:\n  - slack:U123\n  - 'Ada'\nteam: people", ("slack:U123", "Ada")),
        ("owners:\n- '@ada'\n- ada", ("ada",)),
        ("owners: [\n  slack:U123,\n  Ada,\n]\ntags: [a]", ("slack:U123", "Ada")),
        ("owner:", ()),
        ("downer: nobody", ()),
        ("title: no owners here", ()),
    ],
)
def test_front_matter_names_the_owners(tmp_path: Path, front: str, owners: tuple[str, ...]) -> None:
    assert owners_in(tmp_path, front) == owners


def test_toml_front_matter_names_them_too(tmp_path: Path) -> None:
    assert owners_in(tmp_path, 'owners = ["slack:U123", "Ada"]', "+++") == ("slack:U123", "Ada")


def test_a_name_that_is_no_line_of_text_is_left_out(tmp_path: Path) -> None:
    assert owners_in(tmp_path, "owners: [\x1b0;x, Ada, " + "x" * 300 + "]") == ("Ada",)


def listed(tmp_path: Path, text: str, path: str, name: str = "CODEOWNERS") -> tuple[str, ...]:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read_owner_rules(tmp_path).of(path)


LIST = """# who asks whom
*            @ada
/people/     slack:U123 ada@example.org   # two of them
people/*.csv
my\\ page.md  Grace\\ Hopper
"""


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("index.md", ("ada",)),
        ("people/leave.md", ("slack:U123", "ada@example.org")),
        ("people/list.csv", ()),
        ("deep/people/leave.md", ("ada",)),
        ("my page.md", ("Grace Hopper",)),
    ],
)
def test_in_a_list_of_owners_the_last_pattern_that_matches_counts(
    tmp_path: Path, path: str, owners: tuple[str, ...]
) -> None:
    assert listed(tmp_path, LIST, path) == owners


def test_a_folder_without_a_list_names_nobody(tmp_path: Path) -> None:
    assert read_owner_rules(tmp_path).of("index.md") == ()


def test_docents_own_list_comes_before_the_one_for_code(tmp_path: Path) -> None:
    (tmp_path / "CODEOWNERS").write_text("* @developers")
    assert listed(tmp_path, "* slack:U123", "index.md", ".docent-owners") == ("slack:U123",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("* ada\n!index.md bob", "begins with ! in line 2"),
        ("a*b*c*d*e ada", "more wildcards in line 1"),
        ("\xff", "not UTF-8"),
    ],
)
def test_a_list_that_cannot_be_read_says_why(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "CODEOWNERS").write_bytes(text.encode("latin-1"))
    with pytest.raises(IngestionError, match=reason):
        read_owner_rules(tmp_path)
