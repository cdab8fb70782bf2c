"""What both kinds of verified bundle share: their items, given out through the descriptor that was verified."""

from collections.abc import Mapping
from types import TracebackType
from typing import BinaryIO, Self

from dropbox.bundle.tar import Member, TarReader
from dropbox.errors import ItemUnknown
from dropbox.models import ItemId


class Verified:
    """Items of a bundle that was checked whole. The caller closes it, or uses it in a `with`."""

    def __init__(self, tar: TarReader, members: Mapping[ItemId, Member]) -> None:
        self._tar = tar
        self._members = members

    def copy_item(self, item: ItemId, target: BinaryIO) -> None:
        """Stream one item's bytes; raises BundleItemMismatch when the file changed since it was verified.

        What was written by then must be thrown away, so give a temporary target.
        """
        member = self._members.get(item)
        if member is None:
            raise ItemUnknown
        for chunk in self._tar.chunks(member):
            target.write(chunk)

    def close(self) -> None:
        self._tar.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
