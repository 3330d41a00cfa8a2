"""Every failure as one answer: a status and ``{"error": "one clear sentence", "field": "…"}``, or the same sentence on a page."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from search.errors import BadInput, BroadsheetError, NotFound, Overloaded
from web.headers import SECURITY_HEADERS
from web.rendering import Problem, compare_page, problem_page, search_page
from web.service import service_of
from web.view import View


class Refused(Exception):
    """A request that is turned away at the door with ``status``, before a route sees it."""

    def __init__(self, status: int, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.field = field


def handle_errors(app: FastAPI) -> None:
    """Makes the application answer every failure in the one format."""
    app.add_exception_handler(BroadsheetError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _unexpected)


def error_response(scope: Scope, status: int, message: str, field: str | None = None, headers: Mapping[str, str] | None = None) -> Response:
    """The failure as a page for those who asked for a page, as JSON for everyone else."""
    message, field = _sendable(message), _sendable(field) if field is not None else None
    if _wants_page(scope):
        request = Request(scope)
        problem = Problem(status, message, field)
        if request.url.path == "/":
            page = search_page(View.of(request), service_of(request).overview_or_none(), problem=problem)
        elif request.url.path == "/compare":
            page = compare_page(View.of(request), problem=problem)
        else:
            page = problem_page(View.of(request), problem)
        return HTMLResponse(page, status, headers)
    content = {"error": message} if field is None else {"error": message, "field": field}
    return JSONResponse(content, status, headers)


def _sendable(text: str) -> str:
    """The text with lone surrogates written out: a message may quote them, an answer in UTF-8 cannot hold them."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _wants_page(scope: Scope) -> bool:
    route = scope.get("route")
    if route is not None and hasattr(route, "response_class"):
        return bool(route.response_class is HTMLResponse)
    return "text/html" in Request(scope).headers.get("accept", "")


async def _known(request: Request, error: Exception) -> Response:
    if isinstance(error, BadInput):
        return error_response(request.scope, 422, str(error), error.field)
    if isinstance(error, NotFound):
        return error_response(request.scope, 404, str(error))
    # Everything else is the archive's state, not the request's fault: nothing indexed, busy, damaged, another encoder.
    retry_after = error.retry_after if isinstance(error, Overloaded) else 10
    return error_response(request.scope, 503, str(error), headers={"Retry-After": str(retry_after)})


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        reason = first["ctx"]["error"].rstrip(".")
        return error_response(request.scope, 400, f"The body is not valid JSON: {reason} at character {first['loc'][-1]}.", "body")
    # loc is ("query", "top_k") or ("body", "texts", 3): where it was, then what
    field = ".".join(str(part) for part in first["loc"][1:]) or "body"
    return error_response(request.scope, 422, sentence(field, first), field)


def sentence(field: str, error: Mapping[str, Any]) -> str:
    """What pydantic found wrong, as one sentence with the value and what to give instead."""
    shown = repr(error.get("input"))
    shown = shown if len(shown) <= 60 else shown[:60] + "…"
    context = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return f"{field} is missing: give it a value."
        case "int_parsing" | "int_type" | "int_from_float" | "int_parsing_size" | "finite_number":
            return f"{field} is {shown}: it must be a whole number."
        case "bool_parsing" | "bool_type":
            return f"{field} is {shown}: it must be true or false."
        case "enum" | "literal_error":
            return f"{field} is {shown}: it must be {context['expected'].replace(chr(39), '')}."
        case "greater_than_equal":
            return f"{field} is {shown}: it must be at least {context['ge']:,}."
        case "less_than_equal":
            return f"{field} is {shown}: it must be at most {context['le']:,}."
        case "string_type":
            return f"{field} is {shown}: it must be text."
        case "string_unicode":
            return f"{field} contains a lone surrogate (half a character): send valid Unicode."
        case "string_too_long":
            return f"{field} is {shown}: it must have at most {context['max_length']:,} characters."
        case "too_long":
            return f"{field} has {context['actual_length'] or 'too many'} values: give at most {context['max_length']:,}."
        case "too_short":
            count = context["actual_length"]
            return f"{field} has {count or 'no'} value{'' if count == 1 else 's'}: give at least {context['min_length']}."
        case "list_type" | "tuple_type":
            return f"{field} is {shown}: it must be a list."
        case _:
            return f"{field} is {shown}: {error['msg'][0].lower()}{error['msg'][1:]}."


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = request.url.path if len(request.url.path) <= 80 else request.url.path[:80] + "…"
    match error.status_code:
        case 404:
            message = f"There is nothing at {path}: see /docs for what there is."
        case 405:
            allowed = _allowed_methods(request, error)
            message = f"{path} does not take {request.method}: use {allowed}."
            return error_response(request.scope, 405, message, headers={"Allow": allowed})
        case 400:  # FastAPI's answer to a body that it cannot even decode
            message = "The body cannot be read as JSON in UTF-8: send valid UTF-8, nested less than a few hundred levels deep."
        case _:
            message = str(error.detail)
    return error_response(request.scope, error.status_code, message, headers=error.headers)


def _allowed_methods(request: Request, error: HTTPException) -> str:
    """All methods of the path; the error itself knows only those of the first route that has it."""
    documented = request.app.openapi()["paths"].get(getattr(request.scope.get("route"), "path", ""), {})
    return ", ".join(method.upper() for method in documented) or (error.headers or {}).get("Allow", "GET")


async def _unexpected(request: Request, _error: Exception) -> Response:
    # The error goes on to the server, which logs it.
    message = "Broadsheet failed to answer this request: the reason is in the server's log."
    # This one is sent outside of all middleware, so it brings the headers itself.
    return error_response(request.scope, 500, message, headers=SECURITY_HEADERS)
