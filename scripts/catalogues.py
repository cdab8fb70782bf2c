"""The catalogues of the reporter's pages and of the workstation: the code's sentences, one .po for each language.

Only sentences enter: no dates, no line numbers, no names of people or machines, so that a diff of a catalogue shows
what was said anew and nothing else. What a translation must keep is checked here, for translators and for the tests.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir, extract_from_file
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po, write_po

from dropbox import errors
from dropbox.errors import DropboxError

PACKAGE = Path(__file__).resolve().parent.parent / "dropbox"
TRANSLATIONS = _CONFIGURED = PACKAGE / "translations"
_NOT_THE_WORKSTATIONS = {"server", "courier", "errors", "config.py", "config_organisation.py", "config_table.py"}
_KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None}
_WIDTH = 120
_VALUE = re.compile(r"%\(\w+\)s")
_HEADER = """\
# {name} words of onion-dropbox's {part}. How to work on them: docs/translating.md
msgid ""
msgstr ""
"Project-Id-Version: onion-dropbox\\n"
"Language: {code}\\n"
"Plural-Forms: {plurals}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


@dataclass(frozen=True)
class Domain:
    """One set of catalogues: `name` is its files' name, `mapping` says where its sentences stand."""

    name: str
    mapping: str
    part: str
    with_errors: bool = False


PAGES = Domain("messages", "babel.cfg", "pages")
WORKSTATION = Domain("workstation", "workstation.cfg", "workstation", with_errors=True)
DOMAINS = (PAGES, WORKSTATION)


def extract(domain: Domain = PAGES) -> Catalog:
    """Return every sentence of the code and the templates, untranslated."""
    with (_CONFIGURED / domain.mapping).open(encoding="utf-8") as lines:
        methods, options = parse_mapping_cfg(lines)  # type: ignore[no-untyped-call]
    template = Catalog(charset="utf-8")
    found = extract_from_dir(PACKAGE, methods, options, _KEYWORDS, ("Translators:",), strip_comment_tags=True)
    for path, line, sentence, comments, context in sorted(found, key=lambda each: (each[0], each[1])):
        template.add(sentence, None, [(Path(path).as_posix(), line)], auto_comments=comments, context=context)
    if domain.with_errors:
        for sentence in error_sentences():
            template.add(sentence, None, [("errors", 1)])
        for sentence in reasons():
            template.add(sentence, None, [("workstation/examining.py", 1)])
    return template


def error_sentences() -> Iterator[str]:
    """Yield what errors say that are not the server's alone: those that any code outside of it names."""
    code = (path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] not in _NOT_THE_WORKSTATIONS)
    named = set(re.findall(r"\b[A-Z]\w+", "\n".join(path.read_text(encoding="utf-8") for path in code)))
    for name, kind in vars(errors).items():
        if name in named and isinstance(kind, type) and issubclass(kind, DropboxError):
            yield from filter(None, (kind.message, kind.hint))
    for room in sorted(PACKAGE.glob("errors/*.py")):
        for _line, sentence, *_ in extract_from_file("python", str(room), {"say": None}):
            yield sentence if isinstance(sentence, str) else sentence[0]


def reasons() -> Iterator[str]:
    """Yield why an item is quarantined: kept in the casebook as it stands in the code, translated when it is shown."""
    tree = ast.parse((PACKAGE / "workstation" / "examining.py").read_text(encoding="utf-8"))
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    yield from (text for text in texts if re.match("(it|its|what) ", text))


def languages(domain: Domain = PAGES) -> tuple[str, ...]:
    return tuple(sorted(path.parent.parent.name for path in TRANSLATIONS.glob(f"*/LC_MESSAGES/{domain.name}.po")))


def path_of(code: str, domain: Domain = PAGES) -> Path:
    return TRANSLATIONS / code / "LC_MESSAGES" / f"{domain.name}.po"


def read(code: str, domain: Domain = PAGES) -> Catalog:
    with path_of(code, domain).open("rb") as file:
        return read_po(file, locale=code, charset="utf-8", abort_invalid=True)


def update(catalog: Catalog, template: Catalog) -> None:
    """Bring a catalogue to today's sentences: what has gone is dropped, what was reworded keeps its words, fuzzy."""
    catalog.update(deepcopy(template), update_header_comment=False)  # it keeps new sentences as they are, not as copies
    catalog.obsolete.clear()


