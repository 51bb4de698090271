"""Writes a small chat model with its adapter's additions in its own weights, in the format that a CPU reads fastest.

An adapter beside the weights adds two small products to each large one, which takes a small model half its speed; and
8-bit weights (Q8_0) are multiplied about 1.5 times as fast as Q4_1 when a prompt is read. benchmarks/README.md, "The
chat model", has the figures. For a large model the file would be too big, and memory, not products, is its limit.
"""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigurationError

if TYPE_CHECKING:
    from gguf import GGUFReader, GGUFWriter

logger = logging.getLogger(__name__)


def merged(model: Path, adapter: Path, target: Path) -> Path:
    """Give `target`: the model with the adapter's additions; written unless it is there, which takes some seconds.

    The name of `target` ends in "-" and what tells its version; files of other versions beside it are removed.
    Two processes may write it at once. Raises ConfigurationError when it can't be written, or the adapter doesn't fit.
    """
    if target.is_file():
        return target
    from gguf import GGUFReader, GGUFWriter

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".merging-", suffix=".gguf")
        os.close(handle)
        written = Path(name)
        try:
            source = GGUFReader(model)
            writer = GGUFWriter(written, _text(source, "general.architecture"))
            _copy_metadata(source, writer)
            _add_tensors(source, _additions(GGUFReader(adapter), adapter), writer, adapter)
            writer.write_header_to_file()
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
            writer.close()
            written.replace(target)  # whoever finds it finds all of it
        finally:
            written.unlink(missing_ok=True)
        for other in target.parent.glob(f"{target.stem.rpartition('-')[0]}-*{target.suffix}"):
            if other != target:
                other.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"{target} can't be written ({error.strerror or error}); make room or the folder writable, or set "
            "CHAT_ADAPTER=none."
        ) from None
    logger.info("the chat model and its adapter are one file now: %s", target)
    return target


def _text(source: GGUFReader, name: str) -> str:
    field = source.get_field(name)
    if field is None:
        raise ConfigurationError(f"{source.data.filename} lacks {name}; it is no chat model.")
    return str(field.contents())


def _copy_metadata(source: GGUFReader, writer: GGUFWriter) -> None:
    from gguf import GGUFValueType, LlamaFileType

    for name, field in source.fields.items():
        if name.startswith("GGUF.") or name in ("general.architecture", "general.file_type"):
            continue  # the writer's own
        kind = field.types[0]
        inner = field.types[-1] if kind == GGUFValueType.ARRAY else None
        writer.add_key_value(name, field.contents(), kind, sub_type=inner)
    writer.add_file_type(LlamaFileType.MOSTLY_Q8_0)


def _additions(source: GGUFReader, adapter: Path) -> dict[str, NDArray[np.float32]]:
    """Give what is added to each weight: alpha / rank * up @ down, as (out, in)."""
    field = source.get_field("adapter.lora.alpha")
    if field is None:
        raise ConfigurationError(f"{adapter} is no LoRA adapter: it lacks adapter.lora.alpha.")
    factors = {tensor.name: tensor.data.astype(np.float32) for tensor in source.tensors}
    added = {}
    for name in {name.rpartition(".")[0] for name in factors}:
        down, up = factors[f"{name}.lora_a"], factors[f"{name}.lora_b"]
        added[name] = (float(field.contents()) / len(down) * up @ down).astype(np.float32)
    return added


def _add_tensors(source: GGUFReader, added: dict[str, NDArray[np.float32]], writer: GGUFWriter, adapter: Path) -> None:
    from gguf import GGMLQuantizationType
    from gguf.quants import dequantize, quantize

    if unknown := added.keys() - {tensor.name for tensor in source.tensors}:
        raise ConfigurationError(f"{adapter} fits another model: this one has no {min(unknown)}.")
    for tensor in source.tensors:
        if tensor.tensor_type == GGMLQuantizationType.F32 and tensor.name not in added:
            writer.add_tensor(tensor.name, tensor.data)
            continue
        weights = dequantize(tensor.data, tensor.tensor_type) + added.get(tensor.name, np.float32(0))
        eight_bits = quantize(weights.astype(np.float32), GGMLQuantizationType.Q8_0)
        writer.add_tensor(tensor.name, eight_bits, raw_dtype=GGMLQuantizationType.Q8_0)
