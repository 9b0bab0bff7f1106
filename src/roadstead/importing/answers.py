"""What each item of an import is answered: an image, or the Status that says why not; no I/O.

image-api contract, sections 14.3, 14.4 and 14.7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from roadstead.base.errors import Failure
from roadstead.base.values import Json
from roadstead.importing.plan import Asked, item_status
from roadstead.importing.reading import placed
from roadstead.kube import status
from roadstead.kube.status import GroupResource, StatusError
from roadstead.remote.errors import Kind, RemoteFailure, told
from roadstead.remote.transport import NO_TLS, PLAIN_HTTP
from roadstead.streams import images

REMOTE_IMAGE = GroupResource("image.openshift.io", "dockerimage")
KIND = GroupResource("image.openshift.io", "Image")
SUCCESS: Json = {"metadata": {}, "status": "Success"}
KEY_USED = "CredentialsUsed"


@dataclass(frozen=True, slots=True)
class Found:
    """The image at the end of a look: what it is, its children when it is an index kept as it is, and whose key
    opened the door (empty: none was needed)."""

    image: Json
    children: tuple[Json, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class Missed:
    """A look that found nothing: the Status that says why, and whose key was tried."""

    refusal: StatusError
    key: str = ""

    @property
    def wrong_password(self) -> bool:
        """Whether the key at hand is not good, so that none at all might do better (section 14.2, step 5)."""
        return self.refusal.reason == "Unauthorized" and "username or password" in self.refusal.message.lower()


Finding = Found | Missed


def missed(failure: Failure, reference: str, key: str = "") -> Missed:
    """The answer when the registry, or we, said no about `reference` (fully qualified)."""
    return Missed(refused(failure, reference), key)


def refused(failure: Failure, reference: str) -> StatusError:
    """The Status of a failure about `reference` (fully qualified)."""
    if isinstance(failure, StatusError):
        return failure
    if not isinstance(failure, RemoteFailure):
        return status.internal(f"{reference}: {failure.message}")
    if failure.kind is Kind.RATE_LIMITED:
        # Without the seconds, which go beside it: a condition that reads the same is not written again.
        limited = status.internal(f"{reference}: {failure.host} says toomanyrequests")
        limited.status["details"]["retryAfterSeconds"] = failure.retry_after
        return limited
    if failure.rule == PLAIN_HTTP:
        return status.internal(f'{reference}: Get "https://{failure.host}/v2/": {NO_TLS}')
    code, _, message = told(failure, reference)
    if code == 404:
        return status.not_found(REMOTE_IMAGE, reference)
    if code == 401:
        return status.unauthorized(message)
    if code == 403:
        return status.forbidden(GroupResource("", ""), "", message.removeprefix("forbidden: "))
    return status.internal(message.removeprefix("Internal error occurred: "))


def unlisted(failure: Failure, repository: str) -> StatusError:
    """The Status of a repository whose tags could not be listed. Of what is nobody's answer, only the fault is told."""
    refusal = refused(failure, repository)
    if refusal.reason != "InternalError" or refusal.status["details"].get("retryAfterSeconds"):
        return refusal
    return status.internal(refusal.message.removeprefix(f"Internal error occurred: {repository}: "))


def joined(refusals: Sequence[StatusError]) -> StatusError:
    """One refusal for several places: itself when it is alone, else one that lists them (section 14.6)."""
    if len(refusals) == 1:
        return refusals[0]
    texts = dict.fromkeys(each.message.removeprefix("Internal error occurred: ") for each in refusals)
    return status.internal(f"[{', '.join(texts)}]" if len(texts) > 1 else next(iter(texts)))


def of_item(asked: Asked, finding: Finding | None) -> Json:
    """The entry of status.images, or of status.repository.images, for one item."""
    tag = {"tag": asked.tag} if asked.tag is not None else {}
    if asked.refused is not None or finding is None:
        return {"status": asked.refused, **tag}
    if isinstance(finding, Missed):
        return {"status": _with_key(item_status(finding.refusal), finding.key), **tag}
    here = asked.spec.repository()
    digest = finding.image["metadata"]["name"]
    image = placed(finding.image, replace(here, id=digest).exact())
    children = [placed(each, replace(here, id=each["metadata"]["name"]).exact()) for each in finding.children]
    if (wrong := _problems(image, *children)) is not None:
        return {"status": item_status(wrong), **tag}
    entry = {"status": _with_key(SUCCESS, finding.key), "image": image, **tag}
    return {**entry, "manifests": children} if children else entry


def of_repository(items: Sequence[Json], additional: Sequence[str]) -> Json:
    """status.repository after its tags were looked at."""
    failures = sum(1 for each in items if each["status"].get("status") != "Success")
    said = SUCCESS
    if failures:
        count = "one" if failures == 1 else str(failures)
        message = f"{count} of the images from this repository failed to import"
        said = {"metadata": {}, "status": "Failure", "message": message, "reason": "ImportFailed"}
    answer: Json = {"status": said}
    if items:
        answer["images"] = list(items)
    return {**answer, "additionalTags": list(additional)} if additional else answer


def _problems(*found: Json) -> StatusError | None:
    # Kept as it is, an index may say things an Image must not: that is the fault of one item, not of all (WART-11).
    for image in found:
        if errors := images.validate(image):
            return status.invalid(KIND.resource, KIND.group, image["metadata"]["name"], errors)
    return None


def _with_key(said: Json, key: str) -> Json:
    if not key:
        return said
    details = said.get("details") or {}
    cause = {"reason": KEY_USED, "message": f"credentials from {key}"}
    return {**said, "details": {**details, "causes": [*(details.get("causes") or []), cause]}}
