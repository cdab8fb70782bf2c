"""Fresh Debian 12 roots for the package: made once with debootstrap, kept outside of the repository, copied for a test.

Needs root and, the first time, Debian's mirror. `ONION_DROPBOX_MACHINES` names another place to keep them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
KEPT = Path(os.environ.get("ONION_DROPBOX_MACHINES", "/var/cache/onion-dropbox-test"))
MIRROR = "http://deb.debian.org/debian"
PACKAGES = "python3 gpg gpgconf gpg-agent gnupg tor adduser systemd systemd-sysv dbus apparmor procps iproute2"
_ENTER = """
set -e
mount -t proc proc "$1/proc"; mount -t sysfs sysfs "$1/sys"; mount -t tmpfs tmpfs "$1/run"
mount --rbind /dev "$1/dev"; mount -t tmpfs tmpfs "$1/dev/shm"
ip link set lo up
exec chroot "$1" sh -c 'cd /srv/test && exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \\
  python3 -B -m tests.guest.inside /root/in'
"""


def missing() -> str | None:
    """Say why no machine can be made here, if so."""
    if os.geteuid() != 0:
        return "a Debian root can only be made by root"
    wanted = [name for name in ("debootstrap", "unshare", "chroot", "dpkg-deb", "ip") if shutil.which(name) is None]
    return f"{', '.join(wanted)} missing" if wanted else None


def fresh_debian() -> Path:
    """Return a Debian 12 root as debootstrap makes it, made now or earlier. Never change it: `copied` is for that."""
    made = KEPT / "bookworm"
    if not (made / "srv/.whole").exists():
        shutil.rmtree(made, ignore_errors=True)
        KEPT.mkdir(parents=True, exist_ok=True)
        include = f"--include={','.join(PACKAGES.split())}"
        subprocess.run(
            ["debootstrap", "--variant=minbase", include, "bookworm", str(made), MIRROR],
            check=True,
            capture_output=True,
        )
        (made / "srv/.whole").touch()
    return made


def furnished(debian: Path, target: Path, inside: Path) -> Path:
    """Copy a root, and put what the guest's script needs into it; `inside` becomes its /root/in."""
    subprocess.run(["cp", "-a", "--reflink=auto", str(debian), str(target)], check=True)
    tests = target / "srv/test/tests"
    shutil.copytree(ROOT / "tests/guest", tests / "guest", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("__init__.py", "visitor.py", "socket_visitor.py"):
        shutil.copyfile(ROOT / "tests" / name, tests / name)
    shutil.copytree(inside, target / "root/in")
    return target


def run_in_chroot(root: Path) -> dict[str, Any]:
    """Run the guest's script among its own processes and mounts, with loopback alone; return what it found."""
    command = [
        "unshare",
        "--mount",
        "--net",
        "--pid",
        "--fork",
        "--ipc",
        "--uts",
        "bash",
        "-c",
        _ENTER,
        "enter",
        str(root),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600, stdin=subprocess.DEVNULL)
    return found_in(done.stdout + done.stderr)


def found_in(text: str) -> dict[str, Any]:
    for line in text.splitlines():
        if "RESULT {" in line:
            found: dict[str, Any] = json.loads(line[line.index("RESULT ") + len("RESULT ") :])
            return found
    raise AssertionError(f"the guest never came to its end:\n{text[-3000:]}")


def cannot_boot() -> str | None:
    """Say why no machine can be booted here, if so."""
    wanted = [name for name in ("qemu-system-x86_64", "mke2fs") if shutil.which(name) is None]
    return missing() or (f"{', '.join(wanted)} missing" if wanted else None)


def bootable_debian() -> Path:
    """Return a Debian 12 root with Debian's kernel, made now or earlier."""
    made = KEPT / "booting"
    if not (made / "srv/.bootable").exists():
        shutil.rmtree(made, ignore_errors=True)
        subprocess.run(["cp", "-a", "--reflink=auto", str(fresh_debian()), str(made)], check=True)
        quiet = made / "usr/sbin/policy-rc.d"
        quiet.write_text("#!/bin/sh\nexit 101\n")
        quiet.chmod(0o755)
        shutil.copyfile("/etc/resolv.conf", made / "etc/resolv.conf")
        install = "apt-get install -y -qq --no-install-recommends linux-image-cloud-amd64 initramfs-tools zstd"
        script = f"mount -t proc proc /proc && apt-get update -qq && {install}"
        command = [
            "unshare",
            "--mount",
            "chroot",
            str(made),
            "env",
            "DEBIAN_FRONTEND=noninteractive",
            "sh",
            "-c",
            script,
        ]
        subprocess.run(command, check=True, capture_output=True)
        quiet.unlink()
        (made / "srv/.bootable").touch()
    return made


def run_booted(root: Path) -> dict[str, Any]:
    """Boot a furnished root with its own kernel and systemd, without a network; return what its script found."""
    unit = root / "etc/systemd/system/guest.service"
    run = "/usr/bin/python3 -B -m tests.guest.inside /root/in > /dev/ttyS0 2>&1; sync; systemctl poweroff --no-block"
    unit.write_text(
        f"[Unit]\nAfter=tor@default.service\n[Service]\nType=oneshot\nWorkingDirectory=/srv/test\n"
        f"ExecStart=/bin/sh -c '{run}'\n[Install]\nWantedBy=multi-user.target\n"
    )
    for words in (("enable", "-q", "guest.service"), ("mask", "-q", "serial-getty@ttyS0.service")):
        subprocess.run(["chroot", str(root), "systemctl", *words], check=True, capture_output=True)
    image = root.with_suffix(".img")
    try:
        subprocess.run(["truncate", "-s", "3G", str(image)], check=True)
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", str(root), str(image)], check=True)
        kernel, initrd = (next((root / "boot").glob(f"{name}-*")) for name in ("vmlinuz", "initrd.img"))
        append = "root=/dev/vda rw console=ttyS0 apparmor=1 security=apparmor no_timer_check systemd.show_status=0"
        machine = ["-accel", "tcg,thread=multi", "-m", "3072", "-smp", "2", "-nic", "none", "-nographic", "-no-reboot"]
        disk = ["-drive", f"file={image},format=raw,if=virtio"]
        command = [
            "qemu-system-x86_64",
            *machine,
            "-kernel",
            str(kernel),
            "-initrd",
            str(initrd),
            "-append",
            append,
            *disk,
        ]
        done = subprocess.run(command, capture_output=True, check=False, timeout=3600, stdin=subprocess.DEVNULL)
    finally:
        image.unlink(missing_ok=True)
    return found_in(done.stdout.decode("utf-8", "replace"))
