"""Events: what loops tell people about an object (core/v1 Event)."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Literal

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection
from roadstead.base.errors import Failure
from roadstead.base.observe import logger
from roadstead.base.values import Json
from roadstead.kube.time import format_time, parse_time

LONGEST_MESSAGE = 1024
QUIET = timedelta(minutes=10)
"""The same event is not counted again within this time: it would only wake watchers."""

Type = Literal["Normal", "Warning"]


class Events:
    """Writes events in the name of one component. The same thing said again is counted, not repeated."""

    def __init__(self, events: Collection, component: str) -> None:
        self._events, self._component = events, component

    async def tell(self, about: Json, kind: Type, reason: str, message: str, now: datetime) -> None:
        """Says something about an object with its kind and apiVersion; failing to say it is logged and no more."""
        event = self._event(about, kind, reason, message[:LONGEST_MESSAGE], now)
        namespace, name = event["metadata"]["namespace"], event["metadata"]["name"]
        try:
            known = self._events.peek(namespace, name)
            if known is None:
                await self._events.create(namespace, event, Ask.internal(now))
            elif now - parse_time(str(known.get("lastTimestamp"))) >= QUIET:
                again = {"count": int(known.get("count") or 1) + 1, "lastTimestamp": format_time(now)}
                await self._events.update(namespace, name, {**known, **again}, Ask.internal(now))
        except Failure as failure:
            logger().info("an event could not be written", name=name, namespace=namespace, error=failure.message)

    def _event(self, about: Json, kind: Type, reason: str, message: str, now: datetime) -> Json:
        meta = about["metadata"]
        said = hashlib.sha256(f"{meta.get('uid')}\n{kind}\n{reason}\n{message}".encode()).hexdigest()[:16]
        place = {"namespace": meta.get("namespace", "default")}
        return {
            "metadata": {"name": f"{meta['name']}.{said}", **place},
            "involvedObject": {
                "kind": about["kind"],
                "apiVersion": about["apiVersion"],
                "name": meta["name"],
                "uid": meta.get("uid", ""),
                "resourceVersion": meta.get("resourceVersion", ""),
                **place,
            },
            "type": kind,
            "reason": reason,
            "message": message,
            "source": {"component": self._component},
            "reportingComponent": self._component,
            "firstTimestamp": format_time(now),
            "lastTimestamp": format_time(now),
            "count": 1,
        }
