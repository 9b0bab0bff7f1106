"""What the client accepts, and results as replies in that form."""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import orjson

from roadstead.apimachinery import tables
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.served import Page
from roadstead.apimachinery.shown import Shown
from roadstead.apimachinery.tables import Include, TableForm
from roadstead.base.values import Json
from roadstead.base.web import Reply, Request
from roadstead.kube import status
from roadstead.kube.fielderrors import joined
from roadstead.kube.status import StatusError

JSON_TYPE = "application/json"
NO_STORE = "no-store"
FRONT_DOOR = "no-cache, private"
"""Cache-Control of answers the door gives itself: 401, 403 of the authoriser, discovery (image-api contract, 16.1)."""
COMPRESS_FROM = 128 * 1024
COMPRESS_ASIDE_FROM = 1024 * 1024
"""From this size on, compressing happens in a thread, so that it does not hold the loop."""
LONGEST_ACCEPT = 8192
LONGEST_WARNING, WARNING_ROOM = 2048, 4096
"""Characters of one warning, and of all of them: clients and proxies take headers of 8 KiB or more in all."""
LIST_END = b"]}"
META_GROUP = "meta.k8s.io"
AVAILABLE = (JSON_TYPE,)
_WEIGHT = re.compile(r"[01](?:\.[0-9]{0,3})?", re.ASCII)


