"""`/openapi/v2` and `/openapi/v3`: the documents in the form a client asks for, with validators."""

from __future__ import annotations

import asyncio

from roadstead.apimachinery import replies
from roadstead.apimachinery.openapi import Document, OpenApi
from roadstead.base.web import Reply, Request
from roadstead.kube import gnostic, status

IMMUTABLE = "public, immutable"
A_YEAR = "Tue, 01 Jan 2999 00:00:00 GMT"
_PROTOBUF = (gnostic.MEDIA_TYPE, gnostic.ANSWERED_TYPE)


async def page(openapi: OpenApi, path: str, request: Request) -> Reply | None:
    """The answer at a path below `/openapi`; None when nothing is there. Raises StatusError (406)."""
    match path.split("/")[2:]:
        case ["v2"]:
            return await _version2(openapi, request)
        case ["v3"]:
            _check_json(request)
            # Hashes need every document: that takes a moment, once.
            body = await asyncio.to_thread(lambda: openapi.index)
            return await replies.json_reply(request, body, cache=replies.FRONT_DOOR)
        case ["v3", *place]:
            group = openapi.groups.get("/".join(place))
            if group is None:
                return None
            _check_json(request)
            return await _version3(await asyncio.to_thread(lambda: group.document), request)
    return None


async def _version2(openapi: OpenApi, request: Request) -> Reply:
    if _wants_protobuf(request):
        document = await asyncio.to_thread(lambda: openapi.version2_protobuf)
        kind = gnostic.ANSWERED_TYPE
    else:
        document = await asyncio.to_thread(lambda: openapi.version2)
        kind = replies.JSON_TYPE
    return await _validated(document, request, kind, replies.FRONT_DOOR)


async def _version3(document: Document, request: Request) -> Reply:
    named = request.query_value("hash")
    if named and named != document.hash:
        # A client that saw an older index gets the present document under its right name.
        place = f"{request.path}?hash={document.hash}"
        return Reply(301, [("Location", place), ("Cache-Control", replies.FRONT_DOOR)])
    return await _validated(document, request, replies.JSON_TYPE, IMMUTABLE if named else replies.FRONT_DOOR)


async def _validated(document: Document, request: Request, kind: str, cache: str) -> Reply:
    etag = f'"{document.hash}"'
    known = [each.strip() for each in request.headers.get("If-None-Match", "").split(",")]
    headers = [("ETag", etag), ("Vary", "Accept"), ("Cache-Control", cache)]
    if cache == IMMUTABLE:
        headers.append(("Expires", A_YEAR))
    if etag in known:
        return Reply(304, headers)
    reply = await replies.json_reply(request, document.body, cache=cache)
    sent = reply.headers.items() if isinstance(reply.headers, dict) else reply.headers
    kept = [(name, value) for name, value in sent if name in ("Content-Encoding",)]
    vary = "Accept, Accept-Encoding" if len(document.body) >= replies.COMPRESS_FROM else "Accept"
    headers[1] = ("Vary", vary)
    return Reply(200, [("Content-Type", kind), *headers, *kept], reply.body)


def _wants_protobuf(request: Request) -> bool:
    """Whether protobuf is named before JSON; raises StatusError (406) where neither is."""
    header = ",".join(request.headers.getall("Accept", []))
    if not header:
        return False
    for clause in replies.clauses(header):
        if clause.type in _PROTOBUF:
            return True
        if clause.is_json and "as" not in clause.parameters:
            return False
    raise status.not_acceptable((replies.JSON_TYPE, gnostic.MEDIA_TYPE))


def _check_json(request: Request) -> None:
    replies.accepted(request, None)
