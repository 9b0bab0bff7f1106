"""Where the images of a stream came from (registry contract, section 12)."""

from __future__ import annotations

from typing import Any

from roadstead.base.values import Json
from roadstead.streams.origins import INSECURE, origins

A, B = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def event(reference: str, image: str = A) -> Json:
    return {"dockerImageReference": f"{reference}@{image}", "image": image}


def stream(*, insecure: tuple[str, ...] = (), annotated: bool = False, **tags: list[Json]) -> Json:
    """Tags with their events, newest first; those named `insecure` wish for plain http."""
    spec = [{"name": tag, "importPolicy": {"insecure": tag in insecure}} for tag in tags]
    meta = {"annotations": {INSECURE: "true"}} if annotated else {}
    status = {"tags": [{"tag": tag, "items": items} for tag, items in tags.items()]}
    return {"metadata": meta, "spec": {"tags": spec}, "status": status}


def found(of: Json, *images: str, own: tuple[str, ...] = ()) -> list[tuple[str, bool]]:
    return [(each.spec.exact(), each.insecure) for each in origins(of, images or (A,), own)]


def test_each_repository_that_a_tag_names_for_the_image_is_an_origin_once() -> None:
    assert found(stream(v1=[event("q.test/a/b")], v2=[event("q.test/a/b"), event("r.test/a/b")])) == [
        ("q.test/a/b", False),
        ("r.test/a/b", False),
    ]


def test_events_of_other_images_and_without_any_do_not_count() -> None:
    assert found(stream(v1=[event("q.test/a/b", B), {"dockerImageReference": "r.test/a/b", "image": ""}])) == []


def test_what_tags_name_now_comes_before_what_they_named() -> None:
    named = found(stream(v1=[event("z.test/a/b"), event("a.test/a/b")]))
    assert named == [("z.test/a/b", False), ("a.test/a/b", False)]


def test_secure_comes_before_insecure_then_by_name() -> None:
    tags: dict[str, Any] = {"v1": [event("a.test/x/y")], "v2": [event("c.test/x/y")], "v3": [event("b.test/x/y")]}
    named = found(stream(insecure=("v1",), **tags))
    assert named == [("b.test/x/y", False), ("c.test/x/y", False), ("a.test/x/y", True)]


def test_one_insecure_tag_does_not_make_the_others_insecure() -> None:
    tags: dict[str, Any] = {"v1": [event("q.test/a/b")], "v2": [event("q.test/a/b")]}
    assert found(stream(insecure=("v2",), **tags)) == [("q.test/a/b", False), ("q.test/a/b", True)]


def test_the_annotation_makes_every_tag_insecure() -> None:
    assert found(stream(annotated=True, v1=[event("q.test/a/b")])) == [("q.test/a/b", True)]


def test_our_own_registry_is_not_elsewhere() -> None:
    tags: dict[str, Any] = {"v1": [event("registry.test:5000/shop/web")], "v2": [event("q.test/a/b")]}
    assert found(stream(**tags), own=("registry.test:5000",)) == [("q.test/a/b", False)]


def test_a_reference_that_cannot_be_read_is_left_out() -> None:
    assert found(stream(v1=[{"dockerImageReference": "::", "image": A}, {"image": A}])) == []


def test_an_origin_leads_to_anything_of_it_by_digest() -> None:
    (origin,) = origins(stream(v1=[event("q.test/a/b")]), (A,), ())
    assert origin.at(B).exact() == f"q.test/a/b@{B}"