class Form(Enum):
    """The forms an object can take."""

    OBJECT = "object"
    TABLE = "Table"
    PARTIAL = "PartialObjectMetadata"
    PARTIAL_LIST = "PartialObjectMetadataList"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The form a client gets; `table` says how a Table looks, `version` is that of meta.k8s.io."""

    form: Form = Form.OBJECT
    table: TableForm = TableForm()


PLAIN = Accepted()


@dataclass(frozen=True, slots=True)
class Clause:
    """One media type of an Accept header with its parameters, lower-cased names, values as sent."""

    type: str
    parameters: dict[str, str]
    weight: float

    @property
    def is_json(self) -> bool:
        """Whether JSON satisfies it."""
        return self.type in (JSON_TYPE, "application/*", "*/*")


def clauses(header: str) -> list[Clause]:
    """The media types of an Accept header, the most wanted first."""
    found = []
    for part in header[:LONGEST_ACCEPT].split(","):
        kind, *rest = (piece.strip() for piece in part.split(";"))
        parameters = {}
        for piece in rest:
            name, _, value = piece.partition("=")
            parameters[name.strip().lower()] = value.strip().strip('"')
        quality = parameters.pop("q", "1")
        weight = float(quality) if _WEIGHT.fullmatch(quality) else 1.0
        if kind and weight > 0:
            found.append(Clause(kind.lower(), parameters, weight))
    return sorted(found, key=lambda clause: -clause.weight)


def accepted(request: Request, resource: Resource | None, *, of_list: bool = False) -> Accepted:
    """The form to answer in; `resource` None: nothing but plain JSON. Raises StatusError (400, 406)."""
    header = ",".join(request.headers.getall("Accept", []))
    if not header or header in ("*/*", JSON_TYPE):
        return PLAIN
    json_named = False
    for clause in clauses(header):
        if not clause.is_json:
            continue
        json_named = True
        wanted = clause.parameters.get("as")
        if not wanted:
            return PLAIN
        if resource is not None and (form := _form(clause, resource, request, of_list=of_list)) is not None:
            return form
    raise status.not_acceptable(AVAILABLE, known_type=json_named)


def _form(clause: Clause, resource: Resource, request: Request, *, of_list: bool) -> Accepted | None:
    version = clause.parameters.get("v", "")
    if clause.parameters.get("g") != META_GROUP or version not in ("v1", "v1beta1"):
        return None
    match clause.parameters["as"]:
        case "Table" if resource.columns is not None:
            return Accepted(Form.TABLE, TableForm(version, include_of(request)))
        case "PartialObjectMetadata" if not of_list:
            return Accepted(Form.PARTIAL, TableForm(version))
        case "PartialObjectMetadataList" if of_list:
            return Accepted(Form.PARTIAL_LIST, TableForm(version))
    return None


def include_of(request: Request) -> Include:
    """`?includeObject=`; raises StatusError (400)."""
    text = request.query_value("includeObject") or Include.METADATA.value
    try:
        return Include(text)
    except ValueError:
        wrong = status.invalid_value("includeObject", text[:40], "must be 'Metadata', 'Object', 'None', or empty")
        raise status.bad_request(f"Unable to convert to Table as requested: {joined([wrong])}") from None


def object_bytes(shown: Shown, resource: Resource, how: Accepted, now: datetime) -> bytes:
    """One object in the form accepted; a Status stays a Status."""
    if how.form is Form.OBJECT or shown.kind == "Status":
        return shown.whole()
    obj = shown.object
    if how.form is Form.TABLE:
        revision = obj.get("metadata", {}).get("resourceVersion")
        metadata = {"resourceVersion": revision} if revision else {}
        head = tables.table_head(resource, metadata, how.table)
        return head + tables.table_row(resource, obj, how.table, now) + LIST_END
    return orjson.dumps(tables.partial(obj, how.table.version))


@dataclass(frozen=True, slots=True)
class ListForm:
    """A list as JSON: `head` goes up to its first item, items stand between commas, LIST_END closes it."""

    head: bytes
    item: Callable[[Shown], bytes]

    def items(self, shown: Sequence[Shown]) -> bytes:
        """Several items."""
        return b",".join(map(self.item, shown))


def list_form(page: Page, resource: Resource, how: Accepted, now: datetime) -> ListForm:
    """How a page is written in the form accepted."""
    metadata, form = list_metadata(page), how.table
    if how.form is Form.TABLE:
        head = tables.table_head(resource, metadata, form)
        return ListForm(head, lambda shown: tables.table_row(resource, shown.object, form, now))
    if how.form is Form.PARTIAL_LIST:
        version = form.version
        head = tables.partial_head(metadata, version)
        return ListForm(head, lambda shown: tables.partial_item(shown.object, version))
    head = orjson.dumps({"kind": resource.list_kind, "apiVersion": resource.api_version, "metadata": metadata})
    return ListForm(head[:-1] + b',"items":[', lambda shown: shown.bare)


def page_bytes(page: Page, resource: Resource, how: Accepted, now: datetime) -> bytes:
    """A list in the form accepted."""
    if page.answer is not None:
        return orjson.dumps(page.answer)
    form = list_form(page, resource, how, now)
    return b"".join((form.head, form.items(page.items), LIST_END))


def list_metadata(page: Page) -> Json:
    """The metadata of a list; that of a computed one is empty."""
    metadata: Json = {}
    if page.revision is not None:
        metadata["resourceVersion"] = str(page.revision)
    if page.continue_:
        metadata["continue"] = page.continue_
        if page.remaining is not None:
            metadata["remainingItemCount"] = page.remaining
    return metadata


async def json_reply(
    request: Request, body: bytes, *, code: int = 200, warnings: Sequence[str] = (), cache: str = NO_STORE
) -> Reply:
    """A JSON reply; large ones are compressed for those who can read it."""
    headers = json_headers(warnings, cache)
    if len(body) >= COMPRESS_FROM:
        headers.append(("Vary", "Accept-Encoding"))
        if reads_gzip(request):
            body = await _compressed(body)
            headers.append(("Content-Encoding", "gzip"))
    return Reply(code, headers, body)


def status_reply(error: StatusError, *, cache: str = NO_STORE, warnings: Sequence[str] = ()) -> Reply:
    """A Status as a reply, with its headers."""
    headers = [("Content-Type", JSON_TYPE), ("Cache-Control", cache), *error.headers.items()]
    headers += _warning_headers(warnings)
    return Reply(error.code, headers, orjson.dumps(error.status))


def warning_value(text: str) -> str:
    """A text as the value of a Warning header: one line, quoted, of a length headers can bear."""
    line = "".join(each if each.isprintable() else " " for each in text[:LONGEST_WARNING])
    escaped = line.replace("\\", "\\\\").replace('"', '\\"')
    return f'299 - "{escaped}"'


def json_headers(warnings: Sequence[str], cache: str = NO_STORE) -> list[tuple[str, str]]:
    """The headers of a JSON reply."""
    headers = [("Content-Type", JSON_TYPE), ("Cache-Control", cache)]
    return headers + _warning_headers(warnings)


def _warning_headers(warnings: Sequence[str]) -> list[tuple[str, str]]:
    """A header for each warning; where there is no room for all, the last says how many more there are."""
    texts, room = list(dict.fromkeys(warnings)), WARNING_ROOM
    for at, text in enumerate(texts):
        room -= min(len(text), LONGEST_WARNING)
        if room < 0:
            texts[at:] = [f"{len(texts) - at} more warnings"]
            break
    return [("Warning", warning_value(text)) for text in texts]


def reads_gzip(request: Request) -> bool:
    """Whether the client takes compressed replies."""
    header = ",".join(request.headers.getall("Accept-Encoding", []))
    return any(clause.type == "gzip" for clause in clauses(header))


async def _compressed(body: bytes) -> bytes:
    if len(body) >= COMPRESS_ASIDE_FROM:
        return await asyncio.to_thread(_gzip, body)
    return _gzip(body)


def gzip_packer() -> zlib._Compress:
    """A fast compressor in the gzip format."""
    return zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)


def _gzip(body: bytes) -> bytes:
    packer = gzip_packer()
    return packer.compress(body) + packer.flush()
