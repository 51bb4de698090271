from pathlib import Path
from typing import Any

import pytest

from core.errors import ConfigurationError
from core.inference.gguf_header import memory_estimate, read_header, weights_estimate
from core.inference.model_files import BUNDLED_CHAT_MODEL
from tests.fakes.gguf import write_gguf

# The figures of Llama 3.1 8B.
LLAMA: dict[str, Any] = {
    "general.architecture": "llama",
    "general.type": "model",
    "general.name": "Llama 3.1 8B Instruct",
    "general.file_type": 15,
    "tokenizer.ggml.tokens": ["<s>", "</s>", "a", "ü"],
    "tokenizer.ggml.scores": [0.0] * 5000,
    "llama.context_length": 131072,
    "llama.block_count": 32,
    "llama.embedding_length": 4096,
    "llama.attention.head_count": 32,
    "llama.attention.head_count_kv": 8,
    "llama.rope.freq_base": 500000.0,
    "tokenizer.ggml.add_bos_token": True,
    "tokenizer.chat_template": "{{ messages }}",
}


def test_a_header_says_what_the_model_is(tmp_path: Path) -> None:
    header = read_header(write_gguf(tmp_path / "model.gguf", LLAMA))
    assert (header.version, header.tensor_count, header.vocabulary) == (3, 0, 4)
    assert (header.architecture, header.kind, header.name) == ("llama", "model", "Llama 3.1 8B Instruct")
    assert (header.context_length, header.block_count, header.embedding_length) == (131072, 32, 4096)
    assert (header.head_count, header.head_count_kv) == (32, (8,) * 32)
    assert (header.key_length, header.value_length) == (128, 128)
    assert header.file_type == "Q4_K_M"
    assert header.chat_template == "{{ messages }}"
    assert header.metadata["tokenizer.ggml.add_bos_token"] is True
    assert "tokenizer.ggml.scores" not in header.metadata


def test_heads_may_differ_from_layer_to_layer(tmp_path: Path) -> None:
    metadata = LLAMA | {"llama.attention.head_count": [8, 16], "llama.attention.head_count_kv": [2, 4]}
    header = read_header(write_gguf(tmp_path / "model.gguf", metadata))
    assert (header.head_count, header.head_count_kv) == (16, (2, 4))


def test_what_a_header_does_not_say_is_empty(tmp_path: Path) -> None:
    header = read_header(write_gguf(tmp_path / "model.gguf", {"general.architecture": "llama"}))
    assert (header.kind, header.name, header.file_type, header.chat_template) == ("model", "", "", None)
    assert (header.context_length, header.head_count, header.head_count_kv, header.key_length) == (0, 0, (), 0)


@pytest.mark.models
def test_the_bundled_model_is_read() -> None:
    header = read_header(BUNDLED_CHAT_MODEL.path)
    assert (header.architecture, header.file_type, header.context_length) == ("llama", "Q4_1", 8192)
    assert (header.vocabulary, header.block_count, header.head_count_kv) == (49152, 30, (3,) * 30)
    assert "<|im_start|>" in (header.chat_template or "")


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"", "is empty"),
        (b"\n <!DOCTYPE html><html>", "a web page"),
        (b"<html lang=en>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00", "git lfs pull"),
        (b"PK\x03\x04rest", "zip archive"),
        (b'\x10\x27\0\0\0\0\0\0{"__metadata__":{}}', "safetensors"),
        (b"tjgg\x03\0\0\0", "before August 2023"),
        (b'{"error": "not found"}', "JSON"),
        (b"\x7fELF\x02\x01", "something else"),
    ],
)
def test_another_kind_of_file_is_named(tmp_path: Path, content: bytes, hint: str) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=hint) as caught:
        read_header(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no model file .*gone\.gguf"):
        read_header(tmp_path / "gone.gguf")


def test_another_version_is_refused(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "model.gguf", LLAMA)
    path.write_bytes(b"GGUF\x01\0\0\0" + path.read_bytes()[8:])
    with pytest.raises(ConfigurationError, match="version 1"):
        read_header(path)


def test_a_header_that_is_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    whole = write_gguf(tmp_path / "whole.gguf", {key: value for key, value in LLAMA.items() if "scores" not in key})
    content = whole.read_bytes()
    path = tmp_path / "model.gguf"
    end = content.index(b"{{ messages }}")
    for length in range(5, end, 7):
        path.write_bytes(content[:length])
        with pytest.raises(ConfigurationError, match="cut off"):
            read_header(path)


def test_a_header_with_absurd_lengths_is_refused(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "model.gguf", LLAMA)
    content = path.read_bytes()
    for place in (16, 24, content.index(b"<s>") - 8, content.index(b"<s>") - 16):
        path.write_bytes(content[:place] + b"\xff" * 8 + content[place + 8 :])
        with pytest.raises(ConfigurationError, match="cut off"):
            read_header(path)


def test_memory_grows_with_the_context_by_the_size_of_its_cache(tmp_path: Path) -> None:
    header = read_header(write_gguf(tmp_path / "model.gguf", LLAMA))
    weights = 5 * 10**9
    small, large = (memory_estimate(header, weights, context) for context in (0, 8192))
    assert weights < small < weights * 1.2
    # 32 layers x 8 heads x (128 + 128) x 2 bytes = 128 KiB a token: 1 GiB at 8192; the rest is attention scores.
    assert 1024**3 <= large - small <= 1.1 * 1024**3


def test_weights_follow_from_parameters_and_quantisation() -> None:
    assert weights_estimate(8.03e9, "Q4_K_M") == pytest.approx(4.58 * 1024**3, rel=0.01)  # llama.cpp's own table
    assert weights_estimate(7e9, "f16") == pytest.approx(14e9, rel=0.001)
    with pytest.raises(ConfigurationError, match=r"'Q9'.*Q4_K_M"):
        weights_estimate(7e9, "Q9")
