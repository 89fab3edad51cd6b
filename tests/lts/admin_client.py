"""An operator who calls the administration interface; each answer must be as its description says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import httpx
import jsonschema_rs

from dlt_web.lts.openapi import openapi_document
from tests.lts.world import World


class Operator:
    """Calls the administration interface and holds each answer against the OpenAPI description."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.key = world.admin.add_admin_key("ops")
        self.document = openapi_document()

    def __call__(
        self, method: str, path: str, body: Any = None, key: str | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key if key is None else key}"} | dict(headers or {})
        content = None if body is None else json.dumps(body)
        response = self.world.call(method, f"/v1/admin{path}", content=content, headers=headers)
        check_against_description(self.document, method, response)
        return response


def check_against_description(document: Any, method: str, response: httpx.Response) -> None:
    """Refuse an answer whose status or shape the description does not know."""
    path = response.request.url.path
    # A path that is described word by word is no case of one with a name in it.
    templates = sorted(document["paths"], key=lambda template: template.count("{"))
    template = next(t for t in templates if re.fullmatch(re.sub(r"\{.*?\}", "[^/]+", t), path))
    described = document["paths"][template][method.lower()]["responses"][str(response.status_code)]
    if response.status_code == 304:
        assert "content-type" not in response.headers
        return
    media_type = response.headers["content-type"]
    assert media_type in described["content"]
    schema = described["content"][media_type]["schema"] | {"components": document["components"]}
    jsonschema_rs.Draft202012Validator(schema).validate(response.json())
