"""Manifests: pull, push, delete (registry contract, sections 5 and 6)."""

from __future__ import annotations

from collections.abc import Callable

from roadstead.apimachinery.ask import Ask
from roadstead.base.web import Reply
from roadstead.dataplane.admitted import Admitted
from roadstead.oci.conditions import entity_tag, none_match
from roadstead.oci.digest import ALGORITHMS, Digest
from roadstead.oci.errors import OciError
from roadstead.oci.negotiation import choose
from roadstead.oci.reference import parse_reference, parse_tag
from roadstead.repositories.arrivals import Precondition, PreconditionFailed
from roadstead.repositories.delete import Delete
from roadstead.repositories.pull import Found, Pull
from roadstead.repositories.push import ManifestPush, Push

MOST_TAGS = 100
WEAK = "W/"
AskOf = Callable[[Admitted], Ask]


class ManifestHandlers:
    """Handlers of `/v2/<name>/manifests/<reference>`."""

    def __init__(self, pull: Pull, push: Push, delete: Delete, ask_of: AskOf, manifest_bytes: int) -> None:
        self._pull, self._push, self._delete, self._ask_of = pull, push, delete, ask_of
        self._manifest_bytes = manifest_bytes

    async def get(self, ask: Admitted) -> Reply:
        """GET and HEAD: the stored bytes, or 304 when the client has them."""
        reference = _readable(ask.reference)
        found = await self._pull.manifest(ask.repository, reference)
        found = await self._negotiated(ask, found, by_tag=isinstance(reference, str))
        headers = {"Docker-Content-Digest": str(found.digest), "ETag": entity_tag(found.digest)}
        if not none_match(ask.request.headers.getall("If-None-Match", []), str(found.digest)):
            return Reply(304, headers)
        return Reply(200, {"Content-Type": found.media_type, **headers}, found.body)

    async def put(self, ask: Admitted) -> Reply:
        """PUT by tag or digest; `?tag=` names further tags of a push by digest."""
        reference = parse_reference(ask.reference)
        tags = [reference] if isinstance(reference, str) else _tags(ask)
        algorithm = ask.request.query_value("digest-algorithm", "sha256")
        if algorithm not in ALGORITHMS:
            raise OciError("DIGEST_INVALID", f"digest algorithm {algorithm!r} is not one of {', '.join(ALGORITHMS)}")
        push = ManifestPush(
            body=await ask.request.read(self._manifest_bytes),
            content_type=ask.request.headers.get("Content-Type"),
            tags=tags,
            digest=reference if isinstance(reference, Digest) else None,
            algorithm=algorithm,
            precondition=_precondition(ask),
        )
        try:
            pushed = await self._push.manifest(ask.repository, push, self._ask_of(ask))
        except PreconditionFailed as failed:
            raise _moved(failed) from None
        headers = [
            ("Location", f"{ask.url}/manifests/{pushed.digest}"),
            ("Docker-Content-Digest", str(pushed.digest)),
            ("Content-Length", "0"),
        ]
        if pushed.subject is not None:
            headers.append(("OCI-Subject", str(pushed.subject)))
        if pushed.missing:
            count = len(pushed.missing)
            headers.append(("Warning", f'299 - "sparse image: {count} of its layers are not in {ask.repository}"'))
        if isinstance(reference, Digest):
            headers += [("OCI-Tag", tag) for tag in tags]
        return Reply(201, headers)

    async def delete(self, ask: Admitted) -> Reply:
        """DELETE: a tag leaves the stream; a digest that no tag needs leaves the repository."""
        reference = _readable(ask.reference)
        if isinstance(reference, str):
            await self._delete.tag(ask.repository, reference, self._ask_of(ask))
        else:
            await self._delete.manifest(ask.repository, reference)
        return Reply(202, {"Content-Length": "0"})

    async def _negotiated(self, ask: Admitted, found: Found, *, by_tag: bool) -> Found:
        accept = ask.request.headers.getall("Accept", [])
        child = choose(accept, found.media_type, found.body, by_tag=by_tag)
        return await self._pull.manifest(ask.repository, child) if child is not None else found


def _readable(reference: str) -> str | Digest:
    """A reference to look up; one that can be no tag is simply not there (registry contract, section 6.5)."""
    if ":" in reference:
        return Digest.parse(reference)
    try:
        return parse_tag(reference)
    except Exception:
        raise OciError("MANIFEST_UNKNOWN", detail={"Tag": reference[:128]}) from None


def _precondition(ask: Admitted) -> Precondition | None:
    """Conditional tag writes: If-Match with digests, If-None-Match with digests or `*` (RFC 9110, section 13.1)."""
    match, none_match = (_entity_tags(ask.request.headers.getall(name, [])) for name in ("If-Match", "If-None-Match"))
    none_match = frozenset(tag.removeprefix(WEAK) for tag in none_match)
    return Precondition(match, none_match) if match or none_match else None


def _entity_tags(values: list[str]) -> frozenset[str]:
    """The tags of a header, weak ones marked as such: no digest is like them.

    A header without any holds an empty tag, which is like nothing either: `If-Match:` with a variable left empty must
    not write over whatever is there.
    """
    tags = (tag.strip() for value in values for tag in value.split(","))
    return frozenset(WEAK + tag[2:].strip('"') if tag.startswith(WEAK) else tag.strip('"') for tag in tags)


def _moved(failed: PreconditionFailed) -> OciError:
    """412, with the digest that is there now."""
    headers = {"Docker-Content-Digest": failed.current, "ETag": f'"{failed.current}"'} if failed.current else {}
    detail = {"Tag": failed.tag, "Digest": failed.current}
    return OciError("DENIED", f"precondition failed: {failed.message}", detail, status=412, headers=headers)


def _tags(ask: Admitted) -> list[str]:
    tags = list(dict.fromkeys(parse_tag(tag) for tag in ask.request.query_values("tag")))
    if len(tags) > MOST_TAGS:
        raise OciError("TAG_INVALID", f"{len(tags)} tags in one push; at most {MOST_TAGS} are accepted")
    return tags
