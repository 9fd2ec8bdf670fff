"""The machine's one right over the load balancer: to end what its cache keeps."""

import pulumi
import pulumi_gcp as gcp

from components.component import Component

PERMISSION = "compute.urlMaps.invalidateCache"
"""Names paths whose cached copies end. It changes no route, and `compute.urlMaps.update` is not a part of it."""


def grant_invalidation(component: Component, project: pulumi.Input[str], member: pulumi.Input[str]) -> None:
    """Lets the server end cached copies of what it takes out of the release bucket: some are kept for a year.

    A condition of a grant knows no URL maps, so the right holds for those of the whole project.
    """
    # Role ids allow no hyphen.
    role_id = component.context.physical_name(component.name, "cache-ender", kind="iam_role").replace("-", "_")
    role = gcp.projects.IAMCustomRole(
        f"{component.name}-cache-ender",
        project=project,
        role_id=role_id,
        title=f"{component.context.stack} {component.name}: ends cached copies",
        description="Ends what the cache of a load balancer keeps, and changes nothing of it",
        permissions=[PERMISSION],
        opts=component.child(),
    )
    gcp.projects.IAMMember(
        f"{component.name}-cache-ender",
        project=project,
        role=pulumi.Output.format("projects/{}/roles/{}", project, role.role_id),
        member=member,
        opts=component.child(),
    )
