"""One spelling, defaults and generations (image-api contract, 6.1 to 6.4, 6.6 and 7.1)."""

from typing import Any

import pytest

from roadstead.base.values import Json
from roadstead.kube.schema import conform
from roadstead.streams import specs
from roadstead.streams.models_streams import IMAGE_STREAM


def docker(name: str, **more: Any) -> Json:
    return {"name": name, "from": {"kind": "DockerImage", "name": f"q.test/a:{name}"}, **more}


def stream(*tags: Json, generation: int = 1, **spec: Any) -> Json:
    meta = {"namespace": "ns", "name": "web", "generation": generation}
    return specs.normalise({"metadata": meta, "spec": {**spec, "tags": list(tags)}, "status": {}})


def generations(of: Json) -> dict[str, int | None]:
    return {tag["name"]: tag.get("generation") for tag in of["spec"].get("tags", [])}


def test_an_empty_stream_is_shown_with_what_is_never_left_out() -> None:
    assert specs.normalise({"metadata": {"name": "a"}}) == {
        "metadata": {"name": "a"},
        "spec": {"lookupPolicy": {"local": False}},
        "status": {"dockerImageRepository": ""},
    }


def test_tags_are_sorted_and_the_last_of_a_name_wins_as_a_whole() -> None:
    sent = [docker("b", reference=True), docker("a"), {"name": "b", "from": {"kind": "ImageStreamTag", "name": "a"}}]
    assert specs.normalise({"spec": {"tags": sent}})["spec"]["tags"] == [
        {
            "name": "a",
            "annotations": None,
            "from": {"kind": "DockerImage", "name": "q.test/a:a"},
            "generation": None,
            "importPolicy": {"importMode": "Legacy"},
            "referencePolicy": {"type": "Source"},
        },
        {
            "name": "b",
            "annotations": None,
            "from": {"kind": "ImageStreamTag", "name": "a"},
            "generation": None,
            "importPolicy": {"importMode": "Legacy"},
            "referencePolicy": {"type": "Source"},
        },
    ]


def test_flags_show_only_when_set_and_empty_annotations_are_null() -> None:
    tag = {
        "name": "t",
        "annotations": {},
        "from": {"kind": "DockerImage", "name": "a", "namespace": "", "uid": "u"},
        "reference": True,
        "importPolicy": {"insecure": True, "scheduled": False},
        "referencePolicy": {"type": ""},
    }
    assert specs.normalise_tag(tag, "PreserveOriginal") == {
        "name": "t",
        "annotations": None,
        "from": {"kind": "DockerImage", "name": "a", "uid": "u"},
        "reference": True,
        "generation": None,
        "importPolicy": {"insecure": True, "importMode": "PreserveOriginal"},
        "referencePolicy": {"type": "Source"},
    }
    assert specs.normalise_tag({"name": "t"}) == {
        "name": "t",
        "annotations": None,
        "generation": None,
        "importPolicy": {"importMode": "Legacy"},
        "referencePolicy": {"type": "Source"},
    }


def test_both_repositories_are_kept_as_stored() -> None:
    status = {"dockerImageRepository": "reg/ns/web", "publicDockerImageRepository": "pub/ns/web"}
    assert specs.normalise({"status": status})["status"] == status


def test_histories_show_every_key_of_an_event_and_null_for_no_events() -> None:
    sent = {"tags": [{"tag": "b", "items": [{"image": "D"}], "conditions": []}, {"tag": "a", "items": []}]}
    assert specs.normalise({"status": sent})["status"]["tags"] == [
        {"tag": "a", "items": None},
        {"tag": "b", "items": [{"created": None, "dockerImageReference": "", "image": "D", "generation": 0}]},
    ]


def test_normalising_agrees_with_the_shape_and_changes_nothing_twice() -> None:
    once = stream(docker("b"), docker("a", annotations={"k": "v"}), dockerImageRepository="q.test/a")
    assert specs.normalise(once) == once
    assert conform(IMAGE_STREAM, once).value == once


