"""Log lines and metrics."""

import json
import logging

import pytest

from roadstead.base.observe import Metrics, configure_logs, logger, masked


@pytest.mark.parametrize(
    "secret",
    [
        "Bearer sha256~abcdefghij",
        "Basic YWRtaW46c2VjcmV0",
        "?_state=12.abcdefgh",
        "password=hunter22",
        "sha256~longlonglong",
    ],
)
def test_what_looks_like_a_credential_is_masked(secret: str) -> None:
    assert "***" in masked(f"before {secret} after")
    assert secret.partition(" ")[2] not in masked(secret) or not secret.partition(" ")[2]


def test_digests_are_no_credentials() -> None:
    text = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert masked(text) == text


def test_a_line_in_json_has_time_level_and_message_and_no_secret(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logs("info", "json")
    logger().info("asked", authorization="Bearer abcdefgh", path="/v2/?token=abcdefgh")
    line = json.loads(capfd.readouterr().err)
    assert {"time", "level", "msg"} <= set(line)
    assert "abcdefgh" not in str(line)


def test_lines_of_libraries_get_the_same_form_and_masking(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logs("info", "json")
    logging.getLogger("somebody.else").error("sent %s", "Bearer abcdefgh")
    line = json.loads(capfd.readouterr().err)
    assert (line["level"], line["msg"]) == ("error", "sent Bearer ***")


def test_lines_below_the_level_are_left_out(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logs("error", "text")
    logger().info("not worth it")
    assert capfd.readouterr().err == ""


def test_requests_are_counted_under_the_names_that_dashboards_know() -> None:
    metrics = Metrics()
    metrics.answered("PUT", 201, "ManifestService.Put", 0.01)
    text = metrics.exposition().decode()
    assert 'imageregistry_http_requests_total{code="201",method="PUT"} 1.0' in text
    assert 'imageregistry_request_duration_seconds_count{operation="ManifestService.Put"} 1.0' in text
    assert "imageregistry_build_info{" in text
