"""Whose host is whose."""

import pytest

from roadstead.remote.domains import same_owner


@pytest.mark.parametrize(
    ("host", "other"),
    [
        ("registry-1.docker.io", "auth.docker.io"),
        ("registry.gitlab.com", "gitlab.com"),
        ("docker.elastic.co", "docker-auth.elastic.co"),
        ("quay.io", "Quay.io."),
        ("registry.corp.co.uk", "auth.corp.co.uk"),
        ("127.0.0.1", "127.0.0.1"),
        ("registry", "registry"),
        ("registry.ns.svc.cluster.local", "registry.ns.svc.cluster.local"),
    ],
)
def test_hosts_under_one_registrable_domain_have_one_owner(host: str, other: str) -> None:
    assert same_owner(host, other)


@pytest.mark.parametrize(
    ("host", "other"),
    [
        ("docker.io", "docker.io.evil.com"),
        ("evil-docker.io", "docker.io"),
        ("a.co.uk", "b.co.uk"),
        ("a.github.io", "b.github.io"),
        ("a.s3.amazonaws.com", "b.s3.amazonaws.com"),
        ("a.ns.svc.cluster.local", "b.ns.svc.cluster.local"),
        ("10.0.0.1", "10.0.0.2"),
        ("registry", "auth"),
        ("io", "docker.io"),
    ],
)
def test_hosts_that_only_share_a_public_suffix_are_strangers(host: str, other: str) -> None:
    assert not same_owner(host, other)
