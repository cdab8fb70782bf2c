"""Runs as root inside a fresh Debian: installs the package, makes two drops, uses them, and tries to reach across.

usage: python3 -m tests.guest.inside FOLDER     FOLDER holds the package, and NAME.toml and NAME.asc for each drop.
Prints one line `RESULT {json}` at the end, whatever happened. Needs Python's own library only.
"""

from __future__ import annotations

import json
import pwd
import re
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.socket_visitor import SocketVisitor
from tests.visitor import Page

DROPS = ("adviser", "council")
NO_EXEC = Path(__file__).with_name("no_exec.py")
WITH_SYSTEMD = Path("/run/systemd/system").is_dir()
Found = dict[str, Any]
CODENAMES: dict[str, str] = {}
TORRC = ("--defaults-torrc", "/usr/share/tor/tor-service-defaults-torrc", "-f", "/etc/tor/torrc")


def run(*command: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert code is None or done.returncode == code, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def as_user(user: str, *command: str) -> tuple[int, str]:
    done = run("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--", *command, code=None)
    return done.returncode, done.stdout + done.stderr


def socket_of(drop: str, name: str = "drop") -> Path:
    return Path(f"/run/onion-dropbox/{drop}/{name}.sock")


def wait_for(path: Path, seconds: float = 300) -> None:
    until = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < until, f"{path} never came"
        time.sleep(0.1)


def install(folder: Path, found: Found) -> None:
    package = next(folder.glob("onion-dropbox_*.deb"))
    # no network: where this runs there is none, and dpkg asks for nothing
    run("dpkg", "-i", str(package))
    found["network"] = [
        line for line in Path("/proc/net/dev").read_text().splitlines()[2:] if ": " in line and " lo:" not in line
    ]
    found["sockets_at_install"] = len(Path("/proc/net/tcp").read_text().splitlines()) - 1


def add(folder: Path, found: Found) -> None:
    for drop in DROPS:
        found[f"add_{drop}"] = run("onion-dropbox-add", drop).stdout.splitlines()
        home = Path(f"/etc/onion-dropbox/{drop}")
        text = (home / "config.toml").read_text()
        print_ = re.search(r"[0-9A-F]{40}", (folder / f"{drop}.fpr").read_text())
        assert print_
        text = text.replace('# key = "0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 4567"', f'key = "{print_[0]}"')
        text = re.sub(r"fingerprints = \[.*?\]", f'fingerprints = ["{print_[0]}"]', text, flags=re.S)
        (home / "config.toml").write_text(text)
        (home / "keys/member.asc").write_bytes((folder / f"{drop}.asc").read_bytes())
    run("onion-dropbox-add", DROPS[0])  # twice is once


def serve_with_systemd(found: Found) -> None:
    for drop in DROPS:
        run("systemctl", "start", f"onion-dropbox@{drop}")
        wait_for(socket_of(drop))
        found[f"active_{drop}"] = run("systemctl", "is-active", f"onion-dropbox@{drop}").stdout.strip()
    found["score"] = run("systemd-analyze", "security", "--no-pager", f"onion-dropbox@{DROPS[0]}").stdout.splitlines()[
        -1
    ]
    pid = run("systemctl", "show", "-P", "MainPID", f"onion-dropbox@{DROPS[0]}").stdout.strip()
    status = Path(f"/proc/{pid}/status").read_text()
    wanted = ("NoNewPrivs", "Seccomp", "CapBnd", "CapEff", "Uid")
    found["process"] = {
        k: v.strip() for k, _, v in (line.partition(":") for line in status.splitlines()) if k in wanted
    }
    found["links"] = [line.split(":")[0].strip() for line in Path(f"/proc/{pid}/net/dev").read_text().splitlines()[2:]]
    label = Path(f"/proc/{pid}/attr/apparmor/current")
    found["apparmor"] = label.read_text().strip() if label.exists() else None
    found["gpg_apparmor"] = label_of_gpg() if found["apparmor"] else None
    limits = Path(f"/proc/{pid}/limits").read_text()
    found["core"] = next(line for line in limits.splitlines() if "core" in line)
    for name in ("MemorySwapMax", "MemoryMax", "TasksMax"):
        found[name] = run("systemctl", "show", "-P", name, f"onion-dropbox@{DROPS[0]}").stdout.strip()


def label_of_gpg() -> str:
    """Start gpg as the server would, from its profile and without new rights, and read what it is confined to."""
    script = "import subprocess; subprocess.run(['gpg', '--gen-random', '0', '999999999'], stdout=-3)"
    command = [
        "aa-exec",
        "-p",
        "onion-dropbox-server",
        "--",
        "setpriv",
        "--no-new-privs",
        "/usr/bin/python3",
        "-c",
        script,
    ]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as confined:
        try:
            for _ in range(300):
                pid = run("pgrep", "-n", "-x", "gpg", code=None).stdout.strip()
                if pid:
                    return Path(f"/proc/{pid}/attr/apparmor/current").read_text().strip()
                time.sleep(0.1)
            return "gpg did not run"
        finally:
            run("pkill", "-P", str(confined.pid), code=None)
            confined.kill()


def serve_by_hand(found: Found) -> list[subprocess.Popen[bytes]]:
    """Start both servers as systemd would, as far as that goes: own user, no network, no rights, none to be had."""
    return [serve_one_by_hand(drop, found) for drop in DROPS]


def serve_one_by_hand(drop: str, found: Found) -> subprocess.Popen[bytes]:
    user = f"drop-{drop}"
    less = ("--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all")
    program = [
        "/usr/lib/onion-dropbox/bin/dropbox-server",
        "serve",
        "--config",
        f"/etc/onion-dropbox/{drop}/config.toml",
    ]
    ids = (f"--reuid={user}", f"--regid={user}")
    command = ["unshare", "--net", "--", "setpriv", *ids, *less, "/usr/bin/python3", "-I", str(NO_EXEC), *program]
    with Path(f"/tmp/{drop}.log").open("wb") as log:
        home = f"/var/lib/onion-dropbox/{drop}"
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=home, start_new_session=True
        )
    wait_for(socket_of(drop))
    found[f"active_{drop}"] = "active" if server.poll() is None else "failed"
    return server


