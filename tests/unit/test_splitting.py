import re

import pytest

from bot.splitting import split_markdown

PROSE = "\n\n".join(f"Paragraph {number} has some words in it." for number in range(40))


def test_a_short_text_stays_whole_and_an_empty_one_gives_nothing() -> None:
    assert split_markdown("Fine.", 100) == ["Fine."]
    assert split_markdown(" \n", 100) == []


@pytest.mark.parametrize("limit", [60, 100, 500, 2000])
def test_parts_fit_and_hold_every_word(limit: int) -> None:
    parts = split_markdown(PROSE, limit)
    assert all(len(part) <= limit for part in parts)
    assert " ".join(parts).split() == PROSE.split()


def test_cuts_fall_between_paragraphs() -> None:
    assert all(part.startswith("Paragraph") and part.endswith(".") for part in split_markdown(PROSE, 100))


def test_a_cut_fence_is_closed_and_opened_again_with_its_language() -> None:
    code = "\n".join(f"print({number})" for number in range(60))
    parts = split_markdown(f"Run this:\n\n```python\n{code}\n```\n\nDone.", 200)
    assert len(parts) > 2
    assert all(len(part) <= 200 for part in parts)
    assert all(len(re.findall(r"^```", part, re.MULTILINE)) % 2 == 0 for part in parts)
    assert all("```python" in part for part in parts[:-1])
    assert "".join(parts).count("print(") == 60


def test_an_endless_word_is_cut_too() -> None:
    parts = split_markdown("x" * 500, 100)
    assert "".join(part.replace("\n", "") for part in parts) == "x" * 500
    assert all(len(part) <= 100 for part in parts)


def test_another_measure_counts_another_way() -> None:
    parts = split_markdown("🏖️ " * 100, 60, lambda text: len(text.encode("utf-16-le")) // 2)
    assert all(len(part.encode("utf-16-le")) // 2 <= 60 for part in parts)
