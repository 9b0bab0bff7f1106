"""Which streams are refused (image-api contract, 6.2, 6.5 and 6.6)."""

from typing import Any

import pytest

from roadstead.base.values import Json
from roadstead.streams import specs, validation
from roadstead.streams.allowlist import AllowList

ANY = AllowList()
ONLY_Q = AllowList.from_config([{"domainName": "q.test"}, {"domainName": "plain.test", "insecure": True}])
DIGEST = "sha256:" + "ab" * 32
REFUSED = 'not allowed by whitelist: "q.test:443", "plain.test:80"'


def stream(*tags: Json, items: list[Json] | None = None, name: str = "web", **spec: Any) -> Json:
    status = {"tags": [{"tag": "t", "items": items}]} if items else {}
    meta: Json = {"namespace": "ns", "name": name}
    return specs.normalise({"metadata": meta, "spec": {**spec, "tags": list(tags)}, "status": status})


def tag(kind: str, source: str, **more: Any) -> Json:
    return {"name": "t", "from": {"kind": kind, "name": source}, **more}


def errors(of: Json, old: Json | None = None, allowed: AllowList = ANY) -> list[str]:
    return [str(error) for error in validation.validate_stream(of, old, allowed)]


@pytest.mark.parametrize("name", ["a", "web", "a.b_c-d", "0", "a" * 200])
def test_good_names(name: str) -> None:
    assert validation.name_problems(name) == []


@pytest.mark.parametrize("name", ["Bad_Name", "", "-a", "a-", "a__b", "a..b", "ä", "a\n"])
def test_bad_names(name: str) -> None:
    assert validation.name_problems(name) == ['must match "[a-z0-9]+(?:[._-][a-z0-9]+)*"']


def test_a_name_that_is_no_path_segment_says_so_first() -> None:
    assert validation.name_problems("a/b") == ["may not contain '/'"]


def test_namespace_and_name_together_have_a_limit() -> None:
    assert errors(stream(name="a" * 252)) == []
    assert errors(stream(name="a" * 253)) == [
        f"metadata.name: Invalid value: \"{'a' * 253}\": 'namespace/name' cannot be longer than 255 characters"
    ]


@pytest.mark.parametrize(
    ("repository", "error"),
    [
        ("q.test/a/b", None),
        ("bad host/x", 'Invalid value: "bad host/x": invalid reference format'),
        ("q.test/a:v1", 'Invalid value: "q.test/a:v1": the repository name may not contain a tag'),
        (f"q.test/a@{DIGEST}", f'Invalid value: "q.test/a@{DIGEST}": the repository name may not contain an ID'),
        ("o.test/a", f'Forbidden: registry "o.test" {REFUSED}'),
    ],
)
def test_the_deprecated_repository(repository: str, error: str | None) -> None:
    expected = [f"spec.dockerImageRepository: {error}"] if error else []
    assert errors(stream(dockerImageRepository=repository), allowed=ONLY_Q) == expected


KINDS = "Required value: valid values are 'DockerImage', 'ImageStreamImage', 'ImageStreamTag'"
SCHEDULED = "only tags pointing to Docker repositories may be scheduled for background import"
MODES = "invalid import mode, valid modes are '', 'Legacy', 'PreserveOriginal'"
TAGS: list[tuple[Json, list[str]]] = [
    ({"name": "t"}, []),
    (tag("DockerImage", "q.test/a:v1"), []),
    (tag("ImageStreamTag", "anything goes"), []),
    (tag("DockerImage", "q.test/a", importPolicy={"scheduled": True}), []),
    (tag("DockerImage", ""), ["from.name: Required value"]),
    (tag("ImageStreamTag", ""), ["from.name: Required value"]),
    (tag("", ""), ["from.name: Required value", f"from.kind: {KINDS}"]),
    (tag("Pod", "b"), [f"from.kind: {KINDS}"]),
    (tag("DockerImage", "::bad::"), ['from.name: Invalid value: "::bad::": invalid reference format']),
    (tag("DockerImage", "o.test/a"), [f'from.name: Forbidden: registry "o.test" {REFUSED}']),
    (tag("DockerImage", "a"), [f'from.name: Forbidden: registry "docker.io:443" {REFUSED}']),
    (tag("DockerImage", "plain.test/a"), [f'from.name: Forbidden: registry "plain.test" {REFUSED}']),
    (tag("DockerImage", "plain.test/a", importPolicy={"insecure": True}), []),
    (
        tag("ImageStreamTag", "a", importPolicy={"scheduled": True}),
        [f"importPolicy.scheduled: Invalid value: true: {SCHEDULED}"],
    ),
    (
        tag("ImageStreamImage", "a", importPolicy={"scheduled": True}),
        [f"importPolicy.scheduled: Invalid value: true: {SCHEDULED}"],
    ),
    (
        {"name": "t", "referencePolicy": {"type": "Elsewhere"}},
        ['referencePolicy.type: Invalid value: "Elsewhere": valid values are "Source", "Local"'],
    ),
    ({"name": "t", "referencePolicy": {"type": "Local"}}, []),
    (
        {"name": "t", "importPolicy": {"importMode": "Some"}},
        [f'importPolicy.importMode: Invalid value: "Some": {MODES}'],
    ),
    ({"name": "t", "importPolicy": {"importMode": "PreserveOriginal"}}, []),
]


