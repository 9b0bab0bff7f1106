"""The tag engine and its questions (image-api contract, 7.2 and 7.4)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadstead.base.values import Json
from roadstead.streams import events, specs, tags
from roadstead.streams.tags import Needs, Verdict

NOW = datetime(2026, 11, 23, 18, 49, 39, tzinfo=UTC)
STAMP, EARLIER = "2026-11-23T18:49:39Z", "2026-01-01T00:00:00Z"
ONE, TWO = "sha256:" + "ab" * 32, "sha256:" + "ac" * 32
YES = Verdict(True)


def tag(name: str, kind: str, source: str, namespace: str = "", **more: Any) -> Json:
    where = {"kind": kind, "name": source} | ({"namespace": namespace} if namespace else {})
    return {"name": name, "from": where, **more}


def item(image: str, place: str = "", generation: int = 1) -> Json:
    reference = place or f"q.test/a@{image}"
    return {"created": EARLIER, "dockerImageReference": reference, "image": image, "generation": generation}


def stream(*spec: Json, name: str = "web", namespace: str = "ns", **status: list[Json]) -> Json:
    """A stream at generation 4 with these spec tags; the other keywords are histories."""
    meta = {"namespace": namespace, "name": name, "generation": 4}
    entries = [{"tag": each, "items": items} for each, items in sorted(status.items())]
    return specs.normalise({"metadata": meta, "spec": {"tags": list(spec)}, "status": {"tags": entries}})


def with_status(of: Json, histories: dict[str, list[Json]]) -> Json:
    return events.with_histories(of, {name: {"tag": name, "items": items} for name, items in histories.items()})


def apply(new: Json, old: Json | None = None, **sources: Json) -> tags.Applied:
    """Apply with every review passed; sources are named `namespace__stream`."""
    places = {(key.partition("__")[0], key.partition("__")[2]): each for key, each in sources.items()}
    return tags.apply_tags(new, old, places, {place: YES for place in tags.needs(new, old).reviews}, NOW, "reg:5000")


def current(applied: tags.Applied, name: str) -> Json | None:
    return events.current_of(applied.stream, name)


def errors(applied: tags.Applied) -> list[str]:
    return [str(error) for error in applied.errors]


def test_an_external_image_waits_for_the_importer() -> None:
    assert current(apply(stream(tag("v1", "DockerImage", "q.test/a:v1"))), "v1") is None


def test_a_mere_reference_is_recorded_as_written() -> None:
    done = apply(stream(tag("pin", "DockerImage", "q.test/a:v1", reference=True)))
    assert current(done, "pin") == {
        "created": STAMP,
        "dockerImageReference": "q.test/a:v1",
        "image": "",
        "generation": 4,
    }


@pytest.mark.parametrize(("source", "namespace"), [("v1", ""), ("web:v1", ""), ("v1", "ns")])
def test_an_alias_copies_what_its_source_names_and_leaves_the_source_alone(source: str, namespace: str) -> None:
    done = apply(stream(tag("latest", "ImageStreamTag", source, namespace), v1=[item(ONE), item(TWO)]))
    assert current(done, "latest") == item(ONE, generation=4)
    assert events.histories(done.stream)["v1"]["items"] == [item(ONE), item(TWO)]


def test_a_missing_source_tag_is_accepted_without_effect() -> None:
    done = apply(stream(tag("latest", "ImageStreamTag", "nope")))
    assert (done.errors, current(done, "latest")) == ([], None)


@pytest.mark.parametrize("source", ["app:v1", "app:"])
def test_a_tag_of_another_stream_is_copied_once(source: str) -> None:
    app = stream(name="app", v1=[item(ONE)], latest=[item(ONE)])
    assert current(apply(stream(tag("x", "ImageStreamTag", source)), ns__app=app), "x") == item(ONE, generation=4)


def test_a_bare_tag_of_a_foreign_namespace_means_the_stream_of_the_same_name() -> None:
    new = stream(tag("x", "ImageStreamTag", "v1", "other"))
    assert tags.needs(new, None) == Needs((("other", "web"),), (("other", "web"),))
    assert current(apply(new, other__web=stream(namespace="other", v1=[item(ONE)])), "x") is not None


@pytest.mark.parametrize("source", [f"app@{ONE}", "app@sha256:ab", "app@abab"])
def test_an_image_is_found_by_any_prefix_in_all_of_the_history(source: str) -> None:
    app = stream(name="app", v1=[item(TWO), item(ONE, generation=3)])
    done = apply(stream(tag("x", "ImageStreamImage", source)), ns__app=app)
    assert current(done, "x") == {**item(ONE, generation=4), "created": STAMP}


def test_an_image_of_the_stream_itself_needs_no_stream_name() -> None:
    assert current(apply(stream(tag("x", "ImageStreamImage", "sha256:ab"), v1=[item(ONE)])), "x") is not None


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (tag("x", "Pod", "b"), f'spec.tags[x].from.name: Invalid value: "b": {tags.MALFORMED}'),
        (tag("x", "ImageStreamTag", ""), f'spec.tags[x].from.name: Invalid value: "": {tags.MALFORMED}'),
        (tag("x", "DockerImage", ""), f'spec.tags[x].from.name: Invalid value: "": {tags.MALFORMED}'),
        (tag("x", "ImageStreamTag", "a:b:c"), f'spec.tags[x].from.name: Invalid value: "a:b:c": {tags.MALFORMED}'),
        (tag("x", "ImageStreamImage", "a@b@c"), f'spec.tags[x].from.name: Invalid value: "a@b@c": {tags.MALFORMED}'),
        (tag("x", "DockerImage", "a", "other"), f'spec.tags[x].from.name: Invalid value: "a": {tags.MALFORMED}'),
        (tag("x", "ImageStreamTag", "app:v1"), 'spec.tags[x].from.name: Not found: "app:v1"'),
        (
            tag("x", "ImageStreamImage", "ff"),
            'spec.tags[x].from.name: Invalid value: "ff": error generating tag event: '
            'imagestreamimage.image.openshift.io "ff" not found',
        ),
        (
            tag("x", "ImageStreamImage", "a"),
            'spec.tags[x].from.name: Invalid value: "a": error generating tag event: Operation cannot be fulfilled on '
            f'imagestreamimage.image.openshift.io "a": multiple images match the prefix "a": {ONE}, {TWO}',
        ),
    ],
)
def test_what_cannot_be_carried_out_says_why(broken: Json, error: str) -> None:
    done = apply(stream(broken, v1=[item(ONE), item(TWO)]))
    assert errors(done) == [error]
    assert current(done, "x") is None


def test_errors_are_wrapped_into_one_that_has_no_field() -> None:
    found = apply(stream(tag("a", "Pod", "b"))).errors
    assert [error.cause for error in tags.wrapped("y", found)] == [
        {
            "reason": "InternalError",
            "field": "[]",
            "message": 'Internal error: imagestreams "y" is invalid: spec.tags[a].from.name: Invalid value: "b": '
            "must be of the form <tag>, <repo>:<tag>, <id>, or <repo>@<id>",
        }
    ]
    assert tags.wrapped("y", []) == []


@pytest.mark.parametrize(
    ("place", "reference", "expected"),
    [
        (f"reg:5000/ns/app@{ONE}", False, f"reg:5000/ns/web@{ONE}"),
        ("reg:5000/ns/app:v1", False, f"reg:5000/ns/web@{ONE}"),
        (f"reg:5000/ns/app@{ONE}", True, f"reg:5000/ns/app@{ONE}"),
        (f"reg:5000/else/app@{ONE}", False, f"reg:5000/else/app@{ONE}"),
        (f"q.test/ns/app@{ONE}", False, f"q.test/ns/app@{ONE}"),
        ("no place at all", False, "no place at all"),
    ],
)
def test_content_of_our_own_registry_is_pulled_through_this_stream(place: str, reference: bool, expected: str) -> None:
    app = stream(name="app", v1=[item(ONE, place)])
    done = apply(stream(tag("x", "ImageStreamTag", "app:v1", reference=reference)), ns__app=app)
    assert (current(done, "x") or {})["dockerImageReference"] == expected


def test_without_a_registry_nothing_is_rewritten() -> None:
    app = stream(name="app", v1=[item(ONE, "reg:5000/ns/app:v1")])
    new = stream(tag("x", "ImageStreamTag", "app:v1"))
    done = tags.apply_tags(new, None, {("ns", "app"): app}, {}, NOW)
    assert (current(done, "x") or {})["dockerImageReference"] == "reg:5000/ns/app:v1"


def test_only_other_streams_are_asked_for_and_only_foreign_ones_reviewed() -> None:
    new = stream(
        tag("a", "ImageStreamTag", "v1"),
        tag("b", "ImageStreamTag", "app:v1"),
        tag("c", "ImageStreamImage", "app@ab", "other"),
        tag("d", "ImageStreamTag", "app:v2", "other"),
        tag("e", "DockerImage", "q.test/a"),
        tag("f", "DockerImage", "q.test/a", "other"),
        {"name": "g"},
    )
    assert tags.needs(new, None) == Needs((("ns", "app"), ("other", "app")), (("other", "app"),))
    assert tags.needs(new, new) == Needs((), ())


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        (None, 'other/app: "" ""'),
        (Verdict(False), 'other/app: "" ""'),
        (Verdict(False, 'no "way"', "broke"), 'other/app: "no \\"way\\"" "broke"'),
        (Verdict(False, failure="timed out"), 'other/app: "" ""- timed out'),
    ],
)
def test_a_refused_source_is_forbidden_and_tells_nothing_else(verdict: Verdict | None, text: str) -> None:
    new = stream(tag("x", "ImageStreamTag", "app:v1", "other"), tag("y", "ImageStreamTag", "app:v2", "other"))
    done = tags.apply_tags(new, None, {}, {("other", "app"): verdict} if verdict else {}, NOW)
    assert errors(done) == [f"spec.tags[x].from: Forbidden: {text}", f"spec.tags[y].from: Forbidden: {text}"]


def test_unchanged_tags_are_left_alone_even_when_their_source_moved() -> None:
    old = stream(tag("x", "ImageStreamTag", "app:v1"), x=[item(ONE)])
    assert apply(old, old, ns__app=stream(name="app", v1=[item(TWO)])).stream == old


def test_a_bare_reset_of_the_generation_copies_nothing_again() -> None:
    old = stream(tag("x", "ImageStreamTag", "app:v1", generation=2), x=[item(ONE)])
    new = specs.prepare_update(stream(tag("x", "ImageStreamTag", "app:v1", generation=0), x=[item(ONE)]), old)
    assert tags.needs(new, old) == Needs((), ())


def test_aliases_follow_a_source_that_moves_in_the_same_write() -> None:
    old = stream(tag("a", "ImageStreamTag", "b"), tag("b", "ImageStreamTag", "c"), a=[item(ONE)], b=[item(ONE)])
    app = stream(name="app", v1=[item(TWO)])
    new = {**old, "spec": {"tags": [*old["spec"]["tags"][:1], tag("b", "ImageStreamTag", "app:v1")]}}
    done = apply(new, old, ns__app=app)
    assert [each["image"] for each in events.histories(done.stream)["a"]["items"]] == [TWO, ONE]


def test_a_chain_of_new_aliases_resolves_whatever_their_names() -> None:
    app = stream(name="app", v1=[item(TWO)])
    wishes = [tag("a", "ImageStreamTag", "b"), tag("b", "ImageStreamTag", "c"), tag("c", "ImageStreamTag", "app:v1")]
    done = apply(stream(*wishes, b=[item(ONE)]), None, ns__app=app)
    assert current(done, "a") == current(done, "b") == current(done, "c") == item(TWO, generation=4)
    assert len(events.histories(done.stream)["a"]["items"]) == 1


def test_aliases_in_a_circle_do_no_harm() -> None:
    done = apply(stream(tag("a", "ImageStreamTag", "b"), tag("b", "ImageStreamTag", "a"), a=[item(ONE)]))
    assert not done.errors
    assert current(done, "b") == item(ONE, generation=4)


_kinds = st.sampled_from(["ImageStreamTag", "ImageStreamImage", "DockerImage", "Pod"])
_sources = st.sampled_from(["a", "b", "web:c", "app:a", f"app@{ONE}", "ab", "", "x:y:z"])
_tags = st.lists(
    st.builds(
        tag, st.sampled_from("abcd"), _kinds, _sources, st.sampled_from(["", "ns", "other"]), reference=st.booleans()
    )
)
_histories = st.dictionaries(st.sampled_from("abcd"), st.lists(st.sampled_from([item(ONE), item(TWO)]), max_size=2))


@given(_tags, _histories, _histories)
@settings(max_examples=200)
def test_the_engine_settles_at_once_and_changes_no_argument(
    spec: list[Json], own: dict[str, list[Json]], others: dict[str, list[Json]]
) -> None:
    new, app = with_status(stream(*spec), own), with_status(stream(name="app"), others)
    sources = {("ns", "app"): app, ("other", "app"): app, ("other", "web"): None}
    verdicts = {place: YES for place in tags.needs(new, None).reviews}
    before = (repr(new), repr(app))
    once = tags.apply_tags(new, None, sources, verdicts, NOW)
    assert (repr(new), repr(app)) == before
    assert tags.apply_tags(once.stream, once.stream, {}, {}, NOW).stream == once.stream
    for name, entry in events.histories(new).items():
        named_before = {each["image"] for each in entry["items"] or []}
        assert named_before <= {each["image"] for each in events.histories(once.stream)[name]["items"] or []}
