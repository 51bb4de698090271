"""Reads the header of a GGUF model file and estimates the memory that a model needs.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import ConfigurationError

Scalar = int | float | bool | str
Value = Scalar | tuple[Scalar, ...]

# struct codes of the value types by their number; 8 is a string and 9 an array.
NUMBERS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
STRING, ARRAY = 8, 9
VERSIONS = (2, 3)
LONGEST_ARRAY = 4096  # numbers of each layer are kept; a score of each token is not

# general.file_type, as in llama.h (enum llama_ftype).
FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4",
}  # fmt: skip

# Bits a weight. The k- and i-quants and F16: measured on Llama 3.1 8B, from llama.cpp's tools/quantize/README.md (they
# mix block types, so another model differs by a few per cent). The others follow from their blocks of 32 weights with
# a 16-bit scale (and a 16-bit minimum for _1).
BITS_PER_WEIGHT = {
    "F32": 32.0, "F16": 16.0005, "BF16": 16.0005, "Q8_0": 8.5008, "Q6_K": 6.5633, "Q5_K_M": 5.7036, "Q5_K_S": 5.5704,
    "Q5_1": 6.0, "Q5_0": 5.5, "Q4_K_M": 4.8944, "Q4_K_S": 4.6672, "Q4_1": 5.0, "Q4_0": 4.5, "IQ4_NL": 4.6818,
    "IQ4_XS": 4.4597, "Q3_K_L": 4.2979, "IQ3_M": 3.7628, "IQ3_S": 3.6606, "Q3_K_S": 3.6429, "IQ3_XS": 3.4977,
    "IQ3_XXS": 3.2548, "Q2_K": 3.1593, "Q2_K_S": 2.9697, "IQ2_M": 2.9294, "IQ2_S": 2.7403, "IQ2_XS": 2.5882,
    "IQ2_XXS": 2.3824, "IQ1_M": 2.1460, "IQ1_S": 2.0042,
}  # fmt: skip

# The beginnings of files that people take for a model, and what they are.
LOOKALIKES = (
    (b"<!doctype html", "a web page, so the download led to a page and not to the file"),
    (b"<html", "a web page, so the download led to a page and not to the file"),
    (b"version https://git-lfs", "a git-lfs pointer; fetch the file itself with `git lfs pull`"),
    (b"pk\x03\x04", "a zip archive (PyTorch weights?)"),
    (b"lmgg", "a GGML file from before August 2023, which llama.cpp no longer reads"),
    (b"fmgg", "a GGML file from before August 2023, which llama.cpp no longer reads"),
    (b"tjgg", "a GGML file from before August 2023, which llama.cpp no longer reads"),
    (b"{", "JSON, so the server may have answered with an error"),
)


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What a GGUF file says about its model; 0, "" or None where it says nothing.

    metadata: scalars, and arrays of numbers as tuples; arrays of strings and of more than LONGEST_ARRAY numbers are
    left out. vocabulary: number of tokens.
    """

    version: int
    tensor_count: int
    vocabulary: int
    metadata: Mapping[str, Value]

    @property
    def architecture(self) -> str:
        """The model family as llama.cpp names it: llama, qwen2, gemma3, ..."""
        return self._text("general.architecture")

    @property
    def kind(self) -> str:
        """What the file holds: model (also when it doesn't say), adapter, mmproj, ..."""
        return self._text("general.type") or "model"

    @property
    def name(self) -> str:
        """The name that the model's makers gave it."""
        return self._text("general.name")

    @property
    def file_type(self) -> str:
        """The quantisation: Q4_K_M, Q8_0, F16, ..."""
        return FILE_TYPES.get(self._whole("general.file_type", absent=-1), "")

    @property
    def context_length(self) -> int:
        """The tokens of context that the model was trained with."""
        return self._whole(f"{self.architecture}.context_length")

    @property
    def block_count(self) -> int:
        """The number of layers."""
        return self._whole(f"{self.architecture}.block_count")

    @property
    def embedding_length(self) -> int:
        """The width of the model."""
        return self._whole(f"{self.architecture}.embedding_length")

    @property
    def head_count(self) -> int:
        """The attention heads of a layer, at most."""
        return max(self._each_layer("attention.head_count"), default=0)

    @property
    def head_count_kv(self) -> tuple[int, ...]:
        """The key-value heads of each layer (fewer than head_count with grouped-query attention)."""
        return self._each_layer("attention.head_count_kv") or self._each_layer("attention.head_count")

    @property
    def key_length(self) -> int:
        """The width of a key head."""
        return self._whole(f"{self.architecture}.attention.key_length") or self._head_width

    @property
    def value_length(self) -> int:
        """The width of a value head."""
        return self._whole(f"{self.architecture}.attention.value_length") or self._head_width

    @property
    def chat_template(self) -> str | None:
        """The Jinja template that renders a conversation, or None."""
        return self._text("tokenizer.chat_template") or None

    @property
    def _head_width(self) -> int:
        return self.embedding_length // self.head_count if self.head_count else 0

    def _text(self, key: str) -> str:
        value = self.metadata.get(key)
        return value if isinstance(value, str) else ""

    def _whole(self, key: str, absent: int = 0) -> int:
        value = self.metadata.get(key)
        return value if isinstance(value, int) else absent

    def _each_layer(self, key: str) -> tuple[int, ...]:
        value = self.metadata.get(f"{self.architecture}.{key}")
        if isinstance(value, tuple):
            return tuple(int(count) for count in value)
        return (value,) * self.block_count if isinstance(value, int) else ()


