"""What schemathesis is told beside its configuration."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.hook
def before_load_schema(_context: schemathesis.HookContext, raw_schema: dict[str, Any]) -> None:
    """Loosens tuples in answers: it rewrites them in the way of older drafts and then finds them invalid."""
    components = raw_schema.get("components", {}).get("schemas", {})
    for operations in raw_schema["paths"].values():
        for operation in operations.values():
            for response in operation.get("responses", {}).values() if isinstance(operation, dict) else ():
                _loosen(response, components, set())


def _loosen(node: object, components: dict[str, Any], seen: set[str]) -> None:
    if isinstance(node, list):
        for item in node:
            _loosen(item, components, seen)
    elif isinstance(node, dict):
        name = str(node.get("$ref", "")).removeprefix("#/components/schemas/")
        if name in components and name not in seen:
            seen.add(name)
            _loosen(components[name], components, seen)
        if "prefixItems" in node:
            node["items"] = {"anyOf": node.pop("prefixItems")}
        for value in node.values():
            _loosen(value, components, seen)
