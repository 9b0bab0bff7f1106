"""What is counted of imports (import-and-triggers contract, section 13)."""

from prometheus_client import CollectorRegistry, generate_latest

from roadstead.base.values import Json
from roadstead.importing.tally import MOST_REGISTRIES, ImportTally

GOOD: Json = {"status": {"status": "Success"}}


def exposed(tally: ImportTally) -> list[str]:
    registry = CollectorRegistry()
    registry.register(tally)
    return [line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")]


def done(*names: str, answers: list[Json]) -> Json:
    return {"spec": {"images": [{"from": {"name": name}} for name in names]}, "status": {"images": answers}}


def test_each_item_is_counted_by_registry_and_reason_under_the_names_people_watch() -> None:
    tally = ImportTally()
    bad = {"status": {"status": "Failure", "reason": "NotFound"}}
    unnamed = {"status": {"status": "Failure"}}
    tally.count(done("mysql", "q.test:5000/a", "q.test:5000/b", answers=[GOOD, bad, unnamed]), scheduled=False)
    tally.count(done("mysql", "*", answers=[GOOD, GOOD]), scheduled=True)
    tally.count_refusal("", scheduled=True)
    assert exposed(tally) == [
        'openshift_imagestreamcontroller_success_count{registry="docker.io",scheduled="false"} 1.0',
        'openshift_imagestreamcontroller_success_count{registry="docker.io",scheduled="true"} 1.0',
        'openshift_imagestreamcontroller_error_count{reason="NotFound",registry="q.test:5000",scheduled="false"} 1.0',
        'openshift_imagestreamcontroller_error_count{reason="Unknown",registry="q.test:5000",scheduled="false"} 1.0',
        'openshift_imagestreamcontroller_error_count{reason="InvalidImageReference",registry="",scheduled="true"} 1.0',
        'openshift_imagestreamcontroller_error_count{reason="Unknown",registry="",scheduled="true"} 1.0',
    ]


def test_a_repository_counts_as_one() -> None:
    tally = ImportTally()
    asked = {"spec": {"repository": {"from": {"name": "q.test/a"}}}, "status": {"repository": GOOD}}
    tally.count(asked, scheduled=False)
    assert exposed(tally) == ['openshift_imagestreamcontroller_success_count{registry="q.test",scheduled="false"} 1.0']


def test_users_cannot_fill_the_memory_with_names_of_registries() -> None:
    tally = ImportTally()
    for number in range(MOST_REGISTRIES + 50):
        tally.count(done(f"r{number}.test/a", answers=[GOOD]), scheduled=False)
    lines = exposed(tally)
    assert len(lines) == MOST_REGISTRIES + 1
    assert 'openshift_imagestreamcontroller_success_count{registry="other",scheduled="false"} 50.0' in lines
