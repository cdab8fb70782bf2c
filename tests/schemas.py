"""As much of JSON Schema (draft 2020-12) as our own schemas use; a word that is not known here fails the test."""

import re
from typing import Any

_TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}
_WORDS = {
    *("$schema", "title", "description", "$defs", "$ref", "type", "const", "anyOf", "pattern", "minimum", "maximum"),
    *("required", "properties", "additionalProperties", "items", "minItems", "maxItems"),
}


def faults(schema: dict[str, Any], value: Any, root: dict[str, Any] | None = None, at: str = "$") -> list[str]:
    """Return where a parsed document does not fit its schema; empty when it does."""
    root = root or schema
    assert set(schema) <= _WORDS, set(schema) - _WORDS
    found = faults(_referred(root, schema["$ref"]), value, root, at) if "$ref" in schema else []
    kinds = schema.get("type", [])
    if kinds and not any(_is(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        return [*found, f"{at}: not {kinds}"]
    if "const" in schema and value != schema["const"]:
        found.append(f"{at}: not {schema['const']}")
    if "anyOf" in schema and all(faults(each, value, root, at) for each in schema["anyOf"]):
        found.append(f"{at}: none of several")
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        found.append(f"{at}: not like {schema['pattern']}")
    if _is(value, "integer") and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        found.append(f"{at}: too small or too large")
    if isinstance(value, list):
        found += _list_faults(schema, value, root, at)
    return found + (_object_faults(schema, value, root, at) if isinstance(value, dict) else [])


def _list_faults(schema: dict[str, Any], value: list[Any], root: dict[str, Any], at: str) -> list[str]:
    found = [] if schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)) else [f"{at}: how many"]
    for place, each in enumerate(value):
        found += faults(schema.get("items", {}), each, root, f"{at}[{place}]")
    return found


def _object_faults(schema: dict[str, Any], value: dict[str, Any], root: dict[str, Any], at: str) -> list[str]:
    found = [f"{at}: no {name}" for name in schema.get("required", []) if name not in value]
    others = schema.get("additionalProperties", {})
    for name, each in value.items():
        inner = schema.get("properties", {}).get(name, others)
        found += [f"{at}: {name} is not known"] if inner is False else faults(inner, each, root, f"{at}.{name}")
    return found


def _referred(root: dict[str, Any], pointer: str) -> dict[str, Any]:
    for name in pointer.removeprefix("#/").split("/"):
        root = root[name]
    return root


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and not (kind == "integer" and isinstance(value, bool))
