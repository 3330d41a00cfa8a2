"""The API's reference, read out of its OpenAPI schema: what the page at /docs shows.

The usual documentation pages load a megabyte of scripts from a content delivery network; this one needs none, and new
routes appear on it by themselves.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
_LINE = 88
_PLAIN = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true | false", "object": "object"}


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a JSON body."""

    name: str
    type: str
    default: str
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    """A method on a path, with an example of a request and its answer."""

    method: str
    path: str
    summary: str
    description: str
    fields: tuple[Field, ...]
    in_body: bool
    request: str
    answer: str
    errors: tuple[tuple[str, str], ...]

    @property
    def anchor(self) -> str:
        """A name for links to it."""
        return f"{self.method}{self.path}".lower().replace("/", "-").replace("{", "").replace("}", "")


@dataclass(frozen=True, slots=True)
class Reference:
    """All operations of an API."""

    summary: str
    version: str
    operations: tuple[Operation, ...]

    @classmethod
    def of(cls, schema: Schema) -> "Reference":
        """The reference that an OpenAPI schema amounts to."""
        info = schema["info"]
        return cls(info.get("summary", ""), info["version"], tuple(_operations(schema)))


def _operations(schema: Schema) -> Iterator[Operation]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            fields = _properties(schema, body) if body else [_parameter(schema, one) for one in operation.get("parameters", [])]
            responses = operation["responses"]
            asked = {field.name: example for field, example in fields if example is not None}
            if body and (whole := _resolved(schema, body).get("examples")):
                asked = whole[0]  # where not all fields go together
            example = responses.get("200", {}).get("content", {}).get("application/json", {}).get("example")
            yield Operation(
                method=method.upper(),
                path=path,
                summary=operation.get("summary", ""),
                description=operation.get("description", ""),
                fields=tuple(field for field, _ in fields),
                in_body=body is not None,
                request=_request(method, path, body is not None, asked),
                answer=_printed(example) if example else "",
                errors=tuple((status, response["description"]) for status, response in sorted(responses.items()) if status >= "300"),
            )


def _parameter(schema: Schema, parameter: Schema) -> tuple[Field, Any]:
    described = {"description": parameter.get("description", ""), **parameter["schema"]}
    return _field(schema, parameter["name"], described, parameter.get("required", False))


def _properties(schema: Schema, body: Schema) -> list[tuple[Field, Any]]:
    resolved = _resolved(schema, body)
    required = resolved.get("required", [])
    return [_field(schema, name, described, name in required) for name, described in resolved.get("properties", {}).items()]


def _field(schema: Schema, name: str, described: Schema, required: bool) -> tuple[Field, Any]:
    default = described.get("default")
    shown = "required" if required else "" if default is None else json.dumps(default)
    examples = described.get("examples", [])
    return Field(name, _type(schema, described), shown, described.get("description", "")), examples[0] if examples else None


def _type(schema: Schema, described: Schema) -> str:
    described = _resolved(schema, described)
    if "anyOf" in described:
        return " or ".join(_type(schema, one) for one in described["anyOf"] if one.get("type") != "null")
    if "enum" in described:
        return " | ".join(described["enum"])
    if "prefixItems" in described:
        return f"[{', '.join(_type(schema, one) for one in described['prefixItems'])}]"
    if described.get("type") == "array":
        return f"list of {_type(schema, described.get('items', {}))}"
    return _PLAIN.get(str(described.get("type")), "any")


def _resolved(schema: Schema, described: Schema) -> Schema:
    """The schema that a reference points to, kept with what is said beside the reference."""
    if "$ref" not in described:
        return described
    target: Any = schema
    for step in described["$ref"].removeprefix("#/").split("/"):
        target = target[step]
    return {**target, **{name: value for name, value in described.items() if name != "$ref"}}


def _request(method: str, path: str, in_body: bool, examples: Mapping[str, Any]) -> str:
    for name, example in examples.items():
        path = path.replace(f"{{{name}}}", str(example))
    address = f"http://127.0.0.1:8000{path}"
    if in_body:
        return f"curl {address} \\\n  -H 'Content-Type: application/json' \\\n  -d '{json.dumps(examples)}'"
    if "{" in path or not examples or method != "get" or all(f"/{example}" in path for example in examples.values()):
        return f"curl {address}"
    asked = "".join(f" \\\n  --data-urlencode '{name}={one}'" for name, example in examples.items() for one in _each(example))
    return f"curl --get {address}{asked}"


def _each(example: Any) -> list[Any]:
    return example if isinstance(example, list) else [example]


def _printed(value: Any, indent: str = "") -> str:
    """JSON with what fits into a line on one line."""
    line = json.dumps(value, ensure_ascii=False)
    deeper = indent + "  "
    if len(indent) + len(line) <= _LINE:
        return line
    if isinstance(value, dict):
        items = [f"{json.dumps(name)}: {_printed(one, deeper)}" for name, one in value.items()]
        opening, closing = "{}"
    elif isinstance(value, list):
        items = [_printed(one, deeper) for one in value]
        opening, closing = "[]"
    else:
        return line
    return opening + ",".join(f"\n{deeper}{item}" for item in items) + f"\n{indent}{closing}"
