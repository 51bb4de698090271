"""What goes wrong says so in one helpful line and exit status 2, and nothing is lost."""

from pathlib import Path

import pytest

from tests.acceptance.conftest import SAMPLE, Docent

pytestmark = pytest.mark.models

QUESTION = "How many vacation days do employees get?"


def refused(docent: Docent, *arguments: str, **variables: str) -> str:
    """Run what must be refused and give its one line."""
    done = docent.run(*arguments, **variables)
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert "Traceback" not in line
    return line


def test_a_wrong_database_url(sample: Docent) -> None:
    line = refused(sample, "ask", QUESTION, DATABASE_URL="postgresql://docent:secret@127.0.0.1:1/docent")
    assert "Can't reach" in line
    assert "DATABASE_URL" in line
    assert "secret" not in line


def test_a_model_file_that_is_not_there(sample: Docent) -> None:
    line = refused(sample, "ask", QUESTION, CHAT_MODEL="/nowhere/model.gguf")
    assert "/nowhere/model.gguf" in line
    assert "CHAT_MODEL" in line


def test_a_file_that_is_no_model(sample: Docent, tmp_path: Path) -> None:
    page = tmp_path / "page.gguf"
    page.write_text("<!doctype html><html>Not found</html>")
    line = refused(sample, "ask", QUESTION, CHAT_MODEL=str(page))
    assert "no GGUF" in line


def test_a_folder_that_is_not_there(sample: Docent) -> None:
    assert "/nowhere" in refused(sample, "ingest", "/nowhere")
    assert sample.json("status")["collections"][0]["documents"] > 0, "what was in is still there"


@pytest.mark.parametrize(("question", "fault"), [("x" * 50_000, "50,000 characters"), ("  ", "empty")])
def test_a_question_that_cannot_be_asked(sample: Docent, question: str, fault: str) -> None:
    assert fault in refused(sample, "ask", question)


def test_asking_before_anything_is_ingested(fresh: Docent) -> None:
    assert "docent ingest DIR" in refused(fresh, "ask", QUESTION)


def test_another_embedder_than_the_indexs(sample: Docent) -> None:
    assert "EMBEDDER" in refused(sample, "ask", QUESTION, EMBEDDER="/nowhere/embedder")


def test_a_wrong_setting_is_named(sample: Docent) -> None:
    assert "MAX_TOKENS" in refused(sample, "ask", QUESTION, MAX_TOKENS="many")


def test_a_batch_with_a_broken_line_is_refused_before_it_starts(sample: Docent, tmp_path: Path) -> None:
    batch = tmp_path / "batch.jsonl"
    batch.write_text('{"question": "fine?"}\nnot json\n')
    assert "Line 2" in refused(sample, "ask", "--batch", str(batch))


def test_wrong_words_show_the_usage(sample: Docent) -> None:
    done = sample.run("ingst", str(SAMPLE))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_files_that_cannot_be_read_are_named_with_exit_status_1(fresh: Docent, tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text("# Leave\n\nEmployees get 30 days.")
    (tmp_path / "empty.md").write_text("")
    done = fresh.run("ingest", str(tmp_path))
    assert done.returncode == 1
    assert "1 added" in done.stdout
    assert "empty.md" in done.stdout


def test_commands_that_write_no_answer_need_no_chat_model(sample: Docent) -> None:
    assert sample.json("status", CHAT_MODEL="/nowhere/model.gguf")["collections"]
    assert sample.json("search", QUESTION, CHAT_MODEL="/nowhere/model.gguf")["passages"]