def visit(found: Found) -> None:
    """Report to both drops and come back, through their sockets, as tor would bring a reporter."""
    for drop in DROPS:
        for _ in range(50):
            try:
                page = SocketVisitor(socket_of(drop)).get("/")
                break
            except OSError:
                time.sleep(0.2)
        found[f"welcome_{drop}"] = [page.status, "<h1" in page.text]
        found[f"without_circuit_{drop}"] = refused_without_circuit(drop)
        visitor = SocketVisitor(socket_of(drop))
        form = visitor.get("/report").form("message", "mandate")
        desk = form.choices["desk"][0] if "desk" in form.choices else dict(form.fields)["desk"]
        sent = visitor.submit(
            form,
            {"desk": [desk], "mandate": "listen", "message": f"For {drop}, of a night."},
            [("a.txt", "text/plain", b"x" * 300_000)],
        )
        found[f"report_{drop}"] = [sent.status, len(sent.codename.split()) if sent.status == 200 else sent.text[:400]]
        CODENAMES[drop] = sent.codename
        back = SocketVisitor(socket_of(drop))
        page = back.submit(back.get("/return").form("codename"), {"codename": sent.codename})
        found[f"return_{drop}"] = [page.status, page.path]
        courier = socket_of(drop, "courier")
        found[f"courier_{drop}"] = courier_page(courier) if courier.exists() else None


def courier_page(path: Path) -> int:
    page: Page = SocketVisitor(path).get("/")
    return page.status


def refused_without_circuit(drop: str) -> bool:
    try:
        return SocketVisitor(socket_of(drop), b"").get("/").status != 200
    except Exception:
        return True


def use_commands(folder: Path, found: Found) -> None:
    """What an operator does with a stick: root's folder, which the drop's user cannot read."""
    stick = folder / "stick"
    stick.mkdir(mode=0o700, exist_ok=True)
    for drop in DROPS:
        bundle = stick / f"{drop}.bundle"
        done = run("onion-dropbox", drop, "export", "--desk", "adviser", str(bundle), "--json")
        found[f"export_{drop}"] = [json.loads(done.stdout), bundle.stat().st_uid, oct(bundle.stat().st_mode & 0o777)]
        again = run("onion-dropbox", drop, "export", "--desk", "adviser", str(bundle), code=1)
        found[f"export_again_{drop}"] = again.stderr.splitlines()[:1]
        (stick / "wrong").write_bytes(b"no bundle")
        wrong = run("onion-dropbox", drop, "import", str(stick / "wrong"), code=None)
        found[f"import_wrong_{drop}"] = [wrong.returncode, wrong.stderr.splitlines()[:1]]
        check = run("onion-dropbox", drop, "check", "--json", code=None)
        found[f"check_{drop}"] = (
            [row for row in json.loads(check.stdout) if row["verdict"] != "ok"] if check.stdout else check.stderr
        )
        found[f"status_{drop}"] = run("onion-dropbox", drop, "status", "--json").stdout[:300]
    found["serve_refused"] = run("onion-dropbox", DROPS[0], "serve", code=1).stderr.splitlines()[0]
    found["config_refused"] = run(
        "onion-dropbox", DROPS[0], "status", "--config", "/etc/passwd", code=1
    ).stderr.splitlines()[0]
    found["left_in_exchange"] = [path.name for path in Path("/var/lib/onion-dropbox-exchange").iterdir()]


