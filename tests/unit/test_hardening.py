"""The kernel's promises: no core dump, no attaching, no swap in clear."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from dropbox.errors import StartRefused
from dropbox.server import hardening

HEADER = "Filename\tType\tSize\tUsed\tPriority\n"


def swaps_file(folder: Path, *names: Path) -> Path:
    target = folder / "swaps"
    target.write_text(HEADER + "".join(f"{name} file 1000 0 -2\n" for name in names), encoding="utf-8")
    return target


def block_device(sysfs: Path, area: Path, uuid: str | None) -> Path:
    device = area.stat().st_dev
    folder = sysfs / "dev" / "block" / f"{os.major(device)}:{os.minor(device)}"
    (folder / "dm").mkdir(parents=True)
    if uuid is not None:
        (folder / "dm" / "uuid").write_text(uuid, encoding="utf-8")
    return folder


def test_a_process_behind_shutters_cannot_be_dumped() -> None:
    code = (
        "import os, resource\n"
        "from dropbox.server import hardening\n"
        "hardening.close_the_shutters()\n"
        "assert not hardening.is_dumpable()\n"
        "assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)\n"
        "assert os.umask(0) == 0o077\n"
    )
    assert hardening.is_dumpable()
    subprocess.run([sys.executable, "-c", code], check=True)
    assert resource.getrlimit(resource.RLIMIT_CORE) is not None


def test_swap_in_clear_is_named(tmp_path: Path) -> None:
    area = tmp_path / "swapfile"
    area.touch()
    assert hardening.clear_swap(swaps_file(tmp_path, area), tmp_path / "sys") == (str(area),)


def test_swap_on_lvm_without_encryption_is_named(tmp_path: Path) -> None:
    area = tmp_path / "swapfile"
    area.touch()
    folder = block_device(tmp_path / "sys", area, "LVM-abc")
    (folder / "slaves" / "sda2").mkdir(parents=True)
    assert hardening.clear_swap(swaps_file(tmp_path, area), tmp_path / "sys") == (str(area),)


def test_encrypted_swap_is_not_refused(tmp_path: Path) -> None:
    area = tmp_path / "swapfile"
    area.touch()
    block_device(tmp_path / "sys", area, "CRYPT-PLAIN-swap")
    assert hardening.clear_swap(swaps_file(tmp_path, area), tmp_path / "sys") == ()


def test_swap_on_lvm_on_encryption_is_not_refused(tmp_path: Path) -> None:
    area = tmp_path / "swapfile"
    area.touch()
    folder = block_device(tmp_path / "sys", area, "LVM-abc")
    (folder / "slaves" / "dm-0" / "dm").mkdir(parents=True)
    (folder / "slaves" / "dm-0" / "dm" / "uuid").write_text("CRYPT-LUKS2-x", encoding="utf-8")
    assert hardening.clear_swap(swaps_file(tmp_path, area), tmp_path / "sys") == ()


def test_compressed_swap_in_memory_is_not_refused(tmp_path: Path) -> None:
    assert hardening.clear_swap(swaps_file(tmp_path, Path("/dev/zram0")), tmp_path / "sys") == ()


def test_no_swap_at_all_is_not_refused(tmp_path: Path) -> None:
    assert hardening.clear_swap(swaps_file(tmp_path), tmp_path) == ()
    assert hardening.clear_swap(tmp_path / "no-such-file", tmp_path) == ()


def test_a_start_on_clear_swap_is_refused_unless_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardening, "clear_swap", lambda: ("/dev/sda5",))
    with pytest.raises(StartRefused) as refusal:
        hardening.refuse_clear_swap(allowed=False)
    assert "server.allow_swap" in refusal.value.hint
    assert hardening.refuse_clear_swap(allowed=True) == ("/dev/sda5",)


def test_memory_of_freed_long_texts_does_not_stay_with_the_process() -> None:
    """Small pieces between them would otherwise keep the large ones from ever going back."""
    code = (
        "from pathlib import Path\n"
        "from dropbox.server import hardening\n"
        "def resident():\n"
        "    line = next(line for line in Path('/proc/self/status').read_text().splitlines() if 'VmRSS' in line)\n"
        "    return int(line.split()[1]) // 1024\n"
        "hardening.close_the_shutters()\n"
        "for _ in range(3):\n"
        "    bytes(20 << 20)\n"
        "before = resident()\n"
        "pieces = [bytes(b'x' * size) for _ in range(12) for size in (8 << 20, 70_000)]\n"
        "assert resident() > before + 60\n"
        "del pieces[::2]\n"
        "assert resident() < before + 20, resident() - before\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
