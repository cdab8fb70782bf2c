"""Prints the workstation's guide for A4: docs/guide/guide.LANGUAGE.html, with pictures of the real desk page."""

from __future__ import annotations

import argparse
import base64
import re
import sys
import tempfile
from pathlib import Path

from scripts.guide_pictures import STORIES, take_pictures
from tests.chromium import Chromium

SOURCES = Path(__file__).resolve().parent.parent / "docs" / "guide"
PICTURES = Path("build/guide/pictures")
_PLACE = "PICTURES/"
_DATES = re.compile(rb"/(CreationDate|ModDate) \(D:(\d{14})([^)]*)\)")
_SOME_DAY = b"20200101000000"


def pdf_of(language: str, folder: Path = SOURCES) -> Path:
    return folder / f"guide-{language}.pdf"


def print_guide(language: str, pictures: Path, target: Path) -> None:
    """Print one language's guide from its source and a folder of pictures."""
    source = (SOURCES / f"guide.{language}.html").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="guide-") as folder:
        page = Path(folder) / "guide.html"
        page.write_text(source.replace(_PLACE, f"{pictures.resolve().as_uri()}/"), encoding="utf-8")
        (Path(folder) / "guide.css").write_bytes((SOURCES / "guide.css").read_bytes())
        with Chromium(languages=language) as browser:
            browser.go(page.as_uri())
            options = {"printBackground": True, "preferCSSPageSize": True, "generateTaggedPDF": True}
            printed = browser.driver.execute_cdp_cmd("Page.printToPDF", options)
    target.write_bytes(undated(base64.b64decode(printed["data"])))


def undated(pdf: bytes) -> bytes:
    """Put one and the same moment, of the same length, for the moment at which it was printed."""
    return _DATES.sub(rb"/\1 (D:" + _SOME_DAY + rb"\3)", pdf)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/guide", description=__doc__)
    parser.add_argument("--to", type=Path, default=SOURCES, metavar="DIR", help="default: docs/guide")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="take none, use those in DIR")
    options = parser.parse_args()
    for language in STORIES:
        pictures = options.pictures or PICTURES
        if options.pictures is None:
            take_pictures(pictures / language, language)
        print_guide(language, pictures, pdf_of(language, options.to))
        print(pdf_of(language, options.to))
    return 0


if __name__ == "__main__":
    sys.exit(main())
