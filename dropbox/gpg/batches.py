"""Unsealing many small messages with one run of gpg: starting it costs more than opening one of them.

gpg names its outputs itself, so it gets a folder of links: each input's and output's name leads to a descriptor, the
outputs to anonymous memory. A message counts as opened only by gpg's own verdict on it; every other one is left to be
opened by itself, which says what is wrong with it.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from dropbox.errors import DropboxError, FileUnreadable, UnsealError
from dropbox.gpg.packets import check_sealed_head
from dropbox.gpg.process import Engine, Status, memory, read_whole
from dropbox.gpg.unsealing import opened_message
from dropbox.gpg.verdicts import check_unsealed

_SUFFIX = ".gpg"
_LEAST_LIMIT_BYTES = 1024 * 1024


def unseal_batch(
    engine: Engine, messages: Sequence[Path | bytes], arguments: Sequence[str]
) -> tuple[bytes | None, ...]:
    """Return each message's whole plaintext, after gpg's verdict on it; None for what this run did not open."""
    with ExitStack() as opened, TemporaryDirectory(prefix="onion-dropbox-") as folder:
        inputs = [_input(opened, message) for message in messages]
        outputs = [opened.enter_context(memory("unsealed")) for _ in messages]
        pairs = zip(inputs, outputs, strict=True)
        names = [_link(Path(folder) / str(number), *pair) for number, pair in enumerate(pairs)]
        given = [name for name, source in zip(names, inputs, strict=True) if source is not None]
        # what we seal is not compressed, so an output larger than the largest input is a bomb, and the end of this run
        limit = max((_LEAST_LIMIT_BYTES, *map(_size, inputs)))
        command = ["--yes", *arguments, "--decrypt-files", *given]
        status = engine.run(command, [each for each in (*inputs, *outputs) if each is not None], limit)
        verdicts = dict(_verdicts(status))
        return tuple(
            read_whole(output) if verdicts.get(name) else None for name, output in zip(names, outputs, strict=True)
        )


def _input(opened: ExitStack, message: Path | bytes) -> int | None:
    """Open a message that has a sealed message's head; any other one does not come near this run."""
    try:
        stream = opened.enter_context(opened_message(message))
        check_sealed_head(stream)
    except (FileUnreadable, UnsealError):
        return None
    return stream.fileno()


def _size(descriptor: int | None) -> int:
    return 0 if descriptor is None else os.fstat(descriptor).st_size


def _link(output: Path, source: int | None, target: int) -> str:
    name = output.with_suffix(_SUFFIX)
    if source is not None:
        name.symlink_to(f"/proc/self/fd/{source}")
        output.symlink_to(f"/proc/self/fd/{target}")
    return str(name)


def _verdicts(status: Status) -> Iterator[tuple[str, bool]]:
    """Give each file's name and whether what gpg said between its beginning and its end is good."""
    name = ""
    lines: list[tuple[str, str]] = []
    for word, value in status:
        if word == "FILE_START":
            name, lines = value.partition(" ")[2], []
        elif word == "FILE_DONE":
            yield name, _is_good(lines)
        else:
            lines.append((word, value))


def _is_good(lines: Status) -> bool:
    try:
        check_unsealed(0, lines)
    except DropboxError:
        return False
    return True