def try_across(found: Found) -> None:
    """As one drop's user, try to read and reach everything of the other one's; list what worked."""
    one, other = DROPS
    reached = []
    for here, there in ((one, other), (other, one)):
        user = f"drop-{here}"
        for path in (
            f"/var/lib/onion-dropbox/{there}",
            f"/var/lib/onion-dropbox/{there}/store.sqlite",
            f"/var/lib/onion-dropbox/{there}/secret.key",
            f"/etc/onion-dropbox/{there}",
            f"/etc/onion-dropbox/{there}/config.toml",
            f"/etc/onion-dropbox/{there}/keys/member.asc",
            f"/var/spool/onion-dropbox/{there}",
            f"/run/onion-dropbox/{there}",
            f"/var/lib/tor/onion-dropbox-{there}/hs_ed25519_secret_key",
            f"/var/lib/tor/onion-dropbox-{here}/hs_ed25519_secret_key",
        ):
            assert Path(path).exists() or "/tor/" in path, path
            code, _ = as_user(user, "sh", "-c", f"cat {path} || ls {path}")
            reached += [f"{user} {path}"] if code == 0 else []
        connect = f"import socket; s = socket.socket(socket.AF_UNIX); s.connect('/run/onion-dropbox/{there}/drop.sock')"
        code, said = as_user(user, "/usr/bin/python3", "-c", connect)
        reached += [f"{user} socket"] if code == 0 else []
        found[f"why_not_{here}"] = said.splitlines()[-1:]
        pid = run("pgrep", "-u", f"drop-{there}", "-f", "dropbox-server", code=None).stdout.split()
        code, _ = as_user(user, "sh", "-c", f"cat /proc/{pid[0] if pid else 1}/environ")
        reached += [f"{user} environ"] if code == 0 else []
    connect = f"import socket; s = socket.socket(socket.AF_UNIX); s.connect('/run/onion-dropbox/{one}/drop.sock')"
    found["tor_reaches"] = as_user("debian-tor", "/usr/bin/python3", "-c", connect)[0] == 0
    found["nobody_reaches"] = as_user("nobody", "/usr/bin/python3", "-c", connect)[0] == 0
    found["reached_across"] = reached


def carry_client(found: Found) -> None:
    """A client key that the drop's user writes reaches tor; a link that they plant does not."""
    drop = DROPS[0]
    user = pwd.getpwnam(f"drop-{drop}")
    folder = Path(f"/var/lib/onion-dropbox/{drop}/courier/authorized_clients")
    clients = Path(f"/var/lib/tor/onion-dropbox-{drop}-courier/authorized_clients")
    script = (
        f"mkdir -p -m 700 {folder} && cd {folder} && ln -sf /etc/shadow evil.auth && "
        f"printf 'descriptor:x25519:{'A' * 51}A\\n' > anna.auth && ls"
    )
    assert as_user(user.pw_name, "sh", "-c", script)[0] == 0
    if WITH_SYSTEMD:
        wait_for(clients / "anna.auth")
    else:
        run("/usr/lib/onion-dropbox/bin/onion-dropbox-carry", drop)
    found["clients"] = sorted(path.name for path in clients.iterdir())
    found["client_owner"] = (clients / "anna.auth").owner()
    (folder / "anna.auth").unlink()
    if WITH_SYSTEMD:
        until = time.monotonic() + 120
        while (clients / "anna.auth").exists() and time.monotonic() < until:
            time.sleep(0.1)
    else:
        run("/usr/lib/onion-dropbox/bin/onion-dropbox-carry", drop)
    found["clients_after"] = sorted(path.name for path in clients.iterdir())
    found["address"] = Path(f"/var/lib/onion-dropbox/{drop}/tor/address").exists()


def look_back(found: Found) -> None:
    if WITH_SYSTEMD:
        for drop in DROPS:
            found[f"journal_{drop}"] = run(
                "journalctl", "-b", "--no-pager", "-o", "cat", "-u", f"onion-dropbox@{drop}"
            ).stdout.splitlines()[-12:]
        kernel = run("journalctl", "-k", "-b", "--no-pager", "-o", "cat").stdout.splitlines()
        found["denied"] = sorted(
            {
                re.sub(r"audit\(.*?\): |pid=\d+ |ouid=\d+|fsuid=\d+", "", line)
                for line in kernel
                if ('DENIED" ' in line and 'comm="python3"' not in line) or "SECCOMP" in line or "type=1326" in line
            }
        )[:60]
        found["failed_units"] = run("systemctl", "--failed", "--plain", "--no-legend", code=None).stdout.splitlines()
        found["tor"] = run("journalctl", "-b", "--no-pager", "-o", "cat", "-u", "tor@default").stdout.splitlines()[-12:]
    else:
        for drop in DROPS:
            found[f"journal_{drop}"] = Path(f"/tmp/{drop}.log").read_text().splitlines()[-12:]


