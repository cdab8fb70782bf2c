"""dropbox-workstation: the commands. Parses, calls one room, prints; every refusal is an `error:` and a `hint:` line.

Standard output holds what was asked for (with --json exactly one document); banners then go to standard error.
"""

import argparse
import json
import logging
import os
import resource
import shutil
import sys
import webbrowser
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

from waitress import create_server

from dropbox.codename import case_name
from dropbox.errors import DropboxError, FingerprintMistyped, InvalidValue, ThreadBroken
from dropbox.gpg import Gpg
from dropbox.models import Fingerprint, Kind, parse_fingerprint
from dropbox.workstation import mandate, screens, trust
from dropbox.workstation.desk_site import Door, create_site
from dropbox.workstation.exporting import export_answer
from dropbox.workstation.extracting import extract_case
from dropbox.workstation.importing import import_pickup
from dropbox.workstation.reading import as_json, mark_read, read_case
from dropbox.workstation.replying import Draft, read_text, write_to_case
from dropbox.workstation.terminal import count, line, paragraphs
from dropbox.workstation.thread import items_of, summaries
from dropbox.workstation.vault import Vault, choose_key, create_vault, default_folder, open_vault, usable_keys

Arguments = argparse.Namespace
_MAX_WIDTH = 120


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 wrong usage."""
    os.umask(0o077)
    # a crash must not leave what was unsealed in a core file
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    arguments = _parser().parse_args(argv)
    try:
        arguments.run(arguments)
        sys.stdout.flush()
    except DropboxError as error:
        return _refuse(str(error), error.hint)
    except BrokenPipeError:
        # nobody reads any more; what is left in the buffer must not fail a second time at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError:
        return _refuse("A file or folder could not be read or written.", "Check its name, permissions and free room.")
    except KeyboardInterrupt:
        return _refuse("Stopped. Nothing was half done.", "")
    except Exception as error:  # a traceback on a screen may stand beside what was unsealed; its kind is enough
        return _refuse(f"unexpected {type(error).__name__}", "This is a fault in the program; please report it.")
    return 0


def _refuse(message: str, hint: str) -> int:
    print(f"error: {line(message)}", file=sys.stderr)
    if hint:
        print(f"hint: {line(hint)}", file=sys.stderr)
    return 1


def _show(arguments: Arguments, document: object, lines: Callable[[int], Sequence[str]], vault: Vault) -> None:
    """Print the banners, then the JSON document or the lines for people."""
    width = min(shutil.get_terminal_size().columns, _MAX_WIDTH)
    first = screens.banner_lines(vault.casebook, width)
    if first:
        print("\n".join(first) + "\n", file=sys.stderr if arguments.json else sys.stdout)
    print(json.dumps(document) if arguments.json else "\n".join(lines(width)))


def _init(arguments: Arguments) -> None:
    own = Gpg(None, agent=True)
    key = choose_key(own, _ask_for_key(own) if arguments.key is None else _named_key(arguments.key))
    with create_vault(arguments.vault, key) as vault:
        if arguments.drop_key is not None:
            trust.expect_drop(vault.casebook, " ".join(arguments.drop_key))
        vault.save()
        lines = [f"The vault {line(str(arguments.vault))} belongs to your key {key}."]
        lines.append(_next("import FILE", arguments))
        document = {"vault": vault.casebook.vault, "folder": str(arguments.vault), "key": key}
        _show(arguments, document, lambda _: lines, vault)


def _next(command: str, arguments: Arguments) -> str:
    elsewhere = "" if arguments.vault == default_folder() else f" --vault {line(str(arguments.vault))}"
    return f"Next: dropbox-workstation {command}{elsewhere}"


def _named_key(text: str) -> Fingerprint:
    try:
        return parse_fingerprint(text)
    except InvalidValue:
        raise FingerprintMistyped from None


def _ask_for_key(own: Gpg) -> Fingerprint | None:
    """Offer a choice among several keys, at a terminal only."""
    keys = usable_keys(own)
    if len(keys) < 2 or not sys.stdin.isatty():
        return None
    for number, key in enumerate(keys, start=1):
        print(f"{number}  {key.fingerprint}  {line(', '.join(key.uids))}", file=sys.stderr)
    print("Which key reads this desk's reports? Number: ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline().strip()
    return keys[int(answer) - 1].fingerprint if answer.isdigit() and 0 < int(answer) <= len(keys) else None


def _confirm(arguments: Arguments) -> None:
    words = " ".join(arguments.words)
    with open_vault(arguments.vault) as vault:
        if arguments.roster:
            desk = trust.confirm_roster(vault.casebook, words)
            document, text = {"confirmed": "roster", "desk": desk}, f"The roster of desk {desk} is confirmed."
        else:
            trust.confirm_drop(vault.casebook, words)
            document, text = {"confirmed": "drop"}, "The drop's key is confirmed."
        vault.save()
        _show(arguments, document, lambda _: [text], vault)


def _import(arguments: Arguments) -> None:
    with open_vault(arguments.vault) as vault:
        report = import_pickup(vault, arguments.file)
        _show(arguments, asdict(report), lambda _: screens.import_lines(report), vault)


def _cases(arguments: Arguments) -> None:
    with open_vault(arguments.vault) as vault:
        found = summaries(vault.casebook)
        document = [
            {
                "case": summary.case,
                "name": summary.name,
                "desk": summary.desk,
                "mandate": summary.mandate,
                "received": summary.received.isoformat(),
                "submissions": summary.submissions,
                "replies": summary.replies,
                "unread": summary.unread,
            }
            for summary in found
        ]
        _show(arguments, document, lambda _: screens.case_lines(found), vault)


def _read(arguments: Arguments) -> None:
    with open_vault(arguments.vault) as vault:
        case = vault.casebook.find_case(arguments.case)
        shown = read_case(vault, case)
        document = as_json(shown, case_name(case.case))
        _show(arguments, document, lambda width: screens.thread_lines(vault.casebook, shown, width), vault)
        sys.stdout.flush()
        mark_read(vault, shown)
        if not shown.whole:
            raise ThreadBroken


def _extract(arguments: Arguments) -> None:
    with open_vault(arguments.vault) as vault:
        shown = read_case(vault, vault.casebook.find_case(arguments.case))
        files = extract_case(vault, shown, arguments.to)
        document = {
            "case": shown.case.case,
            "files": [
                {
                    "item": each.item,
                    "path": str(each.path),
                    "name": each.attachment.name,
                    "bytes": each.attachment.size,
                    "sha256": each.attachment.sha256,
                }
                for each in files
            ],
        }
        _show(arguments, document, lambda _: screens.extract_lines(files), vault)
        if not shown.whole:
            raise ThreadBroken


def _write(arguments: Arguments) -> None:
    kind = arguments.kind
    text = read_text(arguments.text_file, sys.stdin.buffer)
    with open_vault(arguments.vault) as vault:
        case = vault.casebook.find_case(arguments.case)
        notice = mandate.notice_at_reply(mandate.in_force(items_of(vault.casebook, case.case)))
        record = write_to_case(vault, case, Draft(kind, text, arguments.attach))
        document = {
            "case": case.case,
            "item": record.item,
            "kind": kind.value,
            "day": record.day.isoformat(),
            "notice": notice,
        }
        done = f"The {kind} to {case_name(case.case)} is sealed. It leaves with the next answer bundle."
        lines = [done, _next("export FILE", arguments)]
        _show(arguments, document, lambda width: [*paragraphs(notice, width, ""), *lines][not notice :], vault)


def _export(arguments: Arguments) -> None:
    with open_vault(arguments.vault) as vault:
        report = export_answer(vault, arguments.file)
        parts = [
            count(report.replies, "reply", "replies"),
            count(report.notes, "note"),
            count(report.receipts, "receipt"),
            count(report.read, "read mark"),
        ]
        text = f"Answer bundle {report.sequence}: {', '.join(parts)}. Wrote {line(str(arguments.file))}"
        _show(arguments, {"file": str(arguments.file), **asdict(report)}, lambda _: [text], vault)


def _open(arguments: Arguments) -> None:
    """Serve the desk page until it is stopped. Its answers stay in memory, however large they are."""
    with open_vault(arguments.vault):
        pass
    door = Door()
    site = create_site(arguments.vault, door)
    server = create_server(site, host="127.0.0.1", port=0, threads=1, ident=None, outbuf_overflow=1 << 40)
    site.config["HOST"] = f"127.0.0.1:{server.effective_port}"
    # It would tell how many requests wait, which says nothing to whoever sits here.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    url = f"http://{site.config['HOST']}/enter/{door.link}"
    text = f"The desk page opens once, with this link:\n  {url}\nTo stop it, press Ctrl-C here."
    print(json.dumps({"url": url}) if arguments.json else text, flush=True)
    if sys.stdin.isatty():
        webbrowser.open(url)
    server.run()


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(f"error: {line(message)}", file=sys.stderr)
        print(f"hint: {self.format_usage().strip()}", file=sys.stderr)
        sys.exit(2)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="dropbox-workstation",
        description="Read and answer reports on a machine without a network. Your key is the one in your GnuPG home.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)

    def command(name: str, run: Callable[[Arguments], None], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.add_argument("--vault", type=Path, default=default_folder(), metavar="DIR", help="default: %(default)s")
        added.add_argument("--json", action="store_true", help="print one JSON document")
        added.set_defaults(run=run)
        return added

    _add_commands(command)
    return parser


def _add_commands(command: Callable[[str, Callable[[Arguments], None], str], argparse.ArgumentParser]) -> None:
    init = command("init", _init, "Start a vault for your key.")
    init.add_argument("--key", metavar="FINGERPRINT", help="your key, when you have several")
    help_words = "the ten words of the drop's key, as the operator told you"
    init.add_argument("--drop-key", nargs="+", metavar="WORDS", help=help_words)
    confirm = command("confirm", _confirm, "Say that words which you compared by voice are the same.")
    confirm.add_argument("--roster", action="store_true", help="the words are those of a changed roster")
    confirm.add_argument("words", nargs="+", metavar="WORDS", help="the ten words, as the other person read them out")
    command("import", _import, "Import a pickup bundle.").add_argument("file", type=Path, metavar="FILE")
    command("cases", _cases, "List the cases.")
    help_case = "its id, the first 4 or more digits of it, or its two words"
    command("read", _read, "Show a case.").add_argument("case", metavar="CASE", help=help_case)
    extract = command("extract", _extract, "Put every file of a case into a folder.")
    extract.add_argument("case", metavar="CASE", help=help_case)
    extract.add_argument("--to", type=Path, required=True, metavar="DIR", help="made when it is not there")
    for kind, text in ((Kind.REPLY, "Answer the reporter."), (Kind.NOTE, "Write to the members of your own desk.")):
        write = command(kind.value, _write, text)
        write.add_argument("case", metavar="CASE", help=help_case)
        write.add_argument("--text-file", required=True, metavar="FILE", help="UTF-8; - for standard input")
        write.set_defaults(kind=kind, attach=[])
        if kind is Kind.REPLY:
            help_attach = "a file to go with it; may be given several times"
            write.add_argument("--attach", type=Path, action="append", default=[], metavar="FILE", help=help_attach)
    export = command("export", _export, "Write an answer bundle.")
    export.add_argument("file", type=Path, metavar="FILE", help="a new file; nothing is ever overwritten")
    command("open", _open, "Show the cases in your browser, for reading.")
