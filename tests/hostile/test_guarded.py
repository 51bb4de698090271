"""The limits of reading one file, with the process that reads and real files."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from structlog.testing import capture_logs

from core.errors import IngestionError
from core.ingestion.cutting import cut_file
from core.ingestion.loaders import guarded
from core.ingestion.loaders.files import MEGABYTE
from core.ingestion.loaders.guarded import Loader
from core.ingestion.plan import Work
from tests.fakes.embedder import FakeEmbedder
from tests.hostile.documents import inflating_stream, one_page, pdf_of_streams, slow_pdf, stream, word_document

SHOWN = stream(b"BT /F 12 Tf 50 700 Td (These words are found.) Tj ET")


@pytest.fixture
def loader() -> Loader:
    return Loader()


def put(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


def refusal(loader: Loader, path: Path) -> str:
    with pytest.raises(IngestionError) as error:
        loader.load(path, path.name)
    assert "\n" not in str(error.value)
    return str(error.value)


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children() if "loaders.child" in " ".join(child.cmdline())}


def test_a_document_that_is_read_apart_is_the_same(loader: Loader, tmp_path: Path) -> None:
    text = "# Title\n\nA paragraph with Größe, 🦔 and \u2028.\n\n- one\n  - two\n\n" + "More of it.\n\n" * 20_000
    path = put(tmp_path, "large.md", text.encode())
    assert loader.load(path, "large.md") == guarded.load(path, "large.md")
    assert children()
    loader.close()
    assert not children()


def test_small_text_is_read_without_a_process(loader: Loader, tmp_path: Path) -> None:
    assert loader.load(put(tmp_path, "small.md", b"# Small"), "small.md").title == "Small"
    assert not children()


def test_one_process_reads_file_after_file(loader: Loader, tmp_path: Path) -> None:
    seen: set[int] = set()
    for name in ("a.docx", "b.docx", "damaged.docx", "c.docx"):
        path = put(tmp_path, name, b"PK\x03\x04 damaged" if name == "damaged.docx" else word_document())
        if name == "damaged.docx":
            assert "damaged" in refusal(loader, path)
        else:
            loader.load(path, name)
        seen |= children()
    assert len(seen) == 1
    loader.close()


def test_threads_that_read_at_once_have_a_process_each(loader: Loader, tmp_path: Path) -> None:
    path = put(tmp_path, "paper.docx", word_document())
    with ThreadPoolExecutor(3) as pool:
        titles = list(pool.map(lambda _: loader.load(path, "paper.docx").title, range(12)))
    assert titles == ["Paper"] * 12
    assert 1 <= len(children()) <= 3
    loader.close()


def test_a_file_that_takes_too_long_is_given_up_and_the_next_is_read(tmp_path: Path) -> None:
    loader = Loader(seconds=0.4)
    reason = refusal(loader, put(tmp_path, "slow.pdf", slow_pdf()))
    assert (
        reason == "Reading the file takes more than 0.4 s; split it, save it in a simpler form, or raise FILE_SECONDS."
    )
    assert not children()
    loader.seconds = 60.0
    fine = loader.load(put(tmp_path, "fine.pdf", one_page(SHOWN)), "fine.pdf")
    assert fine.blocks[0].text == "These words are found."
    loader.close()


@pytest.mark.skipif(not hasattr(psutil.Process, "rlimit"), reason="this system has no limit of memory")
def test_a_file_that_takes_too_much_memory_is_given_up_and_the_next_is_read(tmp_path: Path) -> None:
    loader = Loader(memory_bytes=256 * MEGABYTE)
    reason = refusal(loader, put(tmp_path, "rows.md", b"|a|b|\n|-|-|\n" + b"|x|y|\n" * 190_000))
    assert reason == "Reading the file takes more than 256 MB of memory; split it."
    loader.load(put(tmp_path, "fine.pdf", one_page(SHOWN)), "fine.pdf")
    loader.close()


def test_a_process_that_has_grown_is_not_used_again(tmp_path: Path) -> None:
    loader = Loader(memory_bytes=140 * MEGABYTE)  # of which the libraries alone are the share that counts as grown
    loader.load(put(tmp_path, "paper.docx", word_document()), "paper.docx")
    assert not children()


def test_a_process_that_dies_costs_its_file_alone(
    loader: Loader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path, "paper.docx", word_document())
    loader.load(path, "paper.docx")
    (pid,) = children()
    psutil.Process(pid).suspend()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(loader.load, path, "paper.docx")
        while psutil.Process(pid).status() != psutil.STATUS_STOPPED:
            time.sleep(0.01)
        psutil.Process(pid).kill()
        with pytest.raises(IngestionError, match="SIGKILL"):
            reading.result()
    assert loader.load(path, "paper.docx").title == "Paper"
    loader.close()


def test_what_a_loader_logs_is_logged_here(loader: Loader, tmp_path: Path) -> None:
    other = stream(b"BT /F 12 Tf 90 400 Td (Others stand here.) Tj ET")
    with capture_logs() as logs:
        loader.load(put(tmp_path, "pages.pdf", pdf_of_streams(SHOWN, inflating_stream(40), other)), "pages.pdf")
    (entry,) = logs
    assert (entry["event"], entry["log_level"], entry["pages"]) == ("pdf_pages_left_out", "warning", [2])
    loader.close()


def test_a_file_over_the_limit_is_not_even_opened(tmp_path: Path) -> None:
    path = put(tmp_path, "large.txt", b"x" * (MEGABYTE + 1))
    reason = refusal(Loader(max_bytes=MEGABYTE), path)
    assert reason == "The file has 1.0 MB, over the limit of 1 MB; split it or set MAX_FILE_MB."


def test_text_that_unpacks_to_more_than_the_limit_is_refused(tmp_path: Path) -> None:
    paragraph = b"".join(b"Sentence number %d of them all. " % number for number in range(50_000))
    body = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>'
    document = word_document(**{"word/document.xml": body + paragraph + b"</w:t></w:r></w:p></w:body></w:document>"})
    loader = Loader(max_bytes=MEGABYTE)
    reason = refusal(loader, put(tmp_path, "long.docx", document))
    assert reason == "The file holds 1.7 MB of text, over the limit of 1 MB; split it or set MAX_FILE_MB."
    loader.close()


def test_cutting_has_its_limit_of_time_too(tmp_path: Path) -> None:
    put(tmp_path, "page.md", b"# Page\n\nSome words.")
    embedder = FakeEmbedder()
    with pytest.raises(IngestionError, match="Cutting the file takes more than 0 s"):
        cut_file(tmp_path, Work("added", "page.md", 9), guarded.load, embedder.count_tokens, embedder.max_tokens, 0)
