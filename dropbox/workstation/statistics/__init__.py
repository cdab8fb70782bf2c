"""Figures of a year: counted from facts alone, small counts withheld, shown as tables, a chart and a public account.

Everything beside the counting itself sees only what may be published.
"""

from dropbox.workstation.statistics.chart import svg
from dropbox.workstation.statistics.figures import (
    FIRST_YEAR,
    LAST_YEAR,
    Facts,
    Figures,
    as_json,
    figures_of,
    years_of,
)
from dropbox.workstation.statistics.publishing import account_files, figures_files, write_files
from dropbox.workstation.statistics.rows import (
    Block,
    crossed,
    lines,
    nothing_text,
    single,
    total_text,
    unfinished_text,
    withheld_text,
)

__all__ = [
    "FIRST_YEAR",
    "LAST_YEAR",
    "Block",
    "Facts",
    "Figures",
    "account_files",
    "as_json",
    "crossed",
    "figures_files",
    "figures_of",
    "lines",
    "nothing_text",
    "single",
    "svg",
    "total_text",
    "unfinished_text",
    "withheld_text",
    "write_files",
    "years_of",
]
