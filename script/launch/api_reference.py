"""The description of our services (OpenAPI) as a page of Markdown: read without a network, found by the site's search.

`render` takes the operations whose addresses begin alike, by what they are about, and after them each shape that they
take or answer, once.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

_METHODS = ("get", "post", "put", "patch", "delete")
_SHAPES = "#/components/schemas/"

Schema = dict[str, Any]


def render(schema: Schema, *, prefix: str, title: str, about: str) -> str:
    """Return the page of whatever is under an address."""
    operations = [
        (path, method, operation)
        for path, methods in schema["paths"].items()
        if path.startswith(prefix)
        for method, operation in methods.items()
        if method in _METHODS
    ]
    subjects = dict.fromkeys(operation["tags"][0] for _path, _method, operation in operations)
    parts = [f"# {title}", about, _table("call", "what", [_contents(one) for one in operations])]
    for subject in subjects:
        parts.append(f"## {subject.partition(': ')[2].capitalize() or subject}")
        for path, method, operation in operations:
            if operation["tags"][0] == subject:
                parts += _operation(path, method, operation)
    parts.append("## Shapes")
    for name in sorted(_shapes_of([one for _path, _method, one in operations], schema)):
        parts += _shape(name, schema["components"]["schemas"][name])
    return "\n\n".join(part for part in parts if part) + "\n"


def _contents(one: tuple[str, str, Schema]) -> tuple[str, str]:
    path, method, operation = one
    return f"[`{method.upper()} {path}`](#{_anchor(operation)})", operation.get("summary", "")


def _anchor(operation: Schema) -> str:
    return f"call-{operation['operationId'].replace('_', '-')}"


def _operation(path: str, method: str, operation: Schema) -> Iterator[str]:
    yield f"### {method.upper()} {path} {{ #{_anchor(operation)} }}"
    yield f"**{operation['summary']}**"
    yield operation.get("description", "")
    rows = [
        (
            f"`{one['name']}`",
            one["in"] + ("" if one.get("required") else ", optional"),
            _type(one["schema"]),
            one.get("description", ""),
        )
        for one in operation.get("parameters", [])
    ]
    yield _table("parameter", "where", "type", "meaning", rows)
    if body := operation.get("requestBody"):
        yield from _content("Takes", body)
    refusals = []
    for status, answer in operation["responses"].items():
        if status < "400":
            yield from _content(f"Answers {status}", answer)
        else:
            refusals.append((status, _codes(answer), answer.get("description", "")))
    yield _table("refusal", "codes", "meaning", refusals)


def _content(title: str, told: Schema) -> Iterator[str]:
    """Say in which shape something is told, with the first of its examples for each kind of body."""
    if not told.get("content"):
        yield f"{title}: {told.get('description') or 'no body'}."
    kinds: dict[str, str] = {}
    for kind, content in told.get("content", {}).items():  # Several kinds of body are one shape in several spellings.
        kinds.setdefault(_type(content.get("schema", {})), kind)
    for shape, kind in kinds.items():
        yield f"{title}: {shape} (`{kind}`)"
        for example in told["content"][kind].get("examples", {}).values():
            body = json.dumps(example.get("value"), ensure_ascii=False, indent=2)
            yield f"{example.get('summary', 'Example')}:\n\n```json\n{body}\n```"


def _codes(answer: Schema) -> str:
    """Return the codes that the examples of a refusal name."""
    codes = {
        error["code"]
        for content in answer.get("content", {}).values()
        for example in content.get("examples", {}).values()
        for error in example.get("value", {}).get("errors", [])
    }
    return ", ".join(f"`{code}`" for code in sorted(codes))


def _shape(name: str, shape: Schema) -> Iterator[str]:
    yield f"### {name} {{ #{_shape_anchor(name)} }}"
    yield shape.get("description", "")
    required = shape.get("required", [])
    rows = [
        (f"`{field}`", _type(what) + ("" if field in required else ", optional"), _meaning(what))
        for field, what in shape.get("properties", {}).items()
    ]
    yield _table("field", "type", "meaning", rows)
    if values := shape.get("enum"):
        yield "" if shape.get("description") else ", ".join(f"`{value}`" for value in values)


def _meaning(what: Schema) -> str:
    words = [what.get("description", "")]
    if limits := [f"{word} {what[key]}" for key, word in _LIMITS.items() if key in what]:
        words.append(f"({', '.join(limits)})")
    if "example" in what:
        words.append(f"e.g. `{what['example']}`")
    return " ".join(word for word in words if word)


_LIMITS = {
    "minimum": "from",
    "maximum": "to",
    "minLength": "signs, from",
    "maxLength": "signs, to",
    "maxItems": "at most",
}


def _type(what: Schema) -> str:
    if reference := what.get("$ref"):
        name = reference.removeprefix(_SHAPES)
        return f"[{name}](#{_shape_anchor(name)})"
    for several in ("allOf", "oneOf", "anyOf"):
        if several in what:
            return " or ".join(dict.fromkeys(_type(one) for one in what[several]))
    if "enum" in what:
        return " or ".join(f"`{json.dumps(value, ensure_ascii=False)}`" for value in what["enum"])
    types = what.get("type", "anything")
    types = types if isinstance(types, list) else [types]
    words = [f"list of {_type(what.get('items', {}))}" if one == "array" else one for one in types]
    return " or ".join(words) + (f" ({what['format']})" if "format" in what else "")


def _shape_anchor(name: str) -> str:
    return f"shape-{name.lower()}"


def _shapes_of(told: Any, schema: Schema) -> set[str]:
    """Return the names of the shapes that something speaks of, and those that these speak of."""
    found: set[str] = set()
    waiting = [told]
    while waiting:
        for name in re.findall(rf'"\$ref": "{_SHAPES}(\w+)"', json.dumps(waiting.pop())):
            if name not in found:
                found.add(name)
                waiting.append(schema["components"]["schemas"][name])
    return found


def _table(*heads_and_rows: Any) -> str:
    *heads, rows = heads_and_rows
    if not rows:
        return ""
    lines = [heads, ["---"] * len(heads), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text.replace("|", "\\|"))
