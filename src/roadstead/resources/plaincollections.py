"""Every plain kind as a collection, with the rules of those that have some."""

from __future__ import annotations

from collections.abc import Callable

from roadstead.apimachinery.collection import Collection, NamespaceCheck, Rules
from roadstead.apimachinery.resource import Resource
from roadstead.auth.rbac import Rules as Policy
from roadstead.base.values import Json
from roadstead.kube.status import GroupResource
from roadstead.objects.store import Store
from roadstead.resources import plain, workloadrules
from roadstead.resources.autoscalers import AutoscalerRules, EarlierRules
from roadstead.resources.limitrules import LimitRangeRules, QuotaRules
from roadstead.resources.namedrules import NamedRules
from roadstead.resources.plain import apps, batch, core
from roadstead.resources.plain.policy import AUTOSCALERS, EARLIER_AUTOSCALERS
from roadstead.resources.plainrules import GrantRules, SecretRules
from roadstead.resources.pods import Pods
from roadstead.resources.routerules import RouteRules
from roadstead.resources.servicerules import ConfigMapRules, ServiceRules
from roadstead.resources.workloadrules import CronJobRules, DeploymentConfigRules, JobRules, PodRules, WorkloadRules

PLAIN_KEPT_BYTES = 1024 * 1024
"""Encoded objects of one plain kind kept at hand; few of them are read often."""


def plain_collections(
    store: Store, policy: Callable[[], Policy], check: NamespaceCheck
) -> dict[GroupResource, Collection]:
    """The plain kinds by name, but for namespaces. `policy` gives the roles and bindings in force."""
    rules = _rules(policy)
    return {
        each.group_resource: (Pods if each is plain.PODS else Collection)(
            each,
            store,
            rules.get(each.group_resource) or NamedRules(each),
            namespace_check=check,
            kept_bytes=PLAIN_KEPT_BYTES,
        )
        for each in plain.PLAIN
        if each is not plain.NAMESPACES
    }


def earlier_versions(store: Store, check: NamespaceCheck) -> tuple[Collection, ...]:
    """Kinds in a version before the one they are kept in: other faces of the same objects."""
    rules = EarlierRules(EARLIER_AUTOSCALERS)
    return (Collection(EARLIER_AUTOSCALERS, store, rules, namespace_check=check, kept_bytes=PLAIN_KEPT_BYTES),)


def _rules(policy: Callable[[], Policy]) -> dict[GroupResource, Rules]:
    found: dict[GroupResource, Rules] = {each.group_resource: GrantRules(each, policy) for each in plain.GRANTING}
    found[plain.SECRETS.group_resource] = SecretRules()
    own = (ConfigMapRules(plain.CONFIG_MAPS), ServiceRules(plain.SERVICES), RouteRules(plain.ROUTES))
    limits = (
        AutoscalerRules(AUTOSCALERS),
        LimitRangeRules(plain.LIMIT_RANGES),
        QuotaRules(plain.RESOURCE_QUOTAS),
        QuotaRules(plain.CLUSTER_RESOURCE_QUOTAS),
    )
    found |= {each.resource.group_resource: each for each in (*own, *limits, *_workloads())}
    return found


def _workloads() -> list[NamedRules]:
    kept = ("selector",)
    simple: tuple[tuple[Resource, Callable[[Json], Json], tuple[str, ...]], ...] = (
        (apps.DEPLOYMENTS, workloadrules.deployment, kept),
        (apps.REPLICA_SETS, workloadrules.replica_set, kept),
        (apps.STATEFUL_SETS, workloadrules.stateful_set, (*kept, "serviceName", "podManagementPolicy")),
        (apps.DAEMON_SETS, workloadrules.daemon_set, kept),
        (core.REPLICATION_CONTROLLERS, workloadrules.replication_controller, ()),
    )
    return [
        PodRules(plain.PODS),
        *(WorkloadRules(resource, defaults, fixed=fixed) for resource, defaults, fixed in simple),
        DeploymentConfigRules(plain.DEPLOYMENT_CONFIGS, workloadrules.deployment_config),
        JobRules(batch.JOBS, workloadrules.job, fixed=(*kept, "template", "completionMode")),
        CronJobRules(batch.CRON_JOBS, workloadrules.cron_job),
    ]
