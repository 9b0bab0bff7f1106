"""The registry's door: path -> gate -> handler -> reply; the one place of its failures."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from roadstead.auth import challenges
from roadstead.auth.credentials import BadCredentials, Fault
from roadstead.auth.gate import Gate
from roadstead.auth.users import User
from roadstead.base.audit import note
from roadstead.base.errors import Failure
from roadstead.base.observe import Metrics, logger
from roadstead.base.web import Handler, Reply, Request
from roadstead.dataplane import access, failures
from roadstead.dataplane.access import IN_REPOSITORY, METHODS, READS, Access
from roadstead.dataplane.admitted import Admitted, Answer
from roadstead.dataplane.paths import Place, Route, find
from roadstead.oci.errors import OciError, OciErrors
from roadstead.oci.reference import NotTwoComponents, RepositoryName, parse_repository
from roadstead.repositories.trail import HEADER, TRAIL, trail

API_VERSION = {"Docker-Distribution-API-Version": "registry/2.0"}
API_ROUTE = {**API_VERSION, "X-Registry-Supports-Signatures": "1"}
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}
COUNTED = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Methods counted by name. Clients can think of any number of others, and each would stay in memory."""

Answers = dict[tuple[Route, str], Answer]
"""(route, method) -> what answers. HEAD goes to GET's handler; its body is left out when the reply is sent."""


@dataclass(frozen=True)
class DoorOptions:
    """What the administrator decides about the door."""

    trust_forwarded: bool = False
    read_only: bool = False
    metrics: bool = True


class RegistryDoor:
    """Answers every request to the registry; no handler is reached without the gate's word."""

    def __init__(self, gate: Gate, token: Handler, metrics: Metrics, options: DoorOptions) -> None:
        """`answers` is filled by whoever wires the door, before the first request."""
        self._gate, self._token, self._metrics, self._options = gate, token, metrics, options
        self.answers: Answers = {}

    async def __call__(self, request: Request) -> Reply:
        """One request, one reply; failures become the errors of the protocol."""
        started = time.perf_counter()
        place = find(request.path)
        with self._metrics.in_flight.track_inprogress():
            reply = await self._answer(request, place)
        operation = _OPERATIONS.get((place.route, request.method), "") if place else ""
        method = request.method if request.method in COUNTED else "other"
        self._metrics.answered(method, reply.status, operation, time.perf_counter() - started)
        return reply

    async def _answer(self, request: Request, place: Place | None) -> Reply:
        if request.path == "/v2":
            return Reply(301, {**API_VERSION, "Location": "/v2/"})
        if place is None or (place.route is Route.METRICS and not self._options.metrics):
            return Reply(404, {**API_VERSION, **PLAIN}, b"404 page not found\n")
        if place.route is Route.LIVE and request.method in READS:
            return Reply(200, {"Cache-Control": "no-cache"})
        if (refused := self._wrong_method(request.method, place)) is not None:
            return refused
        try:
            if place.route is Route.TOKEN:
                return _with(await self._token(request), API_VERSION)
            admitted = await self._admit(request, place)
            TRAIL.set(trail(request.headers.getall(HEADER, ()), f"{admitted.base}{request.path}"))
            reply = await self.answers[place.route, _method(request)](admitted)
        except BadCredentials as refusal:
            reply = self._challenge(request, refusal.fault)
        except Failure as failure:
            reply = failures.reply(failures.coded(failure))
        return _with(reply, API_ROUTE)

    def _wrong_method(self, method: str, place: Place) -> Reply | None:
        allowed = METHODS[place.route]
        if self._options.read_only and place.route is not Route.TOKEN:
            allowed = tuple(each for each in allowed if each in READS)
        if method in allowed:
            return None
        if self._options.read_only and method in METHODS[place.route]:
            error = OciError("UNSUPPORTED", "The operation is unsupported: the registry is read-only.")
            return _with(failures.reply(OciErrors([error])), {**API_VERSION, "Allow": ", ".join(allowed)})
        if place.route in (Route.TOKEN, Route.ADMIN_BLOB, Route.SIGNATURES):
            return Reply(405, API_VERSION)
        return Reply(405, {**API_VERSION, **PLAIN, "Allow": ", ".join(allowed)}, b"Method not allowed\n")

    async def _admit(self, request: Request, place: Place) -> Admitted:
        """Who asks, and may they? The only maker of an `Admitted`."""
        note(request, verb=request.method.lower(), path=request.path, decision="unauthenticated")
        user = await self._gate.authenticate_registry(request)
        note(request, user=user.name, decision="allow")
        repository = _repository(request.method, place) if place.route in IN_REPOSITORY else None
        wanted = access.needs(user, place, request.method, repository)
        refused = {each: reason for each in wanted if (reason := self._refusal(each)) is not None}
        if refused:
            # Most clients show no detail, and a HEAD has no body: the reason must at least be in the log.
            why = next(iter(refused.values()))
            note(request, decision="forbid", reason=why)
            logger().info("access denied", user=user.name, method=request.method, path=request.path, why=why)
            raise _denied(wanted, refused)
        if repository is not None:
            note(request, namespace=repository.namespace, name=repository.name)
        if wanted:
            note(request, reason=self._gate.decide(wanted[-1].any_of[0]).reason)
        base = challenges.base_url(request, trust_forwarded=self._options.trust_forwarded)
        return Admitted(request, user, base, place.reference, repository)

    def _refusal(self, wanted: Access) -> str | None:
        """Why this is not allowed; None when it is."""
        decisions = [self._gate.decide(right) for right in wanted.any_of]
        return None if any(decision.allowed for decision in decisions) else decisions[-1].reason

    def may_pull(self, user: User, repository: RepositoryName) -> bool:
        """Whether the user may read the repository: what a mount asks of its source."""
        return self._refusal(access.pulling(user, repository)) is None

    def _challenge(self, request: Request, fault: Fault) -> Reply:
        base = challenges.base_url(request, trust_forwarded=self._options.trust_forwarded)
        header = challenges.challenge(fault, base)
        error = OciError("UNAUTHORIZED", detail=None, headers={"WWW-Authenticate": header})
        return failures.reply(OciErrors([error]))


