"""Routes: what is filled in, what counts as a change and what is refused, as OpenShift's API server does it."""

from __future__ import annotations

from typing import Any

import pytest

from roadstead.base.values import Json
from roadstead.kube.status import StatusError
from tests.resources.world import World

WEB: Json = {"to": {"kind": "Service", "name": "web"}}


async def test_a_route_leads_to_a_service_with_all_of_its_weight(world: World) -> None:
    sent = {"to": {"name": "web", "kind": ""}, "wildcardPolicy": ""}  # as oc expose sends it
    made = await world.create("routes", "r", spec=sent)
    assert made.object["spec"] == {"wildcardPolicy": "None", "to": {"kind": "Service", "weight": 100, "name": "web"}}
    assert (made.object["metadata"]["generation"], made.object["status"]) == (1, {})


async def test_tls_ends_at_the_edge_and_backends_share_alike_unless_said_otherwise(world: World) -> None:
    made = await world.create("routes", "r", spec={**WEB, "tls": {}, "alternateBackends": [{"name": "old"}]})
    assert made.object["spec"]["tls"] == {"termination": "edge"}
    assert made.object["spec"]["alternateBackends"] == [{"kind": "Service", "weight": 100, "name": "old"}]


async def test_only_a_changed_spec_is_another_generation(world: World) -> None:
    await world.create("routes", "r", spec=WEB)
    labelled = await world.patch("routes", "r", {"metadata": {"labels": {"a": "b"}}})
    assert labelled.object["metadata"]["generation"] == 1
    moved = await world.patch("routes", "r", {"spec": {"path": "/x"}})
    assert moved.object["metadata"]["generation"] == 2


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"to": {}}, "spec.to.name: Required value"),
        ({"to": {"name": "x", "kind": "Pod"}}, 'spec.to.kind: Invalid value: "Pod": must reference a Service'),
        ({"to": {"name": "x", "weight": 257}}, "spec.to.weight: Invalid value: 257: weight must be an integer"),
        (
            {"alternateBackends": [{"name": "a"}] * 4},
            "spec.alternateBackends: Required value: cannot specify more than 3",
        ),
        (
            {"alternateBackends": [{"name": "a", "weight": 300}]},
            "spec.alternateBackends\\[0\\].weight: Invalid value: 300",
        ),
        ({"port": {"targetPort": 0}}, "spec.port.targetPort: Required value"),
        ({"host": "Bad_Host"}, 'spec.host: Invalid value: "Bad_Host": host must conform to DNS 952 subdomain'),
        ({"host": "*.x.test"}, "a lowercase RFC 1123 label must consist of"),
        ({"wildcardPolicy": "All"}, 'Unsupported value: "All": supported values: "None", "Subdomain"'),
        ({"wildcardPolicy": "Subdomain"}, "host name not specified for wildcard policy"),
        ({"path": "x"}, "path must begin with /"),
        ({"path": "/a b"}, "cannot contain # or spaces"),
        ({"path": "/x", "tls": {"termination": "passthrough"}}, "passthrough termination does not support paths"),
        ({"tls": {"termination": "half"}}, 'spec.tls.termination: Unsupported value: "half": supported values: "edge"'),
        (
            {"tls": {"termination": "edge", "insecureEdgeTerminationPolicy": "No"}},
            "acceptable values are None, Allow, Re",
        ),
        ({"tls": {"termination": "passthrough", "insecureEdgeTerminationPolicy": "Allow"}}, "None, Redirect, or empty"),
        ({"tls": {"destinationCACertificate": "c"}}, "edge termination does not support destination certificates"),
    ],
)
async def test_a_route_that_cannot_be_is_refused(world: World, more: dict[str, Any], complaint: str) -> None:
    with pytest.raises(StatusError, match=complaint):
        await world.create("routes", "r", spec={**WEB, **more})


async def test_a_refused_key_is_not_repeated(world: World) -> None:
    with pytest.raises(StatusError, match='"redacted key data": passthrough termination') as refused:
        await world.create("routes", "r", spec={**WEB, "tls": {"termination": "passthrough", "key": "hush"}})
    assert "hush" not in refused.value.message


async def test_a_host_need_not_be_made_of_labels_where_the_route_says_so(world: World) -> None:
    told = {"name": "r", "annotations": {"route.openshift.io/allow-non-dns-compliant-host": "true"}}
    await world.create("routes", "r", metadata=told, spec={**WEB, "host": f"{'x' * 64}.test"})


async def test_the_wildcard_policy_of_a_route_stays(world: World) -> None:
    await world.create("routes", "r", spec={**WEB, "host": "a.test"})
    with pytest.raises(StatusError, match='wildcardPolicy: Invalid value: "Subdomain": field is immutable'):
        await world.patch("routes", "r", {"spec": {"wildcardPolicy": "Subdomain"}})
