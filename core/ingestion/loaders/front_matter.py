"""Front matter: found, searched for a title and owners, and blanked so that line numbers stay."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.ingestion.owner_names import tidied

_FENCES = {"---": ("---", "..."), "+++": ("+++",)}
_LONGEST = 200
# What a line of YAML or TOML front matter can look like; anything else means the fence was a horizontal rule.
_FIELD = re.compile(r"\s*$|\s*#|\s+\S|\s*-\s|[\]}]|\"?[\w.-]+\"?\s*[:=]|\[")
_TITLE = re.compile(r"title\s*[:=](.*)", re.IGNORECASE)
_QUOTED = re.compile(r"(['\"])(.*)\1(?:\s*#.*)?")
_TITLE_CHARACTERS = 300
_OWNERS = re.compile(r"owners?\s*[:=](.*)", re.IGNORECASE)
_LISTED = re.compile(r"\s*-\s+(.*)")
# An owner in quotes, or as it stands between commas and brackets.
_OWNER = re.compile(r"\"([^\"]*)\"|'([^']*)'|([^,\[\]\"']+)")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What is taken from front matter. title: "" when it has none. owners: as written."""

    title: str = ""
    owners: tuple[str, ...] = ()


def blank_front_matter(lines: list[str]) -> FrontMatter:
    """Replace front matter at the top of `lines` by empty lines, in place; give what it says."""
    closing = _FENCES.get(lines[0].rstrip())
    if closing is None:
        return FrontMatter()
    end = next((index for index, line in enumerate(lines[1:_LONGEST], 1) if line.rstrip() in closing), None)
    if end is None or not all(_FIELD.match(line) for line in lines[1:end]):
        return FrontMatter()
    fields = lines[1:end]
    lines[: end + 1] = [""] * (end + 1)
    return FrontMatter(next((title for line in fields if (title := _title(line))), ""), _owners(fields))


def _title(line: str) -> str:
    match = _TITLE.match(line)
    if match is None:
        return ""
    value = match[1].strip()[:_TITLE_CHARACTERS]
    if quoted := _QUOTED.fullmatch(value):
        return quoted[2].replace(quoted[1] * 2, quoted[1]).replace("\\" + quoted[1], quoted[1]).strip()
    # A block scalar (| or >) holds its text on the next lines; such titles are rare enough to do without.
    return "" if value[:1] in {"|", ">", "&", "*"} else re.sub(r"\s+#.*", "", value)


def _owners(fields: Sequence[str]) -> tuple[str, ...]:
    """Give the owners of `owner` or `owners`: one, several between commas or in brackets, or one a line below."""
    for index, line in enumerate(fields):
        match = _OWNERS.match(line)
        if match is None:
            continue
        value = _uncommented(match[1])
        if not value or (value.startswith("[") and "]" not in value):
            value = ",".join([value, *_below(fields[index + 1 :])])
        found = (next(filter(None, groups), "").strip() for groups in _OWNER.findall(value))
        return tidied([owner for owner in found if owner])
    return ()


def _below(lines: Sequence[str]) -> list[str]:
    """Give the values of an indented or itemised list, as far as it goes."""
    values: list[str] = []
    for line in lines:
        item = _LISTED.match(line)
        if item is None and (not line[:1].isspace() or not line.strip()) and line.strip()[:1] not in {"]", '"', "'"}:
            break
        values.append(_uncommented(item[1] if item else line))
        if "]" in values[-1]:
            break
    return values


def _uncommented(value: str) -> str:
    return re.sub(r"(?:^|\s+)#.*", "", value).strip()
