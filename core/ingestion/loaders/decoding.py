"""Text from bytes: UTF-8 and UTF-16 with a byte order mark are read, everything else is refused by name."""

from __future__ import annotations

import codecs
import re
import shlex

import charset_normalizer

from core.errors import IngestionError

LINE_LIMIT = 200_000
_UTF_32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_CONTROL_SHARE = 0.05
_GUESS_BYTES = 64 * 1024
# A text counts as damaged UTF-8 rather than another encoding when this share of its non-ASCII characters is fine.
_SOUND_SHARE = 0.8
# Many encodings give the same text; the one that people have is the one to name.
_USUAL = ("cp1252", "mac_roman", "iso8859_2", "cp1251")
_ICONV_NAMES = {"mac-roman": "MACINTOSH"}


def decode(data: bytes, relative: str) -> str:
    """Give the text with "\\n" line ends and without a byte order mark; `relative` names the file in the remedy.

    Raises IngestionError for binary content, for other encodings (naming the likely one and the command that
    converts it) and for more than LINE_LIMIT lines.
    """
    text = _decode(data, relative).replace("\r\n", "\n").replace("\r", "\n")
    lines = text.count("\n") + 1
    if lines > LINE_LIMIT:
        raise IngestionError(f"The file has {lines:,} lines, over the limit of {LINE_LIMIT:,}; split it.")
    return text


def _decode(data: bytes, relative: str) -> str:
    if data.startswith(_UTF_32):
        raise _wrong_encoding("UTF-32", "starts with its byte order mark", relative)
    if data.startswith(_UTF_16):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise IngestionError(f"The UTF-16 text is damaged at byte {error.start:,}; save it as UTF-8.") from error
    if b"\x00" in data or len(_CONTROL.findall(data)) > _CONTROL_SHARE * len(data):
        raise IngestionError("The file holds binary data, not text; export it as text or remove it.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _explain(data, error, relative) from error


def _explain(data: bytes, error: UnicodeDecodeError, relative: str) -> IngestionError:
    line = data.count(b"\n", 0, error.start) + 1
    lenient = data.decode("utf-8", errors="replace")
    damaged = lenient.count("\ufffd")
    sound = sum(not character.isascii() for character in lenient) - damaged
    if sound >= _SOUND_SHARE * (sound + damaged):
        return IngestionError(
            f"The UTF-8 text is damaged in line {line:,} (byte 0x{data[error.start]:02X}); retype that character."
        )
    start = max(0, error.start - _GUESS_BYTES // 2)
    guess = charset_normalizer.from_bytes(data[start : start + _GUESS_BYTES]).best()
    if guess is None:
        return IngestionError(f"The text is not UTF-8 (line {line:,}) and its encoding is unknown; save it as UTF-8.")
    same = guess.could_be_from_charset
    encoding = next((usual for usual in _USUAL if usual in same), guess.encoding)
    return _wrong_encoding(codecs.lookup(encoding).name, f"see line {line:,}", relative)


def _wrong_encoding(encoding: str, why: str, relative: str) -> IngestionError:
    name = _ICONV_NAMES.get(encoding) or encoding.replace("_", "-").upper()
    return IngestionError(
        f"The text is not UTF-8 but most likely {name} ({why}); "
        f"convert it: iconv -f {name} -t utf-8 {shlex.quote(relative)} > NEW_FILE"
    )