def tor_by_hand() -> subprocess.Popen[bytes]:
    """Run Debian's tor with Debian's configuration, but for its network."""
    run("install", "-d", "-m", "02755", "-o", "debian-tor", "-g", "debian-tor", "/run/tor")
    command = ["tor", *TORRC, "--RunAsDaemon", "0", "--DisableNetwork", "1"]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def lose_and_restore(folder: Path, found: Found, started: list[subprocess.Popen[bytes]]) -> None:
    """Back a drop up onto the stick, erase it with its onion keys, make it anew, and bring it back from shares."""
    drop = DROPS[0]
    hostname = Path(f"/var/lib/tor/onion-dropbox-{drop}/hostname")
    tor = None if WITH_SYSTEMD else tor_by_hand()
    try:
        wait_for(hostname)
        before = hostname.read_text()
        backup = folder / "stick/drop.backup"
        done = run("onion-dropbox", drop, "backup", str(backup), "--shares", "3", "--needed", "2", "--json")
        shares = json.loads(done.stdout)["shares"][:2]
        found["lent_keys_left"] = Path(f"/var/lib/onion-dropbox/{drop}/tor/onion").exists()
        if tor is not None:
            started[0].terminate()
            started[0].wait(30)
            tor.terminate()
            tor.wait(30)
        run("onion-dropbox-remove", drop, "--erase-everything", drop)
        found["erased"] = not (hostname.exists() or Path(f"/var/lib/onion-dropbox/{drop}").exists())
        run("onion-dropbox-add", drop)
        restored = subprocess.run(
            ["onion-dropbox", drop, "restore", str(backup), "--shares"],
            input="\n".join(shares) + "\n",
            capture_output=True,
            text=True,
            check=False,
        )
        found["restore"] = [restored.returncode, restored.stderr.splitlines()[-2:]]
        found["same_address"] = hostname.read_text() == before
        if WITH_SYSTEMD:
            run("systemctl", "start", f"onion-dropbox@{drop}")
        else:
            started[0] = serve_one_by_hand(drop, found)
        wait_for(socket_of(drop))
        time.sleep(1)
        back = SocketVisitor(socket_of(drop))
        page = back.submit(back.get("/return").form("codename"), {"codename": CODENAMES[drop]})
        found["codename_after"] = [page.status, page.path]
    finally:
        if tor is not None and tor.poll() is None:
            tor.kill()


def stop_and_remove(found: Found, started: list[subprocess.Popen[bytes]]) -> None:
    begun = time.monotonic()
    for process in started:
        process.terminate()
        found.setdefault("exit", []).append(process.wait(30))
    if WITH_SYSTEMD:
        run("systemctl", "stop", *(f"onion-dropbox@{drop}" for drop in DROPS))
    found["stop_seconds"] = round(time.monotonic() - begun, 1)
    found["remove"] = run("onion-dropbox-remove", DROPS[1]).stdout.splitlines()
    found["purge"] = run("dpkg", "--purge", "onion-dropbox").stdout.splitlines()
    found["kept"] = [drop for drop in DROPS if Path(f"/var/lib/onion-dropbox/{drop}/store.sqlite").exists()]


def main() -> None:
    folder = Path(sys.argv[1])
    found: Found = {"systemd": WITH_SYSTEMD, "failures": []}
    started: list[subprocess.Popen[bytes]] = []
    steps: list[Callable[[], object]] = [
        lambda: install(folder, found),
        lambda: add(folder, found),
        lambda: serve_with_systemd(found) if WITH_SYSTEMD else started.extend(serve_by_hand(found)),
        lambda: visit(found),
        lambda: use_commands(folder, found),
        lambda: carry_client(found),
        lambda: try_across(found),
        lambda: lose_and_restore(folder, found, started),
        lambda: look_back(found),
        lambda: stop_and_remove(found, started),
    ]
    begun = time.monotonic()
    try:
        for step in steps:
            try:
                step()
                print(f"-- {len(found)} found after {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
            except Exception:
                found["failures"].append(traceback.format_exc()[-1500:])
    finally:
        for process in started:
            if process.poll() is None:
                process.kill()
    print("RESULT " + json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
