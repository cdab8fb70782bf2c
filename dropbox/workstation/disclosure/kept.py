"""Plans that are kept: each in a note to the desk, with the keys of outside readers, sealed like every note.

Weeks can lie between the question and its answer, and another member may make the pack then. The plan's own hash, which
the question names, says that it is still the same.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, cast

from dropbox.envelope import Attachment
from dropbox.errors import DropboxError, PlanUnknown
from dropbox.models import ItemId, SealedKind
from dropbox.workstation.disclosure.plan import MAX_PLAN_BYTES, Plan, parse_plan
from dropbox.workstation.disclosure.readers import MAX_KEY_BYTES
from dropbox.workstation.opening import Opened, extract_item
from dropbox.workstation.reading import ReadCase
from dropbox.workstation.vault import Vault
from dropbox.writing import HeldFile

PLAN_NAME = "disclosure-plan.json"
KEY_NAME = "reader-%s.asc"
MIN_PREFIX = 4


@dataclass(frozen=True)
class KeptPlan:
    """A plan, the keys that came with it, and the note that holds them."""

    plan: Plan
    keys: tuple[bytes, ...]
    note: ItemId


def files_to_keep(plan: Plan, keys: Sequence[bytes]) -> tuple[HeldFile, ...]:
    """Return what a note carries so that this plan can be carried out from it."""
    held = [HeldFile(KEY_NAME % number, key) for number, key in enumerate(keys, start=1)]
    return (HeldFile(PLAN_NAME, plan.data), *held)


def kept_plans(vault: Vault, shown: ReadCase) -> tuple[KeptPlan, ...]:
    """Return the plans in a case's notes, oldest first, each once; one that cannot be read any more is passed over."""
    found: dict[str, KeptPlan] = {}
    for opened in shown.opened:
        if opened is None or opened.record.kind is not SealedKind.NOTE or not names_a_plan(opened):
            continue
        kept = _kept(vault, opened)
        if kept is not None and kept.plan.case == shown.case.case:
            found[kept.plan.sha256] = kept
    return tuple(found.values())


def find_plan(vault: Vault, shown: ReadCase, wanted: str) -> KeptPlan:
    """Return the kept plan whose hash begins so (4 or more digits). Raises PlanUnknown."""
    found = [each for each in kept_plans(vault, shown) if each.plan.sha256.startswith(wanted.lower())]
    if len(wanted) < MIN_PREFIX or len(found) != 1:
        raise PlanUnknown
    return found[0]


def read_attachment(vault: Vault, opened: Opened, wanted: Attachment) -> bytes:
    """Return one file of an item, in memory, once the whole item was found true."""
    return _read(vault, opened, {wanted.path})[wanted.path]


def names_a_plan(opened: Opened) -> bool:
    """Tell whether an item says that it holds a plan."""
    held = opened.envelope.index.attachments
    return any(each.name == PLAN_NAME and each.size <= MAX_PLAN_BYTES for each in held)


def _kept(vault: Vault, opened: Opened) -> KeptPlan | None:
    held = [each for each in opened.envelope.index.attachments if each.size <= max(MAX_PLAN_BYTES, MAX_KEY_BYTES)]
    try:
        read = _read(vault, opened, {each.path for each in held})
        plan = next(parse_plan(read[each.path]) for each in held if each.name == PLAN_NAME)
    except DropboxError:
        return None
    keys = tuple(read[each.path] for each in held if each.name.endswith(".asc"))
    return KeptPlan(plan, keys, opened.record.item)


def _read(vault: Vault, opened: Opened, wanted: set[str]) -> dict[str, bytes]:
    read = {path: BytesIO() for path in wanted}

    @contextmanager
    def sink(attachment: Attachment) -> Iterator[BinaryIO]:
        yield cast(BinaryIO, read.get(attachment.path, BytesIO()))

    extract_item(vault, opened, sink)
    return {path: target.getvalue() for path, target in read.items()}
