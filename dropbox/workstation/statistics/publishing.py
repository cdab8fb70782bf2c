"""Figures and public account as files: all of them new, or none where one is there already."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from dropbox.errors import TargetExists
from dropbox.target import new_file
from dropbox.workstation import document
from dropbox.workstation.ceremony import make_folder
from dropbox.workstation.speech import speaking
from dropbox.workstation.statistics.chart import svg
from dropbox.workstation.statistics.figures import Figures, as_json
from dropbox.workstation.statistics.public import LANGUAGES, account
from dropbox.workstation.vault import Vault

Files = dict[str, bytes]
"""What is to be written: the name of each file, and its content."""


def figures_files(vault: Vault, figures: Figures) -> Files:
    """Return the figures as JSON, the signature of this vault's key over exactly those bytes, and their charts."""
    data = (json.dumps(as_json(figures), indent=2, ensure_ascii=False) + "\n").encode()
    name = f"{figures.name}.json"
    signed = vault.own.sign_detached(data, vault.casebook.key)
    return {name: data, f"{name}.asc": signed} | {
        f"{figures.name}.{language}.svg": _chart(figures, language).encode() for language in LANGUAGES
    }


def account_files(figures: Figures) -> Files:
    """Return the public account in each language as a text, a page and a PDF."""
    files: Files = {}
    for language in LANGUAGES:
        made, name = account(figures, language), f"account-{figures.desk}-{figures.year}.{language}"
        files |= {f"{name}.txt": document.as_text(made), f"{name}.pdf": document.as_pdf(made)}
        files[f"{name}.html"] = _with_chart(document.as_html(made), _chart(figures, language))
    return files


def write_files(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write all of them into a folder, which is made where it is not there.

    Raises TargetExists before anything is written, and TargetUnusable.
    """
    paths = [make_folder(folder) / name for name in files]
    if any(os.path.lexists(path) for path in paths):
        raise TargetExists
    for path, content in zip(paths, files.values(), strict=True):
        with new_file(path) as stream:
            stream.write(content)
    return paths


def _chart(figures: Figures, language: str) -> str:
    with speaking(language):
        return svg(figures)


def _with_chart(page: bytes, chart: str) -> bytes:
    """Return a page with the chart below its text: one file that needs no other."""
    return page.replace(b"</body>", chart.encode() + b"</body>")
