"""Templates that are compiled once in a process of tests: sites are made by the hundred there, all from the same files.

Nothing else about a site is shared, and a template that changed is compiled again: Jinja looks at its source.
"""

from __future__ import annotations

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class Remembered(BytecodeCache):
    """Compiled templates in memory, by Jinja's key for one."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.bytecode_to_string()


def remember_templates() -> None:
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Remembered()}
