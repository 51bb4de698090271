"""The chat model and its adapter as one file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFReader
from gguf.quants import dequantize
from numpy.typing import NDArray

from core.errors import ConfigurationError
from core.inference.llama_cpp import LlamaCppChatModel
from core.inference.merging import merged
from core.inference.model_files import BUNDLED_ADAPTER, BUNDLED_CHAT_MODEL
from core.models import ChatMessage, Sampling
from tests.fakes.gguf import write_gguf

pytestmark = pytest.mark.models

QUESTION = [ChatMessage("user", "What is the capital of France?")]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return merged(BUNDLED_CHAT_MODEL.path, BUNDLED_ADAPTER, tmp_path_factory.mktemp("models") / "small-1.gguf")


def weights(path: Path, name: str) -> NDArray[np.float32]:
    [tensor] = [tensor for tensor in GGUFReader(path).tensors if tensor.name == name]
    return dequantize(tensor.data, tensor.tensor_type)


def test_the_additions_are_in_the_weights_and_others_stay(file: Path) -> None:
    factors = {tensor.name: tensor.data.astype(np.float32) for tensor in GGUFReader(BUNDLED_ADAPTER).tensors}
    name = "blk.20.ffn_up.weight"
    added = 2.0 * factors[f"{name}.lora_b"] @ factors[f"{name}.lora_a"]  # alpha 32, rank 16
    differences = {
        layer: weights(file, layer) - weights(BUNDLED_CHAT_MODEL.path, layer) for layer in (name, "blk.3.ffn_up.weight")
    }
    # Rounding to 8 bits is as large as what is added, but goes its own way.
    shares = {layer: float((difference * added).sum() / (added**2).sum()) for layer, difference in differences.items()}
    assert shares[name] == pytest.approx(1, abs=0.05)
    assert shares["blk.3.ffn_up.weight"] == pytest.approx(0, abs=0.05)
    assert all(np.abs(difference).max() < 0.03 for difference in differences.values())


def test_all_of_the_models_own_words_and_templates_come_along(file: Path) -> None:
    before, after = GGUFReader(BUNDLED_CHAT_MODEL.path), GGUFReader(file)
    kept = [name for name in before.fields if not name.startswith("GGUF.") and name != "general.file_type"]
    assert len(kept) > 20
    assert all(after.fields[name].contents() == before.fields[name].contents() for name in kept)
    assert {tensor.tensor_type for tensor in after.tensors} == {GGMLQuantizationType.F32, GGMLQuantizationType.Q8_0}


def test_it_is_written_once_and_older_ones_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "small-0.gguf").write_bytes(b"older")
    (tmp_path / "other-0.gguf").write_bytes(b"of another model")
    target = merged(BUNDLED_CHAT_MODEL.path, BUNDLED_ADAPTER, tmp_path / "small-1.gguf")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other-0.gguf", "small-1.gguf"]
    written = target.stat().st_mtime_ns
    assert merged(BUNDLED_CHAT_MODEL.path, BUNDLED_ADAPTER, target).stat().st_mtime_ns == written


def test_an_adapter_of_another_model_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    other = write_gguf(
        tmp_path / "other.gguf",
        {"general.architecture": "llama", "adapter.lora.alpha": 4.0},
        {
            "blk.99.ffn_up.weight.lora_a": np.ones((2, 576), np.float32),
            "blk.99.ffn_up.weight.lora_b": np.ones((1536, 2), np.float32),
        },
    )
    with pytest.raises(ConfigurationError, match=r"other\.gguf fits another model: this one has no blk\.99"):
        merged(BUNDLED_CHAT_MODEL.path, other, tmp_path / "models" / "small-1.gguf")
    assert list((tmp_path / "models").iterdir()) == []


def test_a_place_that_cannot_be_written_is_one_helpful_line(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(ConfigurationError, match=r"models/small-1\.gguf can't be written .*CHAT_ADAPTER=none"):
        merged(BUNDLED_CHAT_MODEL.path, BUNDLED_ADAPTER, tmp_path / "models" / "small-1.gguf")


async def test_the_chat_model_answers_from_it(file: Path) -> None:
    used = LlamaCppChatModel(
        BUNDLED_CHAT_MODEL.path, context_limit=512, lora_path=BUNDLED_ADAPTER, merged_path=file.parent / "small-2.gguf"
    )
    answer = "".join([piece async for piece in used.stream(QUESTION, Sampling(max_tokens=20))])
    await used.close()
    assert "Paris" in answer
    assert (file.parent / "small-2.gguf").is_file()
    assert used.name == BUNDLED_CHAT_MODEL.path.stem
