"""A readable title from a path, for documents that name none."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

_NAMED_AFTER_FOLDER = {"index", "readme", "_index"}


def title_from_path(relative: str) -> str:
    """Make `hr/on-call_rota.md` into "On call rota"; an index or readme is named after its folder."""
    path = PurePosixPath(relative.replace("\\", "/"))
    stem = path.stem
    if stem.lower() in _NAMED_AFTER_FOLDER and path.parent.name:
        stem = path.parent.name
    words = re.sub(r"[-_\s]+", " ", stem).strip() or stem
    return words[:1].upper() + words[1:]
