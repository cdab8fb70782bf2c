"""The courier's folders in the data folder: for the drop's own user only, and made where they are needed."""

from pathlib import Path

from dropbox.server import private

COURIER_FOLDER = "courier"


def make(data_dir: Path, name: str) -> Path:
    """Make one of the courier's folders and return it. StartRefused when it holds something and others may enter."""
    folder = data_dir / COURIER_FOLDER / name
    private.make_folder(folder.parent, COURIER_FOLDER)
    private.make_folder(folder, f"{COURIER_FOLDER}/{name}")
    return folder


def make_empty(data_dir: Path, name: str) -> Path:
    """The same, and let go of what an earlier process left there."""
    folder = make(data_dir, name)
    for path in folder.iterdir():
        path.unlink()
    return folder