def _repository(method: str, place: Place) -> RepositoryName:
    try:
        return parse_repository(place.name)
    except NotTwoComponents as wrong:
        if method in READS:
            raise OciError("NAME_UNKNOWN", detail={"name": place.name}) from None
        raise OciError("NAME_INVALID", wrong.message) from None


def _denied(wanted: tuple[Access, ...], refused: Mapping[Access, str]) -> OciError:
    """Denied is 401 here, with the Basic challenge: clients then ask again with credentials (section 3.2)."""
    detail = [{**each.record, **({"Reason": refused[each]} if each in refused else {})} for each in wanted]
    return OciError(
        "UNAUTHORIZED", detail=detail, headers={"WWW-Authenticate": challenges.challenge(Fault.REFUSED, "")}
    )


def _method(request: Request) -> str:
    return "GET" if request.method == "HEAD" else request.method


def _with(reply: Reply, headers: Mapping[str, str]) -> Reply:
    given = reply.headers
    reply.headers = {**headers, **given} if isinstance(given, dict) else [*headers.items(), *given]
    return reply


_OPERATIONS = {
    (Route.BLOB, "HEAD"): "BlobStore.Stat",
    (Route.BLOB, "GET"): "BlobStore.ServeBlob",
    (Route.BLOB, "DELETE"): "BlobStore.Delete",
    (Route.UPLOADS, "POST"): "BlobStore.Create",
    (Route.UPLOAD, "GET"): "BlobStore.Resume",
    (Route.UPLOAD, "PATCH"): "BlobWriter.ReadFrom",
    (Route.UPLOAD, "PUT"): "BlobWriter.Commit",
    (Route.UPLOAD, "DELETE"): "BlobWriter.Cancel",
    (Route.MANIFEST, "HEAD"): "ManifestService.Exists",
    (Route.MANIFEST, "GET"): "ManifestService.Get",
    (Route.MANIFEST, "PUT"): "ManifestService.Put",
    (Route.MANIFEST, "DELETE"): "ManifestService.Delete",
    (Route.TAGS, "GET"): "TagService.All",
}
"""Names of operations in the metrics (registry contract, section 14)."""
