"""The OpenAPI document, trimmed to what the routes really answer."""

from typing import Any

from fastapi import FastAPI

from docuvault.api.errors import MEDIA_TYPE


def install_description(app: FastAPI) -> None:
    """Describe errors as problem details only, whatever a route answers when all is well."""
    original = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = original()
            for methods in document["paths"].values():
                for operation in methods.values():
                    for response in operation.get("responses", {}).values():
                        _keep_problem_only(response)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _keep_problem_only(response: dict[str, Any]) -> None:
    content = response.get("content", {})
    if MEDIA_TYPE in content:
        response["content"] = {MEDIA_TYPE: content[MEDIA_TYPE]}
