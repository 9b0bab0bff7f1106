"""Tables of text become shapes."""

import pytest

from roadstead.kube.schema import Shape, conform, text
from roadstead.kube.shapetables import BadTable, read

TABLE = """
kind Deployment: Keeps pods running.
  spec DeploymentSpec
DeploymentSpec
  replicas int32                     # How many.
  selector {text} atomic
  strategy Strategy retain
  ports [Port] by:port keys:port,protocol
  names [text] set
Port
  port! int32
  protocol text default:TCP one:TCP|UDP
  target port
Strategy open
Reference atomic: Something else.
  name! text
  note text kept
  of Other
"""
OTHER = Shape("Other", {"name": text()})
SHAPES = read("io.k8s.api.apps.v1", TABLE, {"Other": OTHER})
SPEC = SHAPES["DeploymentSpec"].fields


def test_every_struct_of_a_table_becomes_a_shape() -> None:
    assert sorted(SHAPES) == ["Deployment", "DeploymentSpec", "Port", "Reference", "Strategy"]
    assert SHAPES["Reference"].fields["of"].shape is OTHER


def test_a_kind_has_what_whole_objects_have() -> None:
    kind = SHAPES["Deployment"]
    assert list(kind.fields) == ["kind", "apiVersion", "metadata", "spec"]
    assert (kind.description, kind.package) == ("Keeps pods running.", "io.k8s.api.apps.v1")


def test_a_struct_that_says_nothing_is_described_by_its_name() -> None:
    assert SHAPES["DeploymentSpec"].description == "What is wanted."
    assert SHAPES["Port"].description == ""


def test_words_behind_the_type_say_how_a_field_merges() -> None:
    assert (SPEC["ports"].merge_key, SPEC["ports"].keys) == ("port", ("port", "protocol"))
    assert SPEC["names"].list_type == "set"
    assert SPEC["strategy"].retain_keys
    assert SPEC["selector"].whole


def test_an_exclamation_mark_requires_and_a_hash_describes() -> None:
    assert SHAPES["Port"].fields["port"].required
    assert SPEC["replicas"].description == "How many."
    assert SHAPES["Port"].fields["protocol"].one_of == ("TCP", "UDP")


def test_open_and_atomic_structs_are_so() -> None:
    assert SHAPES["Strategy"].open
    assert SHAPES["Reference"].atomic


def test_what_was_sent_is_kept_even_where_it_is_empty() -> None:
    sent = {"replicas": 0, "selector": {}, "ports": [], "strategy": {}}
    assert conform(SHAPES["DeploymentSpec"], sent).value == sent
    assert conform(SHAPES["Reference"], {"note": ""}).value == {"note": ""}


def test_an_empty_text_says_nothing_unless_it_is_to_be_kept() -> None:
    assert conform(SHAPES["Reference"], {"name": ""}).value == {}


def test_what_stands_in_no_line_of_a_struct_is_unknown() -> None:
    found = conform(SHAPES["Deployment"], {"spec": {"ports": [{"port": 1, "prot": 2}]}})
    assert found.unknown == ["spec.ports[0].prot"]
    assert found.value["spec"] == {"ports": [{"port": 1, "protocol": "TCP"}]}


@pytest.mark.parametrize(
    "table",
    [
        "A\n  b Nowhere",
        "A\n  b A",
        "A\n  b text something",
        "A\n  b text by",
        "A\n  b text colour:red",
        "A\nA",
        "  b text\n",
        "A\n b text",
        "a\n  b text",
        "A\n  b",
    ],
)
def test_a_table_that_makes_no_sense_is_a_mistake_of_ours(table: str) -> None:
    with pytest.raises(BadTable):
        read("test.v1", table)
