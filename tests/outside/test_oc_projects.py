"""oc makes, shows and deletes projects, and finds its way around one."""

from __future__ import annotations

import pytest

from tests.outside.programs import Shell

pytestmark = pytest.mark.outside


def test_a_project_is_made_shown_renamed_and_deleted(shell: Shell) -> None:
    made = shell.run("oc", "new-project", "garden", "--display-name=The Garden", "--description=green")
    assert 'Now using project "garden"' in made
    assert "The Garden" in shell.run("oc", "get", "project", "garden")
    assert "* garden - The Garden" in shell.run("oc", "projects")
    assert 'Using project "garden"' in shell.run("oc", "project")
    assert "In project The Garden (garden)" in shell.run("oc", "status")
    shell.run("oc", "annotate", "project", "garden", "openshift.io/display-name=Orchard", "--overwrite")
    assert "Orchard" in shell.run("oc", "describe", "project", "garden")
    assert "already exists" in shell.run("oc", "new-project", "garden", fails=True)
    assert 'cannot request a project starting with "kube-"' in shell.run("oc", "new-project", "kube-x", fails=True)
    assert '"garden" deleted' in shell.run("oc", "delete", "project", "garden")
    assert "not found" in shell.run("oc", "get", "project", "garden", fails=True)


def test_everybody_sees_the_projects_they_may_get(shell: Shell) -> None:
    shell.run("oc", "new-project", "meadow", "--skip-config-write")
    al = ("--as=al", "--as-group=system:authenticated")
    assert shell.run("oc", "get", "projects", "-o", "name", *al) == ""
    shell.run("oc", "policy", "add-role-to-user", "view", "al", "-n", "meadow")
    assert shell.run("oc", "get", "projects", "-o", "name", *al) == "project.project.openshift.io/meadow\n"
    assert "cannot delete" in shell.run("oc", "delete", "project", "meadow", *al, fails=True)


def test_what_people_keep_in_a_project_is_found_again(shell: Shell) -> None:
    shell.run("oc", "new-project", "field")
    shell.run("oc", "create", "deployment", "web", "--image=a/web:1")
    shell.run("oc", "expose", "deployment", "web", "--port=80")
    assert "route.route.openshift.io/web exposed" in shell.run("oc", "expose", "service", "web")
    row = shell.run("oc", "get", "route", "web").splitlines()[1].split()
    assert row[:2] == ["web", "web"]
    assert "deployment/web deploys a/web:1" in shell.run("oc", "status")
    everything = shell.run("oc", "get", "all", "-o", "name").split()
    assert {"route.route.openshift.io/web", "service/web", "deployment.apps/web"} <= set(everything)
    chosen = "--project-label-selector=kubernetes.io/metadata.name=field"
    shell.run("oc", "create", "clusterquota", "all", chosen, "--hard=secrets=99")
    assert "all" in shell.run("oc", "get", "appliedclusterresourcequota")
    assert "deleted" in shell.run("oc", "delete", "all", "--all")