def text_of(catalog: Catalog, code: str, domain: Domain = PAGES) -> bytes:
    """Return a catalogue as its .po file holds it."""
    body = BytesIO()
    write_po(body, catalog, _WIDTH, omit_header=True, sort_output=True, include_previous=True, include_lineno=False)
    name, plurals = Locale.parse(code).english_name, get_plural(code).plural_forms
    header = _HEADER.format(name=name, part=domain.part, code=code, plurals=plurals)
    return header.encode() + body.getvalue().strip(b"\n") + b"\n"


def faults(catalog: Catalog, template: Catalog) -> Iterator[str]:
    """Name what is wrong with a catalogue, a line each: what is missing, left over, unsure, or lost a value."""
    for sentence in template:
        translated = catalog.get(sentence.id, sentence.context) if sentence.id else None
        if sentence.id and translated is None:
            yield f"not in the catalogue: {_shown(sentence)}"
        elif translated is not None:
            yield from _faults_of(translated)
    for sentence in (*catalog, *catalog.obsolete.values()):
        if sentence.id and template.get(sentence.id, sentence.context) is None:
            yield f"on no page any more: {_shown(sentence)}"


def _faults_of(sentence: Message) -> Iterator[str]:
    given = [sentence.string] if isinstance(sentence.string, str) else list(sentence.string or ())
    wanted = [sentence.id] if isinstance(sentence.id, str) else list(sentence.id)
    if not given or not all(text.strip() for text in given):
        yield f"not translated: {_shown(sentence)}"
        return
    if sentence.fuzzy:
        yield f"to be looked at again (fuzzy): {_shown(sentence)}"
    asked = set(_VALUE.findall(wanted[-1]))
    for number, text in enumerate(given):
        has = set(_VALUE.findall(text))
        # "one minute", "two minutes": a language may write out a number that only one of its plural forms is for.
        if has != asked and (number == len(given) - 1 or has - asked):
            yield f"other values between %( and )s: {_shown(sentence)}"
        if "%" in _VALUE.sub("", text):
            yield f"a % that belongs to no value, say it in words: {_shown(sentence)}"
        if text != text.strip() and wanted[-1] == wanted[-1].strip():
            yield f"white space at an end: {_shown(sentence)}"


def _shown(sentence: Message) -> str:
    text = sentence.id if isinstance(sentence.id, str) else sentence.id[0]
    return text if len(text) <= _WIDTH else text[:_WIDTH] + "…"


def _write(code: str, template: Catalog, domain: Domain) -> Catalog:
    """Update a language's .po, and compile it so that the pages show it."""
    path = path_of(code, domain)
    catalog = read(code, domain) if path.exists() else Catalog(locale=code, charset="utf-8")
    update(catalog, template)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = text_of(catalog, code, domain)
    if not path.exists() or path.read_bytes() != text:
        path.write_bytes(text)
    with path.with_suffix(".mo").open("wb") as compiled:
        write_mo(compiled, catalog)
    return catalog


def _new(code: str) -> str:
    try:
        Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        raise argparse.ArgumentTypeError(f"{code} is no language code, such as es or pt_BR") from None
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="scripts/catalogues", description=__doc__)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true", help="change nothing; fail when anything is to be done")
    choice.add_argument("--new", type=_new, metavar="LANGUAGE", help="begin the catalogue of one more language")
    chosen = parser.parse_args(arguments)
    total = 0
    for domain in DOMAINS:
        begun = [chosen.new] if chosen.new and domain is PAGES else []
        total += _go_over(domain, {*languages(domain), *begun}, check=chosen.check)
    return 1 if chosen.check and total else 0


def _go_over(domain: Domain, codes: set[str], *, check: bool) -> int:
    """Update or check a domain's catalogues, say what is to be done and return how much that is."""
    template, total = extract(domain), 0
    for code in sorted(codes):
        catalog = read(code, domain) if check else _write(code, template, domain)
        found = list(faults(catalog, template))
        total += len(found)
        print(f"{domain.part}, {code}: {len(template)} sentences, {len(found)} to be looked at")
        print("".join(f"  {fault}\n" for fault in found), end="")
    return total


if __name__ == "__main__":
    sys.exit(main())