@pytest.mark.parametrize(("sent", "expected"), TAGS)
def test_spec_tags(sent: Json, expected: list[str]) -> None:
    assert errors(stream(sent), allowed=ONLY_Q) == [f"spec.tags[t].{each}" for each in expected]


def test_the_tag_views_validate_the_same_tag_at_their_own_path() -> None:
    found = validation.validate_tag(specs.normalise_tag(tag("Pod", "b")), "tag", ANY)
    assert [str(each) for each in found] == [f"tag.from.kind: {KINDS}"]


@pytest.mark.parametrize(
    ("reference", "error", "status_error"),
    [
        (f"q.test/a@{DIGEST}", None, None),
        ("", "Required value", 'Invalid value: "": repository name must have at least one component'),
        ("a b", 'Invalid value: "a b": invalid reference format', 'Invalid value: "a b": invalid reference format'),
        ("o.test/a", f'Forbidden: registry "o.test" {REFUSED}', f'Forbidden: registry "o.test" {REFUSED}'),
    ],
)
def test_references_in_status(reference: str, error: str | None, status_error: str | None) -> None:
    path, new = "status.tags[t].items[0].dockerImageReference", stream(items=[{"dockerImageReference": reference}])
    assert errors(new, allowed=ONLY_Q) == ([f"{path}: {error}"] if error else [])
    found = [str(each) for each in validation.validate_status(new, stream(), ONLY_Q)]
    assert found == ([f"{path}: {status_error}"] if status_error else [])
    assert validation.validate_status(new, new, ONLY_Q) == []


def test_a_stricter_list_leaves_streams_editable() -> None:
    old = stream(tag("DockerImage", "o.test/a:v1"), items=[{"dockerImageReference": "p.test/a:v1"}])
    assert errors(stream(tag("DockerImage", "o.test/a:v2")), old, ONLY_Q) == []
    assert errors(stream(tag("DockerImage", "p.test/a:v2")), old, ONLY_Q) == []
    assert errors(stream(tag("DockerImage", "o.test/b:v2")), old, ONLY_Q) != []
    assert errors(stream(dockerImageRepository="o.test/a"), old, ONLY_Q) == []
    declared = stream(dockerImageRepository="x.test/a")
    assert errors(stream(tag("DockerImage", "x.test/a")), declared, ONLY_Q) == []


def test_a_stream_may_say_that_its_registries_are_insecure() -> None:
    new = stream(tag("DockerImage", "plain.test/a"), items=[{"dockerImageReference": "plain.test/a"}])
    new["metadata"]["annotations"] = {"openshift.io/image.insecureRepository": "true"}
    assert errors(new, allowed=ONLY_Q) == []


def test_an_insecure_tag_covers_its_own_history() -> None:
    insecure = tag("DockerImage", "plain.test/a", importPolicy={"insecure": True})
    assert errors(stream(insecure, items=[{"dockerImageReference": "plain.test/a"}]), allowed=ONLY_Q) == []
