"""Writes small GGUF files: headers of any model, and LoRA adapters."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ALIGNMENT = 32


def write_gguf(
    path: Path, metadata: Mapping[str, Any], tensors: Mapping[str, NDArray[np.float32]] | None = None
) -> Path:
    """Write a GGUF file; whole numbers become uint32, and a tensor's rows are its last dimension."""
    tensors = tensors or {}
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    for key, value in metadata.items():
        kind, data = _value(value)
        head += _string(key) + struct.pack("<I", kind) + data
    offset = 0
    for name, tensor in tensors.items():
        shape = tensor.shape[::-1]
        head += _string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, offset)
        offset += _padded(tensor.nbytes)
    body = b"".join(tensor.tobytes().ljust(_padded(tensor.nbytes), b"\0") for tensor in tensors.values())
    path.write_bytes(head.ljust(_padded(len(head)), b"\0") + body)
    return path


def _padded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _value(value: Any) -> tuple[int, bytes]:
    if isinstance(value, bool):
        return 7, struct.pack("<?", value)
    if isinstance(value, str):
        return 8, _string(value)
    if isinstance(value, float):
        return 6, struct.pack("<f", value)
    if isinstance(value, list):
        kinds, parts = zip(*map(_value, value), strict=True)
        return 9, struct.pack("<IQ", kinds[0], len(value)) + b"".join(parts)
    return 4, struct.pack("<I", value)
