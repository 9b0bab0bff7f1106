"""What a stream holds, blob by blob (image-api contract, section 8)."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from roadstead.base.values import Json
from roadstead.kube.schema import conform
from roadstead.oci import mediatypes
from roadstead.streams.layers import layers, named_images
from roadstead.streams.models_streams import IMAGE_STREAM_LAYERS

OCI_CONFIG, DOCKER_CONFIG = (
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
)


def stream(**tags: list[str]) -> Json:
    return {"status": {"tags": [{"tag": name, "items": [{"image": i} for i in each]} for name, each in tags.items()]}}


def image(media_type: str = mediatypes.OCI_MANIFEST, config: str = "C", **more: Any) -> Json:
    return {"dockerImageManifestMediaType": media_type, "dockerImageMetadata": {"Id": config}, **more}


def index(*children: str) -> Json:
    return image(mediatypes.OCI_INDEX, "I", dockerImageManifests=[{"digest": child} for child in children])


def test_every_image_of_the_history_is_listed_with_its_blobs() -> None:
    base, top = {"name": "L1", "size": 95, "mediaType": "tar"}, {"name": "L2", "size": 0, "mediaType": "tar"}
    view = layers(stream(a=["A", "B", ""], b=["A"]), {
        "A": image(dockerImageLayers=[base, top]),
        "B": image(mediatypes.DOCKER_MANIFEST, "D"),
    }.get)  # fmt: skip
    assert view == {
        "images": {
            "A": {"imageMissing": False, "layers": ["L1", "L2"], "config": "C"},
            "B": {"imageMissing": False, "layers": None, "config": "D"},
        },
        "blobs": {
            "A": {"size": None, "mediaType": mediatypes.OCI_MANIFEST},
            "L1": {"size": 95, "mediaType": "tar"},
            "L2": {"size": 0, "mediaType": "tar"},
            "C": {"size": None, "mediaType": OCI_CONFIG},
            "B": {"size": None, "mediaType": mediatypes.DOCKER_MANIFEST},
            "D": {"size": None, "mediaType": DOCKER_CONFIG},
        },
    }
    assert conform(IMAGE_STREAM_LAYERS, view).value == {"metadata": {}, **view}


def test_children_of_an_index_are_listed_beside_it() -> None:
    view = layers(stream(a=["I"]), {"I": index("D3", "gone"), "D3": image(config="C3")}.get)
    assert view["images"] == {
        "I": {"imageMissing": False, "layers": None, "config": None, "manifests": ["D3", "gone"]},
        "D3": {"imageMissing": False, "layers": None, "config": "C3"},
        "gone": {"imageMissing": True, "layers": None, "config": None},
    }
    assert "gone" not in view["blobs"]
    assert view["blobs"]["I"] == {"size": None, "mediaType": mediatypes.OCI_INDEX}


def test_an_image_without_a_known_config_spoils_nothing() -> None:
    found: dict[str, Json] = {"A": image(config=""), "B": {}, "C": image("application/x")}
    view = layers(stream(a=["A", "B", "C"]), found.get)
    assert [view["images"][digest]["config"] for digest in "ABC"] == [None, None, None]
    assert view["blobs"]["B"] == {"size": None, "mediaType": mediatypes.DOCKER_MANIFEST}


def test_indexes_that_name_each_other_come_to_an_end() -> None:
    view = layers(stream(a=["I"]), {"I": index("J"), "J": index("I", "J")}.get)
    assert list(view["images"]) == ["I", "J"]


def test_images_are_named_in_the_order_of_tags_each_once() -> None:
    assert named_images(stream(a=["A", "B"], b=["C", "A"])) == ["A", "B", "C"]
    assert named_images({}) == []


@given(st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdefgh"), max_size=4)))
@settings(max_examples=100)
def test_everything_reachable_is_listed_and_nothing_else(graph: dict[str, list[str]]) -> None:
    images = {name: index(*children) for name, children in graph.items()}
    reachable, waiting = set[str](), ["a"]
    while waiting:
        here = waiting.pop()
        if here not in reachable:
            reachable.add(here)
            waiting += graph.get(here, [])
    view = layers(stream(t=["a"]), images.get)
    assert set(view["images"]) == reachable
    assert {name for name, each in view["images"].items() if each["imageMissing"]} == reachable - graph.keys()
