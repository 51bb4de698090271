"""Runs get names that people can read and are never written over by accident."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.evaluating.places import evaluations_folder, free_place, load_run, run_name, save_run
from core.errors import ConfigurationError
from core.settings import CoreSettings
from tests.unit.evaluation_builders import result, run_of

STARTED = datetime(2026, 11, 21, 9, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("chat_model", "named"),
    [
        ("bundled", "bundled"),
        ("/models/Llama-3.2-3B.Q4_K_M.gguf", "Llama-3.2-3B.Q4_K_M"),
        ("hf:owner/name/file.gguf", "file"),
        ("openai:http://localhost:11434#llama3.1:8b", "llama3.1-8b"),
    ],
)
def test_a_name_tells_when_over_what_and_with_which_model(chat_model: str, named: str) -> None:
    settings = CoreSettings(chat_model=chat_model)
    assert run_name(STARTED, ["dev", "squad"], settings) == f"2026-11-21-0905-dev+squad-{named}"


def test_a_challengers_name_tells_what_was_changed() -> None:
    name = run_name(STARTED, ["a", "b", "c", "d"], CoreSettings(), "RERANKER=none EMBEDDER=../my model")
    assert name == "2026-11-21-0905-a+b+c+...-RERANKER=none-EMBEDDER=..-my-model"


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    assert free_place(tmp_path, "run") == tmp_path / "run.json"
    (tmp_path / "run.json").touch()
    (tmp_path / "run-2.json").touch()
    assert free_place(tmp_path, "run") == tmp_path / "run-3.json"


def test_a_run_is_saved_below_docent_home_and_read_again(tmp_path: Path) -> None:
    place = evaluations_folder(CoreSettings(docent_home=tmp_path)) / "run.json"
    save_run(run_of([result()]), place)
    assert place == tmp_path / "evaluations" / "run.json"
    assert load_run(place) == run_of([result()])


def test_what_can_not_be_written_or_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"The evaluation can't be written to '.*run\.json': "):
        save_run(run_of([result()]), tmp_path / "file" / "run.json")
    with pytest.raises(ConfigurationError, match=r"The evaluation '.*none\.json' can't be read"):
        load_run(tmp_path / "none.json")
