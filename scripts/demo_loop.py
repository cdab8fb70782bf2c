"""The whole loop, narrated: a private Tor network, a report from a browser without scripts, an answer, a return."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import textwrap
import time
from pathlib import Path

from scripts.private_tor import PrivateTor
from tests.drop_process import BIN, DropProcess, command, command_json
from tests.factories import export_public, make_key, write_config
from tests.firefox import Firefox
from tests.journeys.over_tor import published_address
from tests.journeys.reporter import Reporter

STORY = "My manager comments on my body in every meeting. Since I said no, I get no shifts. I am afraid to say my name."
ANSWER = "Thank you for writing. You did nothing wrong. Nothing happens unless you ask for it; here is what we can do."


def main() -> int:
    base = Path(tempfile.mkdtemp(prefix="drop-demo-"))
    begun = time.monotonic()
    ended, code = "Done in", 0
    try:
        play(base)
    except KeyboardInterrupt:
        ended, code = "Stopped after", 130
    finally:
        shutil.rmtree(base, ignore_errors=True)
    tell(f"{ended} {time.monotonic() - begun:.0f} s. Nothing of it is left on this machine.")
    return code


def play(base: Path) -> None:
    home = base / "home"
    home.mkdir(mode=0o700)
    step(1, "An investigator makes a PGP key on a machine that never touches a network.")
    fingerprint = make_key(home, "Adviser")
    detail(f"fingerprint {fingerprint}")
    (base / "server").mkdir()
    onion = 'mode = "launch"\ntorrc_defaults = "torrc-defaults"'
    config = write_config(base / "server", {"adviser": [fingerprint]}, onion=onion)
    (config.parent / "keys" / "adviser.asc").write_bytes(export_public(home, fingerprint))
    step(2, "A private Tor network starts on loopback: three authorities, three relays, two clients.")
    with PrivateTor() as network:
        (config.parent / "torrc-defaults").write_text(network.torrc_of_the_network(), encoding="utf-8")
        step(3, "The drop starts behind an onion service. The operator tells the investigator its key as words.")
        with DropProcess(config) as drop:
            address = published_address(drop)
            detail(address)
            words = str(drop.server_json("status")["drop_key"])
            detail(words)
            loop(base, home, drop, (address, words), network)


def loop(base: Path, home: Path, drop: DropProcess, known: tuple[str, str], network: PrivateTor) -> None:
    address, words = known
    step(4, "A reporter opens it over Tor in a browser with scripts off, and sends a report with a file.")
    with Firefox(network.clients[0].socks_port) as browser:
        codename = report(browser, address, base)
    detail(f"the codename, the reporter's only secret: {codename}")
    held = [path for path in (config_data(drop) / "items").iterdir() if path.is_file()]
    detail(f"the server holds {len(held)} sealed item of {held[0].stat().st_size} bytes, and can open none of it")
    step(5, "The operator writes a pickup bundle to a USB stick and carries it to the workstation.")
    drop.server("export", "--desk", "adviser", base / "pickup.tar")
    step(6, "The workstation, with no network interface at all, verifies, unseals and shows the case.")
    offline = Workstation(home, base / "vault")
    offline.run("init", "--drop-key", words)
    offline.run("import", base / "pickup.tar")
    case = str(offline.cases()[0]["case"])
    print(textwrap.indent(offline.run("read", case), "      "))
    step(7, "The investigator answers; the answer is sealed to the reporter and signed, and carried back.")
    (base / "answer.txt").write_text(ANSWER, encoding="utf-8")
    offline.run("reply", case, "--text-file", base / "answer.txt")
    offline.run("export", base / "answer.tar")
    for line in drop.server("import", base / "answer.tar").splitlines():
        detail(line)
    step(8, "The reporter comes back over Tor with the seven words and reads the answer.")
    with Firefox(network.clients[1].socks_port) as browser:
        Reporter(browser, address).come_back(codename)
        for line in str(browser.find("article.reply").text).splitlines():
            detail(line)


def report(browser: Firefox, address: str, base: Path) -> str:
    evidence = base / "roster.txt"
    evidence.write_text("Monday: none\nTuesday: none\n" * 200, encoding="utf-8")
    reporter = Reporter(browser, address)
    reporter.fill_report(["adviser"], "listen", STORY, [evidence])
    reporter.send()
    return reporter.codename()


class Workstation:
    """The real commands in a namespace without a network, where this user may make one."""

    def __init__(self, home: Path, vault: Path) -> None:
        self._vault = vault
        self._env = {"GNUPGHOME": str(home)}

    def run(self, name: str, *arguments: str | Path) -> str:
        command_line = [str(BIN / "dropbox-workstation"), name, *map(str, arguments), "--vault", str(self._vault)]
        namespace = ["-n"] if os.geteuid() == 0 else ["-r", "-n"]
        return command("unshare", *namespace, *command_line, env={**self._env, "COLUMNS": "74"})

    def cases(self) -> list[dict[str, object]]:
        found = command_json("dropbox-workstation", "cases", "--vault", self._vault, env=self._env)
        return list(found)


def config_data(drop: DropProcess) -> Path:
    return drop.config.parent / "data"


def step(number: int, line: str) -> None:
    print("\n" + textwrap.fill(line, 80, initial_indent=f"  {number}. ", subsequent_indent="     "), flush=True)


def detail(line: str) -> None:
    print(textwrap.indent(textwrap.fill(line, 74), "      "), flush=True)


def tell(line: str) -> None:
    print(f"\n{line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
