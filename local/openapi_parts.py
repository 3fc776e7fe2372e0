"""What the OpenAPI document says about every operation alike."""

from typing import Any

type Json = dict[str, Any]

SECURITY_SCHEMES: Json = {
    "jwt": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token of the configured issuer, with the required scope. An id token is refused.",
    }
}

PARAMETERS: Json = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "A request repeated with its key within 24 hours gets the first answer and changes nothing. "
        "Where no token is needed, the key is good for the address it comes from, and counts from 16 characters on.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]*[!-~][ -~]*$"},
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": "The `ETag` of the version the change is meant for, quotes included; `*` is any.",
        "schema": {"type": "string"},
    },
}

HEADERS: Json = {
    "ETag": {"description": "The version, raised by edits only.", "required": True, "schema": {"type": "string"}},
    "Idempotency-Replayed": {
        "description": "There when this is the answer to an earlier request with the same key.",
        "schema": {"type": "string", "const": "true"},
    },
    "Link": {"description": 'The next page (`rel="next"`), if there is one.', "schema": {"type": "string"}},
    "Location": {
        "description": "Where the new resource is.",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Retry-After": {
        "description": "Seconds to wait before the same request makes sense again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 0},
    },
}

SCHEMAS: Json = {
    "GatewayMessage": {
        "description": "An answer of API Gateway's own.",
        "type": "object",
        "properties": {"message": {"type": "string"}},
        "required": ["message"],
    },
    "Problem": {
        "description": "What went wrong and why (RFC 9457).",
        "type": "object",
        "properties": {
            "type": {"type": "string", "format": "uri", "description": "A page about this error."},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "About this very request."},
            "code": {"type": "string", "description": "The stable name to switch on."},
            "request_id": {"type": ["string", "null"], "description": "To be quoted when asking for help."},
            "errors": {
                "description": "What is wrong where, for values that are not allowed.",
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "loc": {"type": "array", "items": {"type": "string"}},
                        "msg": {"type": "string"},
                    },
                    "required": ["loc", "msg"],
                },
            },
        },
        "required": ["type", "title", "status", "detail", "code", "request_id"],
    },
}


def _gateway(description: str) -> Json:
    schema = {"$ref": "#/components/schemas/GatewayMessage"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


GATEWAY_ANSWERS: Json = {
    "Gateway401": _gateway(
        "API Gateway's own answer: no access token, or one that is expired, forged or not for this API."
    ),
    "Gateway403": _gateway("API Gateway's own answer: the access token lacks the required scope."),
    "Gateway429": _gateway("API Gateway's own answer: too many requests at once over the whole API."),
    "Gateway500": _gateway("API Gateway's own answer: something unexpected failed, and is in the log."),
}
"""API Gateway's own answers; the number at the end of a name is the status."""
