"""Leases: who does what at the moment; no I/O."""

from __future__ import annotations

from roadstead.apimachinery.resource import Column
from roadstead.resources.plain.cells import AGE, NAME, field_of
from roadstead.resources.plain.rows import row

LEASES = row("coordination.k8s.io", "Lease", (NAME, Column("Holder", field_of("spec", "holderIdentity")), AGE))