def test_a_new_stream_starts_at_generation_one_without_a_status() -> None:
    sent = stream(docker("a", generation=7), generation=9)
    sent["status"] = {"dockerImageRepository": "mine", "tags": [{"tag": "a", "items": None}]}
    created = specs.prepare_create(sent)
    assert created["metadata"]["generation"] == 1
    assert generations(created) == {"a": 1}
    assert created["status"] == {"dockerImageRepository": ""}
    assert specs.prepare_create(sent, with_status=True)["status"] == sent["status"]
    assert generations(sent) == {"a": 7}


@pytest.mark.parametrize(
    ("new", "stream_generation", "tag_generation"),
    [
        (docker("a", generation=3), 5, 3),
        (docker("a", generation=4), 5, 3),
        (docker("a", generation=None), 5, 3),
        (docker("a", generation=0), 6, 6),
        (docker("a", reference=True, generation=3), 6, 6),
        (docker("a", annotations={"k": "v"}), 6, 3),
        (docker("a", importPolicy={"scheduled": True}), 6, 3),
        (docker("a", importPolicy={"insecure": True}), 6, 3),
        (docker("a", referencePolicy={"type": "Local"}), 6, 3),
        (docker("a", importPolicy={"importMode": "PreserveOriginal"}), 6, 6),
        (docker("b", generation=9), 6, 6),
    ],
)
def test_generations_move_with_what_changes(new: Json, stream_generation: int, tag_generation: int) -> None:
    old = stream(docker("a", generation=3), generation=5)
    updated = specs.prepare_update(stream(new), old)
    assert updated["metadata"]["generation"] == stream_generation
    assert generations(updated) == {new["name"]: tag_generation}


def test_labels_do_not_move_the_generation_and_lookup_policy_does() -> None:
    old = stream(docker("a", generation=3), generation=5)
    labelled = {**old, "metadata": {**old["metadata"], "labels": {"x": "1"}}}
    assert specs.prepare_update(labelled, old)["metadata"]["generation"] == 5
    local = stream(docker("a"), lookupPolicy={"local": True})
    assert specs.prepare_update(local, old)["metadata"]["generation"] == 6


def test_a_tag_that_never_had_a_generation_gets_one() -> None:
    old = stream(docker("a"), generation=5)
    assert generations(specs.prepare_update(stream(docker("a")), old)) == {"a": 5}


def test_an_update_keeps_the_status_unless_the_server_itself_writes() -> None:
    old = {**stream(generation=1), "status": {"dockerImageRepository": "r", "tags": [{"tag": "a", "items": None}]}}
    new = {**stream(), "status": {"dockerImageRepository": "mine"}}
    assert specs.prepare_update(new, old)["status"] == old["status"]
    assert specs.prepare_update(new, old, keep_status=False)["status"] == new["status"]


CHANGES: list[tuple[str, Json, Json | None, bool]] = [
    ("not there before", docker("t"), None, True),
    ("not there before, without from", {"name": "t"}, None, True),
    ("the same", docker("t"), docker("t"), False),
    ("from taken away", {"name": "t"}, docker("t"), False),
    ("from without kind and name", {"name": "t", "from": {}}, docker("t"), False),
    ("from added", docker("t"), {"name": "t"}, True),
    ("own namespace spelt out", docker("t") | {"from": {**docker("t")["from"], "namespace": "ns"}}, docker("t"), False),
    ("another namespace", docker("t") | {"from": {**docker("t")["from"], "namespace": "o"}}, docker("t"), True),
    ("another name", docker("t") | {"from": {"kind": "DockerImage", "name": "x"}}, docker("t"), True),
    ("another kind", docker("t") | {"from": {"kind": "ImageStreamTag", "name": "q.test/a:t"}}, docker("t"), True),
    ("reference set", docker("t", reference=True), docker("t"), True),
    ("import mode", docker("t", importPolicy={"importMode": "PreserveOriginal"}), docker("t"), True),
    ("import mode spelt out", docker("t", importPolicy={"importMode": "Legacy"}), docker("t"), False),
    ("generation zero", docker("t", generation=0), docker("t", generation=2), True),
    ("generation zero before too", docker("t", generation=0), docker("t", generation=0), False),
    ("generation zero, none before", docker("t", generation=0), docker("t"), False),
    ("another generation", docker("t", generation=3), docker("t", generation=2), False),
    ("scheduled", docker("t", importPolicy={"scheduled": True}), docker("t"), False),
    ("insecure", docker("t", importPolicy={"insecure": True}), docker("t"), False),
    ("reference policy", docker("t", referencePolicy={"type": "Local"}), docker("t"), False),
    ("annotations", docker("t", annotations={"a": "b"}), docker("t"), False),
]


