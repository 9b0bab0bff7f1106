"""What we tell people who look after us: log lines with secrets masked, and the registry's metrics."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Summary, generate_latest
from prometheus_client.registry import Collector

from roadstead import __version__

MOST_REGISTRIES = 200
"""Other registries counted by name."""

_SECRET = re.compile(r"(?i)(bearer |basic |token=|password=|_state=|sha256~)([A-Za-z0-9._~+/=-]{6,})")
_SECRET_KEYS = frozenset({"authorization", "password", "token", "access_token", "id_token", "secret", "_state"})


def masked(text: str) -> str:
    """The text with everything that looks like a credential replaced."""
    return _SECRET.sub(r"\1***", text)


def _mask_event(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if key.lower() in _SECRET_KEYS:
            event[key] = "***"
        elif isinstance(value, str):
            event[key] = masked(value)
    return event


def configure_logs(level: str, form: str) -> None:
    """Sends log lines to standard error: `text` is logfmt (registry contract, section 15), `json` one object a line.

    Lines of libraries, which know the standard module alone, get the same form and the same masking.
    """
    number = getattr(logging, level.upper(), logging.INFO)
    steps: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", key="time"),
        structlog.processors.EventRenamer("msg"),
        structlog.processors.format_exc_info,
        _mask_event,
    ]
    structlog.configure(
        processors=[*steps, _renderer(form)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    tidy = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=[tidy, _renderer(form)], foreign_pre_chain=steps)
    )
    logging.basicConfig(handlers=[handler], level=max(number, logging.INFO), force=True)


def _renderer(form: str) -> Any:
    if form == "json":
        return structlog.processors.JSONRenderer()
    return structlog.processors.LogfmtRenderer(
        key_order=["time", "level", "msg"], drop_missing=True, bool_as_flag=False
    )


def logger() -> Any:
    """The place log lines go to."""
    return structlog.get_logger()


class Metrics:
    """The metrics of registry contract, section 14; one instance per process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.in_flight = Gauge(
            "imageregistry_http_in_flight_requests", "Requests being answered", registry=self._registry
        )
        self._requests = Counter(
            "imageregistry_http_requests", "Requests answered", ["code", "method"], registry=self._registry
        )
        self._durations = Summary(
            "imageregistry_http_request_duration_seconds", "Time to answer", ["method"], registry=self._registry
        )
        self._operations = Summary(
            "imageregistry_request_duration_seconds", "Time of one operation", ["operation"], registry=self._registry
        )
        self._pullthrough = Summary(
            "imageregistry_pullthrough_repository_duration_seconds",
            "Time another registry took",
            ["registry", "operation"],
            registry=self._registry,
        )
        self._pullthrough_errors = Counter(
            "imageregistry_pullthrough_repository_errors",
            "Failures of other registries",
            ["registry", "operation", "code"],
            registry=self._registry,
        )
        self._pullthrough_cache = Counter(
            "imageregistry_pullthrough_blobstore_cache_requests",
            "Blobs of other registries found on their way already, or not",
            ["type"],
            registry=self._registry,
        )
        self._registries: set[str] = set()
        build = Gauge(
            "imageregistry_build_info",
            "Which build this is",
            ["major", "minor", "gitCommit", "gitVersion"],
            registry=self._registry,
        )
        major, minor, *_ = __version__.split(".")
        build.labels(major, minor, "", f"v{__version__}").set(1)
        self._children: dict[tuple[str, ...], Any] = {}

    def answered(self, method: str, code: int, operation: str, seconds: float) -> None:
        """Counts one answered request."""
        self._child(self._requests, str(code), method).inc()
        self._child(self._durations, method).observe(seconds)
        if operation:
            self._child(self._operations, operation).observe(seconds)

    def add(self, collector: Collector) -> None:
        """Shows what the collector counts as well."""
        self._registry.register(collector)

    def pulled_through(self, registry: str, operation: str, seconds: float, code: str = "") -> None:
        """Counts one request to another registry; `code` says how it failed."""
        # Names come from users, and each would stay in memory.
        if registry not in self._registries and len(self._registries) >= MOST_REGISTRIES:
            registry = "other"
        self._registries.add(registry)
        self._child(self._pullthrough, registry, operation).observe(seconds)
        if code:
            self._child(self._pullthrough_errors, registry, operation, code).inc()

    def pullthrough_cache(self, *, hit: bool) -> None:
        """Counts one blob of another registry that was asked for; `hit`: somebody had begun to fetch it."""
        self._child(self._pullthrough_cache, "Hit" if hit else "Miss").inc()

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text form."""
        return generate_latest(self._registry)

    def _child(self, family: Any, *labels: str) -> Any:
        # `labels()` takes a lock and builds a key each time; the set of labels is small and fixed.
        key = (family._name, *labels)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = family.labels(*labels)
        return child
