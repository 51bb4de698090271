"""Front matter: found, searched for a title, and blanked so that line numbers stay."""

from __future__ import annotations

import re

_FENCES = {"---": ("---", "..."), "+++": ("+++",)}
_LONGEST = 200
# What a line of YAML or TOML front matter can look like; anything else means the fence was a horizontal rule.
_FIELD = re.compile(r"\s*$|\s*#|\s+\S|\s*-\s|[\]}]|\"?[\w.-]+\"?\s*[:=]|\[")
_TITLE = re.compile(r"title\s*[:=](.*)", re.IGNORECASE)
_QUOTED = re.compile(r"(['\"])(.*)\1(?:\s*#.*)?")
_TITLE_CHARACTERS = 300


def blank_front_matter(lines: list[str]) -> str:
    """Replace front matter at the top of `lines` by empty lines, in place; give its title, "" when it has none."""
    closing = _FENCES.get(lines[0].rstrip())
    if closing is None:
        return ""
    end = next((index for index, line in enumerate(lines[1:_LONGEST], 1) if line.rstrip() in closing), None)
    if end is None or not all(_FIELD.match(line) for line in lines[1:end]):
        return ""
    fields = lines[1:end]
    lines[: end + 1] = [""] * (end + 1)
    return next((title for line in fields if (title := _title(line))), "")


def _title(line: str) -> str:
    match = _TITLE.match(line)
    if match is None:
        return ""
    value = match[1].strip()[:_TITLE_CHARACTERS]
    if quoted := _QUOTED.fullmatch(value):
        return quoted[2].replace(quoted[1] * 2, quoted[1]).replace("\\" + quoted[1], quoted[1]).strip()
    # A block scalar (| or >) holds its text on the next lines; such titles are rare enough to do without.
    return "" if value[:1] in {"|", ">", "&", "*"} else re.sub(r"\s+#.*", "", value)
