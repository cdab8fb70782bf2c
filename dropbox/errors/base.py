"""The root of the tree, and what its rooms build on."""

from collections.abc import Callable
from typing import ClassVar

Say = Callable[[str], str]
"""Turns one of the fixed English texts into the reader's language; `str` leaves it as it is."""


class DropboxError(Exception):
    """Root of the tree. `message` says what happened, `hint` what can be done about it."""

    message: ClassVar[str] = "Something failed."
    hint: str = ""

    def __init__(self) -> None:
        super().__init__(self.message)

    def told(self, say: Say) -> str:
        """Return what happened, its fixed parts by way of `say`. Whoever names something says it here, not in str()."""
        return say(self.message)

    def __str__(self) -> str:
        return self.told(str)


class NamedError(DropboxError):
    """An error that names one safe thing (a configuration key, a desk, an item number) beside its fixed text."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def told(self, say: Say) -> str:
        return f"{self.name}: {say(self.message)}"


class InvalidValue(DropboxError):
    message = "An identifier, fingerprint or day has the wrong form."