def read_header(path: Path) -> GgufHeader:
    """Read the header of the GGUF file at path, without its weights.

    Raises ConfigurationError when there is no such file, when it is something else, or when it is cut off.
    """
    if not path.is_file():
        raise ConfigurationError(f"There is no model file {path}; check CHAT_MODEL.")
    size = path.stat().st_size
    if size == 0:
        raise ConfigurationError(f"{path} is empty; download the model again.")
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if data[:4] != b"GGUF":
                raise ConfigurationError(
                    f"{path} is no GGUF model but {_describe(data[:64])}. Point CHAT_MODEL to a .gguf file."
                )
            return _parse(data, path)
    except (struct.error, IndexError, OverflowError):
        raise ConfigurationError(
            f"{path} is cut off within its header ({size} bytes) or damaged; download the model again."
        ) from None
    except OSError as error:
        raise ConfigurationError(f"{path} can't be read: {error.strerror}; check its permissions.") from None


def memory_estimate(header: GgufHeader, file_size: int, context_tokens: int, batch_tokens: int = 64) -> int:
    """Estimate the bytes of memory that a model takes while it answers.

    Weights: the size of the file; llama.cpp maps or copies it whole.
    Key-value cache: context x sum over layers of key-value heads x (key width + value width) x 2 bytes (f16), as
    llama.cpp allocates it: a K and a V tensor a layer (src/llama-kv-cache.cpp, llama_kv_cache constructor).
    Work space, in 4-byte floats for each token of a batch: logits (vocabulary), attention scores (heads x context) and
    the activations of a layer (about 16 x width); then a fixed 48 MiB for the libraries and the token tables.
    """
    heads = sum(header.head_count_kv)
    cache = context_tokens * heads * (header.key_length + header.value_length) * 2
    floats = header.vocabulary + header.head_count * context_tokens + 16 * header.embedding_length
    return file_size + cache + batch_tokens * floats * 4 + 48 * 1024**2


def weights_estimate(parameters: float, quantisation: str) -> int:
    """Estimate the bytes of a model file: parameters x bits a weight / 8 (see BITS_PER_WEIGHT for the source).

    Raises ConfigurationError for a quantisation that isn't in the table.
    """
    bits = BITS_PER_WEIGHT.get(quantisation.upper())
    if bits is None:
        raise ConfigurationError(f"Unknown quantisation {quantisation!r}; known are {', '.join(BITS_PER_WEIGHT)}.")
    return round(parameters * bits / 8)


def _describe(start: bytes) -> str:
    """Say what a file that begins like this looks like."""
    lowered = start.lstrip().lower()
    for beginning, description in LOOKALIKES:
        if lowered.startswith(beginning):
            return description
    if len(start) > 8 and start[8:9] == b"{":  # eight bytes of length, then JSON
        return "a safetensors file; convert it with llama.cpp's convert_hf_to_gguf.py or choose a .gguf"
    return f"something else (it begins with {start[:4]!r})"


def _parse(data: mmap.mmap, path: Path) -> GgufHeader:
    version = _number(data, 4, "<I")
    if version not in VERSIONS:
        raise ConfigurationError(
            f"{path} has GGUF version {version}, but only {VERSIONS[0]} and {VERSIONS[1]} (little-endian) can be read; "
            "get a newer conversion of the model."
        )
    tensor_count, pair_count = _number(data, 8, "<Q"), _number(data, 16, "<Q")
    metadata: dict[str, Value] = {}
    vocabulary, offset = 0, 24
    for _ in range(pair_count):
        key, offset = _string(data, offset)
        kind, offset = _number(data, offset, "<I"), offset + 4
        if kind == STRING:
            metadata[key], offset = _string(data, offset)
        elif kind == ARRAY:
            element, length = _number(data, offset, "<I"), _number(data, offset + 4, "<Q")
            offset += 12
            if element == STRING:
                offset = _skip_strings(data, offset, length)
                vocabulary = length if key == "tokenizer.ggml.tokens" else vocabulary
            else:
                code = f"<{length}{_code(element, path)[1]}"
                if length <= LONGEST_ARRAY:
                    metadata[key] = struct.unpack_from(code, data, offset)
                offset += struct.calcsize(code)
        else:
            code = _code(kind, path)
            metadata[key] = struct.unpack_from(code, data, offset)[0]
            offset += struct.calcsize(code)
    return GgufHeader(version, tensor_count, vocabulary, metadata)


def _code(kind: int, path: Path) -> str:
    if kind not in NUMBERS:
        raise ConfigurationError(f"{path} has a header value of unknown type {kind}; download the model again.")
    return NUMBERS[kind]


def _number(data: mmap.mmap, offset: int, code: str) -> int:
    number: int = struct.unpack_from(code, data, offset)[0]
    return number


def _string(data: mmap.mmap, offset: int) -> tuple[str, int]:
    """Give the string at offset and the offset behind it."""
    start = offset + 8
    end = start + _number(data, offset, "<Q")
    if end > len(data):
        raise IndexError(end)
    return data[start:end].decode("utf-8", errors="replace"), end


def _skip_strings(data: mmap.mmap, offset: int, count: int) -> int:
    """Give the offset behind an array of strings."""
    length = struct.Struct("<Q")
    for _ in range(count):
        offset += 8 + length.unpack_from(data, offset)[0]
    return offset
