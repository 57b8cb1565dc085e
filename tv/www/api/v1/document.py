"""The API's own description (OpenAPI 3.1), with what goes for every operation."""

from typing import Any

DESCRIPTION = """\
What one brand of the network shows, by the brand's own domain. Lists are paged by cursor: `next`
of an answer is the `cursor` of the following request. Answers have an `ETag`; send it back as
`If-None-Match`. Anything wrong is an `application/problem+json` (RFC 9457). An app gets tokens at
the addresses of `/.well-known/oauth-authorization-server` by a device code (RFC 8628).
How far a viewer has watched is kept by `/api/v1/progress`, which describes itself; an app without
the scope `library` gets a place there for its device alone, and sees and changes nothing of the
account's."""

PROBLEM = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["in", "name", "detail"],
                "properties": {
                    "in": {"type": "string"},
                    "name": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
        "reason": {"type": "string", "description": "Why a title may not be played."},
        "hint": {"type": "string", "description": "What the viewer can do about it."},
    },
}
WAIT = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
ANY = {
    "400": ("The request cannot be understood.", {}),
    "422": ("A value cannot be used; `errors` says which.", {}),
    "429": ("Too many requests.", WAIT),
    "503": ("Something that is needed is away.", WAIT),
}
SECURED = {
    "401": (
        "No account, or a token that is no good.",
        {"WWW-Authenticate": {"schema": {"type": "string"}}},
    ),
    "403": ("Not with this token, not without its CSRF token, or not here.", {}),
}
FOUND = {"404": ("There is no such thing here.", {})}
SENT = {
    "413": ("The body is too large.", {}),
    "415": ("The body is not JSON.", {}),
}
FRESH = {
    "ETag": {"schema": {"type": "string"}},
    "Cache-Control": {"schema": {"type": "string"}},
}


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """ninja's document, with errors, and with what is said of freshness."""
    document["components"]["schemas"]["Problem"] = PROBLEM
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            responses = {str(status): found for status, found in operation["responses"].items()}
            if method == "get" and {} in operation.get("security", ()):
                responses["200"]["headers"] = FRESH
                responses["304"] = {"description": "It is as the client has it.", "headers": FRESH}
            for status, (text, headers) in errors(path, operation).items():
                responses[status] = refusal(text, headers)
            operation["responses"] = responses
    return document


def errors(path: str, operation: dict[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    return {
        **ANY,
        **(SECURED if "security" in operation else {}),
        **(FOUND if "{" in path or paged(operation) else {}),
        **(SENT if "requestBody" in operation else {}),
    }


def paged(operation: dict[str, Any]) -> bool:
    return any(parameter["name"] == "cursor" for parameter in operation["parameters"])


def refusal(text: str, headers: dict[str, Any]) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": text, "content": content, **({"headers": headers} if headers else {})}
