"""What a file name that somebody else gave may look like where a browser shows and saves it. No file is touched."""

import re

MAX_NAME_CHARACTERS = 150
_UNSAFE = re.compile(
    '[\x00-\x1f\x7f-\x9f\\\\/:*?"<>|\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff'
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)


def harmless_name(name: str) -> str:
    """Return a file name without paths, controls and direction marks, with its ending kept when it is cut."""
    cleaned = _UNSAFE.sub("_", name).strip(" .")
    if len(cleaned) <= MAX_NAME_CHARACTERS:
        return cleaned
    stem, dot, ending = cleaned.rpartition(".")
    if not dot or len(ending) > 10:
        return cleaned[:MAX_NAME_CHARACTERS].rstrip(" .")
    return stem[: MAX_NAME_CHARACTERS - len(ending) - 1] + "." + ending
