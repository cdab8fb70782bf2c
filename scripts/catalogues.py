"""The catalogues of the reporter's pages: sentences go from code and templates into one .po for each language.

Only sentences enter: no dates, no line numbers, no names of people or machines, so that a diff of a catalogue shows
what was said anew and nothing else. What a translation must keep is checked here, for translators and for the tests.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from copy import deepcopy
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).resolve().parent.parent / "dropbox"
TRANSLATIONS = PACKAGE / "translations"
_MAPPING = TRANSLATIONS / "babel.cfg"
_KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None}
_WIDTH = 120
_VALUE = re.compile(r"%\(\w+\)s")
_HEADER = """\
# {name} words of onion-dropbox's pages. How to work on them: docs/translating.md
msgid ""
msgstr ""
"Project-Id-Version: onion-dropbox\\n"
"Language: {code}\\n"
"Plural-Forms: {plurals}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def extract() -> Catalog:
    """Return every sentence of the code and the templates, untranslated."""
    with _MAPPING.open(encoding="utf-8") as lines:
        methods, options = parse_mapping_cfg(lines)  # type: ignore[no-untyped-call]
    template = Catalog(charset="utf-8")
    found = extract_from_dir(PACKAGE, methods, options, _KEYWORDS, ("Translators:",), strip_comment_tags=True)
    for path, line, sentence, comments, context in sorted(found, key=lambda each: (each[0], each[1])):
        template.add(sentence, None, [(Path(path).as_posix(), line)], auto_comments=comments, context=context)
    return template


def languages() -> tuple[str, ...]:
    return tuple(sorted(path.parent.parent.name for path in TRANSLATIONS.glob("*/LC_MESSAGES/messages.po")))


def path_of(code: str) -> Path:
    return TRANSLATIONS / code / "LC_MESSAGES" / "messages.po"


def read(code: str) -> Catalog:
    with path_of(code).open("rb") as file:
        return read_po(file, locale=code, charset="utf-8", abort_invalid=True)


def update(catalog: Catalog, template: Catalog) -> None:
    """Bring a catalogue to today's sentences: what has gone is dropped, what was reworded keeps its words, fuzzy."""
    catalog.update(deepcopy(template), update_header_comment=False)  # it keeps new sentences as they are, not as copies
    catalog.obsolete.clear()


def text_of(catalog: Catalog, code: str) -> bytes:
    """Return a catalogue as its .po file holds it."""
    body = BytesIO()
    write_po(body, catalog, _WIDTH, omit_header=True, sort_output=True, include_previous=True, include_lineno=False)
    header = _HEADER.format(name=Locale.parse(code).english_name, code=code, plurals=get_plural(code).plural_forms)
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


def _write(code: str, template: Catalog) -> Catalog:
    """Update a language's .po, and compile it so that the pages show it."""
    path = path_of(code)
    catalog = read(code) if path.exists() else Catalog(locale=code, charset="utf-8")
    update(catalog, template)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = text_of(catalog, code)
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
    template, total = extract(), 0
    for code in sorted({*languages(), *([chosen.new] if chosen.new else [])}):
        catalog = read(code) if chosen.check else _write(code, template)
        found = list(faults(catalog, template))
        total += len(found)
        print(f"{code}: {len(template)} sentences, {len(found)} to be looked at")
        print("".join(f"  {fault}\n" for fault in found), end="")
    return 1 if chosen.check and total else 0


if __name__ == "__main__":
    sys.exit(main())
