"""What leaves for the desks and what comes back: pickup bundles made from the store, answer bundles applied to it.

Both work while the site is being served, one at a time over all processes.
"""

from dropbox.server.transfer.exporting import ExportSummary, Prepared, export_desk, prepare_export, write_export
from dropbox.server.transfer.importing import ImportSummary, import_answer

__all__ = [
    "ExportSummary",
    "ImportSummary",
    "Prepared",
    "export_desk",
    "import_answer",
    "prepare_export",
    "write_export",
]
