"""The confidential annex: what was taken out, the key to the letters, and the chosen texts and files as they came.

One OpenPGP message to the named keys and to nobody else, with a ZIP in it that any machine opens. It is padded before
it is sealed: neither how much was taken out nor how long a name is can be read from its size.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO

from dropbox.envelope import Attachment
from dropbox.errors import PackTooLarge
from dropbox.file_names import harmless_name
from dropbox.models import FORMAT
from dropbox.padding import bucket
from dropbox.workstation.disclosure.open_part import Shown
from dropbox.workstation.disclosure.plan import Plan
from dropbox.workstation.speech import N_, _, speaking

MAX_FILES_BYTES = 256 * 1024 * 1024
"""All files of an annex together: it is made in memory."""
ZIP_SLACK_BYTES = 4096
_WHEN = (1980, 1, 1, 0, 0, 0)
_PADDING = "padding"
_LETTER = N_("Letter %(letter)s: %(names)s")
_TAKEN = N_("Item %(item)s, character %(start)s to %(end)s (%(mark)s): %(words)s")


def require_room(files: Sequence[Attachment]) -> None:
    """Raises PackTooLarge for files that cannot be sealed together."""
    if sum(each.size for each in files) > MAX_FILES_BYTES:
        raise PackTooLarge


def annex(plan: Plan, shown: Sequence[Shown], open_manifest: str, originals: Mapping[tuple[int, int], bytes]) -> bytes:
    """Return the annex before it is sealed. originals: files as they came, by the item's number and their own.

    open_manifest: SHA-256 of the open part that this annex belongs to.
    """
    entries = {
        "letters.txt": _letters(plan),
        "taken-out.txt": _taken_out(plan, shown),
        "annex.json": _document(plan, shown, open_manifest),
        **{f"texts/{each.part.number}.txt": each.part.text.encode() for each in shown},
        **dict(_files(shown, originals)),
    }
    bare = _zip(entries)
    # its entry's name and its two headers come on top of the zeros
    room = bucket(len(bare) + ZIP_SLACK_BYTES) - len(bare) - len(_zip({_PADDING: b""})) + len(_zip({}))
    return _zip(entries | {_PADDING: bytes(room)})


def _zip(entries: Mapping[str, bytes]) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, data in entries.items():
            archive.writestr(zipfile.ZipInfo(name, _WHEN), data)
    return target.getvalue()


def _files(shown: Sequence[Shown], originals: Mapping[tuple[int, int], bytes]) -> Iterator[tuple[str, bytes]]:
    for each in shown:
        for number, attachment in enumerate(each.part.opened.envelope.index.attachments, start=1):
            data = originals.get((each.part.number, number))
            if data is not None:
                yield f"files/{each.part.number}-{number}-{harmless_name(attachment.name) or 'file'}", data


def _letters(plan: Plan) -> bytes:
    with speaking(plan.language):
        lines = [_(_LETTER.english, letter=each.letter, names="; ".join(each.names)) for each in plan.persons]
    return "".join(f"{line}\n" for line in lines).encode()


def _taken_out(plan: Plan, shown: Sequence[Shown]) -> bytes:
    with speaking(plan.language):
        lines = [
            _(
                _TAKEN.english,
                item=each.part.number,
                start=taken.start,
                end=taken.end,
                mark=", ".join(sorted(taken.letters)) or "-",
                words=taken.text,
            )
            for each in shown
            for taken in each.text.taken
        ]
    return "".join(f"{line}\n" for line in lines).encode()


def _document(plan: Plan, shown: Sequence[Shown], open_manifest: str) -> bytes:
    """Return the same for a program: which case and items it is, and every passage by its place."""
    value = {
        "format": FORMAT,
        "case": plan.case,
        "plan": plan.sha256,
        "open_part": open_manifest,
        "letters": {each.letter: list(each.names) for each in plan.persons},
        "items": [_item(each) for each in shown],
    }
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _item(each: Shown) -> dict[str, object]:
    taken = [
        {"start": one.start, "end": one.end, "letters": sorted(one.letters), "text": one.text}
        for one in each.text.taken
    ]
    return {"number": each.part.number, "item": each.part.choice.item, "taken_out": taken}
