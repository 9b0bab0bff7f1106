"""Server-side apply: who wins, who keeps what, and what is said about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.kube import apply as applying
from roadstead.kube.apply import Applied
from roadstead.kube.fieldsets import text_of
from roadstead.kube.managers import (
    EMPTY,
    Author,
    Manager,
    Managers,
    after_update,
    first_state,
    read,
    same_but_time,
    write,
)
from tests.kube.typedshapes import KIND, configs

NOW = datetime(2026, 11, 23, 18, 49, 39, tzinfo=UTC)


def author(name: str, seconds: int = 0) -> Author:
    return Author(name, "v1", "", NOW + timedelta(seconds=seconds), lambda path: path[0] == "f:status")


def ship(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Ship", "metadata": {"name": "s"}, "spec": spec}


def applied(live: dict[str, Any], config: dict[str, Any], managers: Managers, name: str = "a") -> Applied:
    return applying.apply(live, config, managers, KIND, author(name))


def owners(managers: Managers) -> dict[str, set[str]]:
    return {each.name: {text_of(path) for path in owned.paths} for each, owned in managers.items()}


def test_what_one_applied_another_cannot_apply_otherwise() -> None:
    first = applied({"metadata": {}}, ship(replicas=1), {})
    second = applied(first.object, ship(replicas=2), first.managers, "b")
    assert applying.refusal(second.conflicts).status == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": 'Apply failed with 1 conflict: conflict with "a": .spec.replicas',
        "reason": "Conflict",
        "details": {
            "causes": [{"reason": "FieldManagerConflict", "message": 'conflict with "a"', "field": ".spec.replicas"}]
        },
        "code": 409,
    }
    assert owners(second.managers) == {"b": {".spec.replicas"}}


def test_several_conflicts_are_told_by_manager() -> None:
    first = applied({"metadata": {}}, ship(replicas=1), {})
    changed = {**first.object, "spec": {"replicas": 1, "args": ["x"]}}
    managers = after_update(first.managers, first.object, changed, KIND, author("edit"))
    second = applied(changed, ship(replicas=2, args=["y"]), managers, "b")
    assert applying.refusal(second.conflicts).message == (
        'Apply failed with 2 conflicts: conflicts with "a":\n- .spec.replicas\n'
        'conflicts with "edit" using v1:\n- .spec.args'
    )


def test_who_applies_the_same_value_shares_it() -> None:
    first = applied({"metadata": {}}, ship(replicas=1), {})
    second = applied(first.object, ship(replicas=1), first.managers, "b")
    assert not second.conflicts
    assert owners(second.managers) == {"a": {".spec.replicas"}, "b": {".spec.replicas"}}
    third = applied(second.object, ship(), second.managers)
    assert third.object["spec"] == {"replicas": 1}
    assert owners(third.managers) == {"a": {".spec"}, "b": {".spec.replicas"}}


def test_what_is_no_longer_applied_goes_unless_somebody_else_manages_it() -> None:
    first = applied({"metadata": {}}, ship(replicas=1, flags=["x", "y"], boxes=[{"name": "a"}, {"name": "b"}]), {})
    changed = {**first.object, "spec": {**first.object["spec"], "args": ["mine"]}}
    managers = after_update(first.managers, first.object, changed, KIND, author("edit"))
    second = applied(changed, ship(flags=["y"], boxes=[{"name": "b"}]), managers)
    assert second.object["spec"] == {"flags": ["y"], "boxes": [{"name": "b"}], "args": ["mine"]}


@pytest.mark.parametrize("field", ["labels", "annotations"])
def test_the_last_label_goes_and_the_name_stays(field: str) -> None:
    named = {"name": "s", "uid": "u"}
    config = {**ship(replicas=1), "metadata": {"name": "s", field: {"a": "b"}}}
    first = applied({"metadata": named}, config, {})
    assert applied(first.object, ship(replicas=1), first.managers).object["metadata"] == named


def test_a_plain_change_takes_the_fields_it_changes() -> None:
    first = applied({"metadata": {}}, ship(replicas=1, args=["x"]), {})
    changed = {**first.object, "spec": {"replicas": 5, "args": ["x"]}}
    managers = after_update(first.managers, first.object, changed, KIND, author("scaler"))
    assert owners(managers) == {"a": {".spec.args"}, "scaler": {".spec.replicas"}}


def test_the_first_apply_to_an_object_nobody_tracked_meets_who_was_before() -> None:
    live = ship(replicas=1)
    second = applied(live, ship(replicas=2), first_state(live, KIND, author("a")))
    assert 'conflict with "before-first-apply" using v1: .spec.replicas' in applying.refusal(second.conflicts).message


def test_kubectl_may_change_what_it_applied_from_the_clients_side() -> None:
    config = ship(replicas=1)
    live = {**config, "metadata": {"name": "s", "annotations": {applying.LAST_APPLIED: orjson.dumps(config).decode()}}}
    managers = after_update({}, EMPTY, live, KIND, author("kubectl-client-side-apply"))
    new = applied(live, ship(replicas=2), managers, "kubectl")
    assert new.conflicts
    assert not applying.unforgiven(new.conflicts, live, KIND, author("kubectl"))
    assert applying.unforgiven(new.conflicts, live, KIND, author("other"))
    told = orjson.loads(new.object["metadata"]["annotations"][applying.LAST_APPLIED])
    assert told["spec"] == {"replicas": 2}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (ship(mast=1), ".spec.mast: field not declared in schema"),
        (ship(mast=1, sail=2), "errors:\n  .spec.mast: field not declared in schema\n"
         "  .spec.sail: field not declared in schema"),
    ],
)  # fmt: skip
def test_what_is_not_of_the_kind_is_told(config: dict[str, Any], message: str) -> None:
    with pytest.raises(applying.Untyped) as refused:
        applying.check(config, KIND)
    assert refused.value.message == message


def test_the_oldest_of_many_plain_writers_are_put_together() -> None:
    managers: Managers = {}
    live: dict[str, Any] = EMPTY
    for number in range(14):
        labels = {f"l{each}": "x" for each in range(number + 1)}
        new = {**ship(), "metadata": {"name": "s", "labels": labels}}
        managers = after_update(managers, live, new, KIND, author(f"m{number:02}", number))
        live = new
    assert len(managers) == 10
    assert {".metadata.labels.l0", ".metadata.labels.l1"} <= owners(managers)["ancient-changes"]
    assert set().union(*owners(managers).values()) >= {f".metadata.labels.l{number}" for number in range(14)}


@given(configs(), configs())
def test_applying_twice_changes_nothing(live: dict[str, Any], config: dict[str, Any]) -> None:
    start = after_update({}, EMPTY, live, KIND, author("before"))
    once = applying.apply(live, config, start, KIND, author("a"))
    twice = applying.apply(once.object, config, once.managers, KIND, author("a", 60))
    assert not twice.conflicts
    assert (twice.object, write(twice.managers)) == (once.object, write(once.managers))


Step = tuple[str, str, dict[str, Any]]
STEPS = st.lists(st.tuples(st.sampled_from(["apply", "update"]), st.sampled_from("xyz"), configs()), max_size=6)


@given(STEPS)
def test_whoever_wrote_last_manages_what_they_changed(steps: list[Step]) -> None:
    live: dict[str, Any] = {"metadata": {}}
    managers: Managers = {}
    for how, name, config in steps:
        if how == "apply":
            done = applying.apply(live, config, managers, KIND, author(name))
            taken = {conflict.path for conflict in done.conflicts}
            live, managers = done.object, done.managers
            mine = Manager("Apply", name, "", "")
        else:
            before, live = live, config
            managers = after_update(managers, before, live, KIND, author(name))
            mine = Manager("Update", name, "v1", "")
            taken = set()
        for manager, owned in managers.items():
            assert owned.paths, "who manages nothing is not listed"
            assert manager == mine or not owned.paths & taken
        assert same_but_time(write(read(write(managers))), write(managers))


@given(configs(), configs(), configs())
def test_an_applier_manages_exactly_what_it_applies(
    live: dict[str, Any], first: dict[str, Any], second: dict[str, Any]
) -> None:
    managers: Mapping[Manager, Any] = {}
    for config in (first, second):
        done = applying.apply(live, config, managers, KIND, author("a"))
        live, managers = done.object, done.managers
        mine = managers.get(Manager("Apply", "a", "", ""))
        told = {text_of(path) for path in mine.paths} if mine else set()
        spec, labels = config.get("spec", {}), config["metadata"].get("labels", {})
        assert {path for path in told if path.startswith(".metadata.labels.")} == {
            f".metadata.labels.{name}" for name in labels
        }
        assert (".spec.replicas" in told) == ("replicas" in spec)
        assert live.get("spec", {}).get("replicas") == spec.get("replicas", live.get("spec", {}).get("replicas"))