@pytest.mark.parametrize(("new", "old", "changed"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_what_counts_as_a_changed_tag(new: Json, old: Json | None, changed: bool) -> None:
    assert specs.tag_changed(new, old, "ns") is changed


@pytest.mark.parametrize(
    ("was", "now", "asked", "expected"),
    [
        (None, "D", 3, 5),
        ("D", "D", 3, 3),
        ("E", "D", 3, 3),
        ("E", "D", None, 5),
    ],
)
def test_a_status_write_fills_in_generations(was: str | None, now: str, asked: int | None, expected: int) -> None:
    old = stream(*([docker("t", generation=asked)] if asked else []), generation=5)
    old["status"]["tags"] = [{"tag": "t", "items": [{"image": was, "generation": 2}]}] if was else []
    new = {**stream(generation=99, lookupPolicy={"local": True}), "status": {"tags": [{"tag": "t", "items": None}]}}
    new["status"]["tags"][0]["items"] = [{"image": now, "generation": 0}, {"image": "older", "generation": 0}]
    written = specs.prepare_status_update(new, old)
    assert [item["generation"] for item in written["status"]["tags"][0]["items"]] == [expected, 0]
    assert written["spec"] == old["spec"]
    assert written["metadata"]["generation"] == 5


def test_a_status_write_leaves_generations_given_and_empty_tags_alone() -> None:
    tags = [{"tag": "a", "items": None}, {"tag": "b", "items": [{"image": "D", "generation": 7}]}]
    written = specs.prepare_status_update({**stream(), "status": {"tags": tags}}, stream())
    assert written["status"]["tags"] == tags


@pytest.mark.parametrize(
    ("internal", "external", "declared", "status"),
    [
        ("", "", "", {"dockerImageRepository": ""}),
        ("", "", "q.test/a/b:v1", {"dockerImageRepository": "q.test/a/b"}),
        ("reg:5000", "", "q.test/a/b", {"dockerImageRepository": "reg:5000/ns/web"}),
        (
            "reg:5000",
            "pub",
            "",
            {"dockerImageRepository": "reg:5000/ns/web", "publicDockerImageRepository": "pub/ns/web"},
        ),
    ],
)
def test_repositories_follow_the_configuration(internal: str, external: str, declared: str, status: Json) -> None:
    stored = stream(dockerImageRepository=declared)
    stored["status"] = {"dockerImageRepository": "stale", "publicDockerImageRepository": "stale"}
    shown = specs.with_repositories(stored, internal, external)
    assert shown["status"] == status
    assert shown["spec"].get("dockerImageRepository", "") == declared.removesuffix(":v1")


def test_a_tag_leaves_the_spec_and_its_history_stays() -> None:
    whole = stream(docker("a"), docker("b"))
    whole["status"]["tags"] = [{"tag": "a", "items": None}]
    assert list(generations(specs.without_spec_tag(whole, "a"))) == ["b"]
    assert specs.without_spec_tag(whole, "a")["status"] == whole["status"]
    assert list(generations(specs.with_spec_tag(whole, docker("aa")))) == ["a", "aa", "b"]
    assert "tags" not in specs.without_spec_tag(stream(docker("a")), "a")["spec"]
