"""Waitress's log lines, made fixed texts: it would write paths and exceptions' words, which may be a reporter's."""

import logging
import traceback
from pathlib import Path


class _FixedTexts(logging.Filter):
    """What is kept of an exception is its kind and where in the code it happened."""

    def filter(self, record: logging.LogRecord) -> bool:
        where = ""
        if isinstance(record.exc_info, tuple) and record.exc_info[0] is not None:
            frames = traceback.extract_tb(record.exc_info[2])
            place = f" at {Path(frames[-1].filename).name} line {frames[-1].lineno}" if frames else ""
            where = f": {record.exc_info[0].__name__}{place}"
        record.msg, record.args = f"the web server met a problem{where}", ()
        record.exc_info = record.exc_text = record.stack_info = None
        return record.levelno >= logging.ERROR


def fix_log_texts() -> None:
    for name in ("waitress", "waitress.queue"):
        logger = logging.getLogger(name)
        if not any(isinstance(known, _FixedTexts) for known in logger.filters):
            logger.addFilter(_FixedTexts())
