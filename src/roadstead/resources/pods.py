"""Pods, with `log`: what a program printed, from whoever runs it; nobody is connected to a program."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection
from roadstead.apimachinery.served import Outcome, Patch
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.status import FieldError
from roadstead.resources.plain.cells import objects_at, text_at

CONNECTIONS = ("attach", "exec", "portforward")
CONTAINERS = ("containers", "initContainers", "ephemeralContainers")


@dataclass(frozen=True, slots=True)
class LogOptions:
    """What is asked of a log (Kubernetes PodLogOptions): numbers are lines, seconds and bytes; None: no bound."""

    container: str
    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    tail_lines: int | None = None
    since_seconds: int | None = None
    limit_bytes: int | None = None


LogSource = Callable[[Json, LogOptions], Awaitable[AsyncIterator[bytes] | None]]
"""(pod, options) -> the log in pieces; None when the pod is not run by whom is asked."""


class Pods(Collection):
    """The pods."""

    logs: LogSource | None = None
    """Who runs pods and keeps what they print; set by the app where somebody does."""

    async def subresource(
        self, verb: str, namespace: str, name: str, sub: str, body: Json | Patch | None, ask: Ask
    ) -> Outcome:
        """The log of a container; raises StatusError (400, 404, 422)."""
        if sub not in ("log", *CONNECTIONS):
            return await super().subresource(verb, namespace, name, sub, body, ask)
        pod = self.stored(self.entry(namespace, name, ask))
        unplaced = status.bad_request(f"pod {name} does not have a host assigned")
        if sub in CONNECTIONS:
            elsewhere = f"pod {name} runs elsewhere, if at all: nobody is connected to its programs from here"
            raise status.bad_request(elsewhere) if text_at(pod, "spec", "nodeName") else unplaced
        options = log_options(ask.query, _container(pod, ask.query.get("container", "")))
        if not text_at(pod, "spec", "nodeName"):
            raise unplaced
        found = await self.logs(pod, options) if self.logs is not None else None
        if found is None:
            raise status.bad_request(f"the log of pod {name} is not kept here: it runs elsewhere, if at all")
        return Outcome({}, text=found)


def _container(pod: Json, asked: str) -> str:
    """The container whose log is asked for: the only one, unless a name is given."""
    name = text_at(pod, "metadata", "name")
    names = [text_at(each, "name") for field in CONTAINERS for each in objects_at(pod, "spec", field)]
    if asked:
        if asked not in names:
            raise status.bad_request(f"container {asked[:253]} is not valid for pod {name}")
        return asked
    main = [text_at(each, "name") for each in objects_at(pod, "spec", "containers")]
    if len(main) != 1:
        raise status.bad_request(
            f"a container name must be specified for pod {name}, choose one of: [{' '.join(names)}]"
        )
    return main[0]


def log_options(query: dict[str, str], container: str) -> LogOptions:
    """The options in a query; raises StatusError (422) for a number that is none, or too small."""
    errors: list[FieldError] = []

    def number(name: str, least: int) -> int | None:
        text = query.get(name, "")
        if not text:
            return None
        if not (text.isascii() and text.isdigit()) or not least <= int(text[:12]) <= 10**11:
            errors.append(status.invalid_value(name, text[:40], f"must be greater than or equal to {least}"))
            return None
        return int(text)

    def switch(name: str) -> bool:
        return query.get(name, "") not in ("", "0", "false")

    options = LogOptions(
        container,
        follow=switch("follow"),
        previous=switch("previous"),
        timestamps=switch("timestamps"),
        tail_lines=number("tailLines", 0),
        since_seconds=number("sinceSeconds", 1),
        limit_bytes=number("limitBytes", 1),
    )
    if errors:
        raise status.invalid("PodLogOptions", "", "", errors)
    return options
