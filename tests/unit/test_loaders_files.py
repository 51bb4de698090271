"""What every format shares: unreadable files, files that are not what they seem, encodings, titles."""

from __future__ import annotations

import os
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from core.errors import IngestionError
from core.ingestion.loaders import SUPPORTED, load
from core.ingestion.loaders.decoding import LINE_LIMIT
from core.ingestion.loaders.files import FILE_LIMIT, MEGABYTE
from core.ingestion.loaders.titles import title_from_path


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(IngestionError) as error:
        load(path, path.name)
    assert "\n" not in str(error.value)
    return str(error.value)


def zipped(*members: str) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for member in members:
            archive.writestr(member, "content")
    return out.getvalue()


def test_the_supported_suffixes_are_lower_case_with_their_dot() -> None:
    assert {
        ".md", ".markdown", ".mdx", ".txt", ".text", ".rst", ".html", ".htm", ".pdf", ".docx", ".csv", ".tsv",
    } == SUPPORTED  # fmt: skip


def test_the_suffix_counts_whatever_its_case(tmp_path: Path) -> None:
    assert load(write(tmp_path, "README.MD", b"# Hello"), "README.MD").title == "Hello"


def test_an_unknown_suffix_is_refused_with_the_supported_ones(tmp_path: Path) -> None:
    assert refusal(write(tmp_path, "sheet.xlsx", b"x")).startswith("Files ending in .xlsx can't be read; supported are")
    assert "Files ending in nothing" in refusal(write(tmp_path, "Makefile", b"x"))


@pytest.mark.parametrize("data", [b"", b"  \n\t\n"])
@pytest.mark.parametrize("suffix", sorted(SUPPORTED))
def test_an_empty_file_is_refused_in_every_format(data: bytes, suffix: str, tmp_path: Path) -> None:
    assert refusal(write(tmp_path, f"empty{suffix}", data)) == "The file is empty; write something or remove it."


@pytest.mark.parametrize(
    "data", [b"---\ntitle: Only this\n---\n", b"![](picture.png)\n", b"<!-- later -->\n", b"***\n", b"- ![](a.png)\n"]
)
def test_a_file_without_words_is_refused(data: bytes, tmp_path: Path) -> None:
    assert "holds no text" in refusal(write(tmp_path, "page.md", data))


def test_a_missing_file_and_a_dangling_link_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link.md").symlink_to(tmp_path / "nowhere.md")
    assert "gone" in refusal(tmp_path / "link.md")
    assert "gone" in refusal(tmp_path / "missing.md")


def test_a_folder_or_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    (tmp_path / "folder.md").mkdir()
    os.mkfifo(tmp_path / "pipe.md")
    assert "Not a regular file" in refusal(tmp_path / "folder.md")
    assert "Not a regular file" in refusal(tmp_path / "pipe.md")


def test_a_pipe_that_took_the_place_of_a_file_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "page.md", b"text")
    regular = path.stat()
    path.unlink()
    os.mkfifo(path)
    monkeypatch.setattr(Path, "stat", lambda _path: regular)
    assert "Not a regular file" in refusal(path)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(13, "Permission denied"), "No permission"),
        (OSError(5, "Input/output error"), "Input/output error"),
        (OSError(40, "Too many levels of symbolic links"), "leads back to itself"),
    ],
)
def test_what_the_system_refuses_is_explained(
    error: OSError, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing_open(*_: object, **__: object) -> None:
        raise error

    path = write(tmp_path, "page.md", b"text")
    monkeypatch.setattr(os, "open", failing_open)
    assert reason in refusal(path)


@pytest.mark.parametrize("name", ["large.md", "large.pdf", "large.docx"])
def test_a_file_over_the_limit_is_refused_with_its_size(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(FILE_LIMIT + 10 * MEGABYTE)
    assert refusal(path) == "The file has 60.0 MB, over the limit of 50 MB; split it or set MAX_FILE_MB."


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.md", b"%PDF-1.7\n...", "ends in .md but is a PDF by its content; rename it to end in .pdf"),
        ("a.txt", zipped("word/document.xml"), "is a Word document by its content; rename it to end in .docx"),
        ("a.html", zipped("a.txt"), "ends in .html but is a zip archive by its content; export it"),
        ("a.csv", zipped("xl/workbook.xml"), "is an Excel workbook by its content; export it"),
        ("a.docx", zipped("xl/workbook.xml"), "ends in .docx but is an Excel workbook"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "is an old Office file or one with a password"),
        ("a.docx", b"Just text", "ends in .docx but is no Word document"),
        ("a.pdf", b"<!doctype html><title>Sign in</title>", "ends in .pdf but is no PDF"),
        ("a.pdf", b"\x89PNG\r\n\x1a\n", "ends in .pdf but is a PNG image"),
        ("a.txt", b"{\\rtf1 Hello}", "is an RTF file"),
        ("a.txt", b"\xef\xbb\xbf \n<!DOCTYPE HTML><p>Hi", "is a web page by its content; rename it to end in .html"),
        ("a.csv", b"<html lang='en'>", "is a web page by its content; rename it to end in .html"),
    ],
)
def test_a_file_of_another_format_than_its_suffix_is_named(
    name: str, data: bytes, expected: str, tmp_path: Path
) -> None:
    assert expected in refusal(write(tmp_path, name, data))


