"""Owns the import of llama.cpp's Python binding: it prints nothing, logs to our log, and its last errors are kept."""

from __future__ import annotations

import ctypes
import logging
import re
from collections import deque
from functools import cache
from types import ModuleType
from typing import Any

from core.errors import ConfigurationError
from core.inference.cpu import shorten_spinning

logger = logging.getLogger(__name__)

_complaints: deque[str] = deque(maxlen=20)  # the last errors that llama.cpp logged; only read when loading fails


@cache
def load_binding() -> ModuleType:
    """Import llama_cpp with its chatter sent to our log. Raises ConfigurationError where it can't be used."""
    shorten_spinning()
    try:
        import llama_cpp
    except (ImportError, OSError, RuntimeError) as error:
        raise ConfigurationError(
            f"llama-cpp-python can't be used here ({error}); install it again, or set CHAT_MODEL=none."
        ) from None

    llama_cpp.llama_log_set(_log_callback(llama_cpp), ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    binding: ModuleType = llama_cpp
    return binding


def forget_complaints() -> None:
    """Forget what llama.cpp complained of, before it is asked to load something."""
    _complaints.clear()


def complaint() -> str:
    """Give the first error that llama.cpp logged since, without the names of its functions; "" for none."""
    return re.sub(r"^\w+: (error loading model: )?", "", _complaints[0]).rstrip(".") if _complaints else ""


@cache  # llama.cpp keeps the bare address, so the object has to stay
def _log_callback(llama_cpp: ModuleType) -> Any:
    error_level = 4  # GGML_LOG_LEVEL_ERROR in ggml.h

    @llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
    def log(level: int, text: bytes, user_data: object) -> None:
        line = text.decode("utf-8", errors="replace").strip()
        if level == error_level and line:
            _complaints.append(line)
        logger.debug("%s", line)

    return log
