"""The list of failures names guards and tests that exist (whether a test fails without its guard was tried by hand)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIST = (ROOT / "tests" / "platforms" / "README.md").read_text(encoding="utf-8")
ROWS = [line for line in LIST.splitlines() if line.startswith("| ") and "::" in line]
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::([\w.]+)`", LIST)))


def names_in(body: list[ast.stmt], prefix: str = "") -> Iterator[str]:
    """Yield the names that a module defines; those inside of a class with its name before them."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + statement.name
        elif isinstance(statement, ast.ClassDef):
            yield prefix + statement.name
            yield from names_in(statement.body, f"{prefix}{statement.name}.")
        elif isinstance(statement, ast.Assign):
            yield from (prefix + target.id for target in statement.targets if isinstance(target, ast.Name))


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_what_the_list_names_is_there(file: str, name: str) -> None:
    assert name in names_in(ast.parse((ROOT / file).read_text(encoding="utf-8")).body)


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_each_row_names_a_guard_and_a_test(row: str) -> None:
    _, _, where, guard, tests, _ = row.split("|")
    assert where.strip() in ("both", "Slack", "Discord")
    assert re.search(r"`(bot|core)/[\w/]+\.py::", guard)
    assert re.search(r"`tests/[\w/]+\.py::test_", tests)