@pytest.mark.parametrize("data", [b"a\x00b" * 9, bytes(range(1, 32)) * 9, "no mark".encode("utf-16-le")])
def test_binary_data_behind_a_text_suffix_is_refused(data: bytes, tmp_path: Path) -> None:
    assert "binary data, not text" in refusal(write(tmp_path, "page.md", data))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_utf_8_and_utf_16_are_read(encoding: str, tmp_path: Path) -> None:
    document = load(write(tmp_path, "a.md", "# Größe\n\nZwölf Öfen — 12 €".encode(encoding)), "a.md")
    assert (document.title, document.blocks[1].text) == ("Größe", "Zwölf Öfen — 12 €")


@pytest.mark.parametrize(
    ("text", "encoding", "name"),
    [
        ("Müller fährt für die Größe übers Café. Die Bücher sind schön und grün.", "cp1252", "CP1252"),
        ("It’s “fine” – we don’t mind, and neither does anybody else here.", "cp1252", "CP1252"),
        ("Привет, это руководство для сотрудников компании. Отпуск длится двадцать восемь дней.", "cp1251", "CP1251"),
        ("Grüße aus München, wo die Größe zählt und die Öfen glühen.", "mac_roman", "MACINTOSH"),
        ("これは会社のハンドブックです。休暇は二十八日です。", "shift_jis", "CP932"),
        ("Any text at all.", "utf-32", "UTF-32"),
    ],
)
def test_other_encodings_are_refused_with_the_command_that_converts_them(
    text: str, encoding: str, name: str, tmp_path: Path
) -> None:
    reason = refusal(write(tmp_path, "my notes.md", (text * 3).encode(encoding)))
    assert f"is not UTF-8 but most likely {name}" in reason
    assert f"iconv -f {name} -t utf-8 'my notes.md' > NEW_FILE" in reason


def test_a_single_bad_byte_in_utf_8_is_located(tmp_path: Path) -> None:
    data = "Größe\nZwölf Öfen glühen für Jürgen\n".encode() + b"caf\xe9\n"
    assert "damaged in line 3 (byte 0xE9)" in refusal(write(tmp_path, "page.md", data))


def test_damaged_utf_16_is_refused(tmp_path: Path) -> None:
    assert "UTF-16 text is damaged" in refusal(write(tmp_path, "page.md", b"\xff\xfea\x00\x00\xd8b\x00"))


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_numbers_are_the_same_for_all_line_ends(line_end: str, tmp_path: Path) -> None:
    data = line_end.join(["# Title", "", "First line", "second line"]).encode()
    document = load(write(tmp_path, "page.md", data), "page.md")
    assert [(block.text, block.lines) for block in document.blocks] == [
        ("Title", (1, 1)),
        ("First line\nsecond line", (3, 4)),
    ]


def test_too_many_lines_are_refused(tmp_path: Path) -> None:
    assert "over the limit of 200,000" in refusal(write(tmp_path, "page.md", b"- a\n" * LINE_LIMIT))


def test_characters_that_the_database_cannot_store_are_taken_out(tmp_path: Path) -> None:
    document = load(write(tmp_path, "page.txt", b"A bell \x07 and\x0b more words to keep it text"), "page.txt")
    assert document.blocks[0].text == "A bell  and more words to keep it text"


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("it/on-call_rota.md", "On call rota"),
        ("people/README.md", "People"),
        ("people/time-off/_index.md", "Time off"),
        ("index.md", "Index"),
        ("IT-FAQ.csv", "IT FAQ"),
        ("---.md", "---"),
    ],
)
def test_a_path_makes_a_readable_title(path: str, title: str) -> None:
    assert title_from_path(path) == title
