"""The OpenAPI document, and a readable page of it: plain HTML made here.

The usual documentation pages load scripts from elsewhere and run inline ones; this one works without a network and
under a policy that allows neither.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from emagsync.rest.auth import Viewer
from emagsync.rest.openapi import operations, required_role

router = APIRouter(include_in_schema=False)

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; color: #1f2430; }
summary { cursor: pointer; padding: .4rem .2rem; border-bottom: 1px solid #d9dce3; }
code, pre { font: 13px/1.45 ui-monospace, monospace; }
pre { background: #f4f5f8; padding: .6rem; overflow-x: auto; }
table { border-collapse: collapse; } td, th { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; }
.method { display: inline-block; width: 4.5rem; font-weight: 600; } .role { float: right; color: #5b6270; }
"""


@router.get("/openapi.json")
async def openapi(request: Request, _: Viewer) -> Response:
    """Every route as OpenAPI 3.1."""
    return JSONResponse(_document(request))


@router.get("/docs")
async def docs(request: Request, _: Viewer) -> Response:
    """Every route as a page, without scripts and without anything from elsewhere."""
    return HTMLResponse(render(_document(request)))


def _document(request: Request) -> dict[str, Any]:
    document: dict[str, Any] = request.app.openapi()
    return document


def render(document: dict[str, Any]) -> str:
    """The whole page of an OpenAPI document, as HTML."""
    info = document["info"]
    title = f"{info['title']} {info['version']}"
    by_tag: dict[str, list[str]] = {}
    for path, method, operation in operations(document):
        tag = str((operation.get("tags") or ["other"])[0])
        by_tag.setdefault(tag, []).append(_operation(path, method, operation))
    sections = "".join(f"<h2>{escape(tag)}</h2>{''.join(items)}" for tag, items in by_tag.items())
    schemas = document.get("components", {}).get("schemas", {})
    shapes = "".join(_shape(name, schema) for name, schema in sorted(schemas.items()))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1><p>{escape(info.get('summary', ''))}</p>"
        '<p>For programs: <a href="openapi.json">openapi.json</a>. The role on the right is the smallest that may call.'
        f"</p>{sections}<h2>Shapes</h2>{shapes}</body></html>"
    )


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    role = required_role(operation) or "anyone"
    parts = [f"<p>{escape(operation.get('description', ''))}</p>", _parameters(operation.get("parameters", []))]
    body = operation.get("requestBody", {}).get("content", {})
    parts += [f"<p>Body: {_kind(content.get('schema', {}))}</p>" for content in body.values()]
    parts.append(_responses(operation.get("responses", {})))
    return (
        f'<details><summary><span class="role">{escape(role)}</span><span class="method">{method.upper()}</span>'
        f"<code>{escape(path)}</code></summary>{''.join(parts)}</details>"
    )


def _parameters(parameters: list[dict[str, Any]]) -> str:
    if not parameters:
        return ""
    rows = "".join(
        f"<tr><td><code>{escape(item['name'])}</code></td><td>{escape(item['in'])}</td>"
        f"<td>{_kind(item.get('schema', {}))}</td><td>{escape(item.get('description', ''))}</td></tr>"
        for item in parameters
    )
    return f"<table><tr><th>Parameter</th><th>In</th><th>Type</th><th></th></tr>{rows}</table>"


def _responses(responses: dict[str, Any]) -> str:
    rows = []
    for status, response in responses.items():
        kinds = " ".join(_kind(content.get("schema", {})) for content in response.get("content", {}).values())
        rows.append(f"<tr><td>{escape(status)}</td><td>{escape(response['description'])}</td><td>{kinds}</td></tr>")
    return f"<table><tr><th>Answer</th><th></th><th></th></tr>{''.join(rows)}</table>"


def _kind(schema: dict[str, Any]) -> str:
    """A schema's type in words, with links to the schemas it refers to."""
    if "$ref" in schema:
        name = escape(str(schema["$ref"]).rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    alternatives = schema.get("anyOf") or schema.get("oneOf")
    if alternatives:
        return " or ".join(_kind(alternative) for alternative in alternatives)
    if "enum" in schema:
        words = ", ".join(json.dumps(value) for value in schema["enum"])
    else:
        words = str(schema.get("type", "any"))
    limits = [f"{name} {schema[name]}" for name in ("minimum", "maximum", "minLength", "maxLength") if name in schema]
    if "default" in schema:
        limits.append(f"default {json.dumps(schema['default'])}")
    items = f" of {_kind(schema['items'])}" if "items" in schema else ""
    return escape(words) + items + (escape(f" ({', '.join(limits)})") if limits else "")


def _shape(name: str, schema: dict[str, Any]) -> str:
    return (
        f'<details id="{escape(name)}" open><summary><code>{escape(name)}</code></summary>'
        f"<pre>{escape(json.dumps(schema, indent=2, ensure_ascii=False))}</pre></details>"
    )
