"""`roadstead inspect`: what an image is, wherever it is."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import orjson

from roadstead.base.settings import Settings
from roadstead.base.values import Json
from roadstead.cli.copy import ends_told, open_source
from roadstead.cli.machine import Machine, Wish
from roadstead.cli.progress import human
from roadstead.copying.copy import Item, chosen
from roadstead.copying.ends import Found, Source, attached
from roadstead.copying.names import Platform, parse
from roadstead.oci.attachments import names_for
from roadstead.oci.descriptor import Descriptor
from roadstead.remote.errors import Kind, RemoteFailure

CONFIG_BYTES = 8 * 1024 * 1024
Form = Literal["text", "json", "raw", "config"]


@dataclass(frozen=True, slots=True)
class Order:
    """What the command line says."""

    name: str
    wish: Wish
    form: Form = "text"
    platform: str = ""


def run(settings: Settings, order: Order) -> None:
    """Prints it; ends the process with the status of `docs/copy.md` when it fails."""
    with ends_told(resumable=False):
        shown = asyncio.run(_inspected(settings, order))
    sys.stdout.buffer.write(shown)
    sys.stdout.flush()


async def _inspected(settings: Settings, order: Order) -> bytes:
    machine = Machine(settings, os.environ, Path.home())
    try:
        source, reference = await open_source(machine, parse(order.name), order.wish)
        look = Look(source, Platform.parse(order.platform) if order.platform else None)
        if order.form == "raw" and not order.platform:
            return (await source.manifest(reference)).body  # even when it is of a kind we do not know
        item = await look.item(reference)
        if order.form == "raw":
            return item.found.body
        if order.form == "config":
            return await look.config(item)
        facts = await look.facts(order.name, item)
    finally:
        await machine.close()
    if order.form == "json":
        return orjson.dumps(facts, option=orjson.OPT_INDENT_2) + b"\n"
    return (text_of(facts) + "\n").encode()


class Look:
    """Reads what there is to know about an image of a source."""

    def __init__(self, source: Source, platform: Platform | None) -> None:
        self._source, self._platform = source, platform

    async def item(self, reference: str) -> Item:
        """The manifest, or the one for the platform asked for."""
        return await chosen(self._source, reference, self._platform)

    async def config(self, item: Item) -> bytes:
        """The config's bytes; raises RemoteFailure when the manifest has none."""
        if item.read.config is None:
            said = (
                f"{item.found.digest} is an index, which has no config; choose an image with --platform OS/ARCHITECTURE"
            )
            raise RemoteFailure(Kind.NOT_FOUND, said)
        if item.read.config.size > CONFIG_BYTES:
            said = f"the config has {item.read.config.size} bytes; at most {CONFIG_BYTES} are read"
            raise RemoteFailure(Kind.TOO_LARGE, said)
        async with self._source.blob(item.read.config) as chunks:
            return b"".join([chunk async for chunk in chunks])

    async def facts(self, name: str, item: Item) -> Json:
        """Everything, as plain values."""
        found: Found = item.found
        facts: Json = {"name": name, "digest": str(found.digest), "mediaType": found.media_type}
        if item.read.annotations:
            facts["annotations"] = dict(item.read.annotations)
        if item.read.artifact_type:
            facts["artifactType"] = item.read.artifact_type
        if item.read.kind == "index":
            facts["manifests"] = [_child(each) for each in item.read.manifests]
        else:
            facts["size"] = sum(layer.size for layer in item.read.layers)
            facts["layers"] = [_part(layer) for layer in item.read.layers]
            facts |= _of_config(await self.config(item))
        facts["referrers"] = [str(digest) for digest in await self._source.referrers(found.digest)]
        hanging = {name: await attached(self._source, name) for name in names_for(found.digest)}
        facts["attachments"] = [
            {"tag": name, "digest": str(each.digest)} for name, each in hanging.items() if each is not None
        ]
        return facts


def text_of(facts: Json) -> str:
    """The facts for people."""
    lines = [f"{facts['name']}", f"  digest      {facts['digest']}", f"  type        {facts['mediaType']}"]
    for name, label in (("artifactType", "artifact"), ("platform", "platform"), ("created", "created")):
        if facts.get(name):
            lines.append(f"  {label:<10}  {facts[name]}")
    if "manifests" in facts:
        lines.append("  images")
        lines += [
            f"    {each['platform'] or '-':<16} {each['digest']}  {human(each['size'])}" for each in facts["manifests"]
        ]
    if "layers" in facts:
        lines.append(f"  size        {human(facts['size'])} in {len(facts['layers'])} layers")
    for name in ("annotations", "labels"):
        lines += [f"  {name[:-1]:<10}  {key}={value}" for key, value in sorted((facts.get(name) or {}).items())]
    lines += [f"  referrer    {each}" for each in facts["referrers"]]
    lines += [f"  attached    {each['digest']}  {each['tag']}" for each in facts["attachments"]]
    return "\n".join("".join(letter if letter.isprintable() else " " for letter in line) for line in lines)


def _child(each: Descriptor) -> Json:
    facts = each.platform or {}
    platform = "/".join(str(facts[key]) for key in ("os", "architecture", "variant") if facts.get(key))
    return {**_part(each), "platform": platform}


def _part(each: Descriptor) -> Json:
    return {"digest": str(each.digest), "mediaType": each.media_type, "size": each.size}


def _of_config(body: bytes) -> Json:
    """What an image's config says; nothing for a config of another kind."""
    try:
        config = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(config, dict) or not config.get("os"):
        return {}
    facts = {name: str(config.get(name) or "") for name in ("os", "architecture", "variant")}
    inner = config.get("config")
    labels = inner.get("Labels") if isinstance(inner, dict) else None
    platform = "/".join(text for text in facts.values() if text)
    return {
        "platform": platform,
        "created": str(config.get("created") or ""),
        "labels": {str(key): str(value) for key, value in labels.items()} if isinstance(labels, dict) else {},
    }
