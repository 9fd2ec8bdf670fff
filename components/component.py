"""The base of every component: tags, labels, physical names and child options, said once.

How a component gets its inputs is the same everywhere (tests/doors/test_components.py):

* A component takes `name`, `args` and `context`, then its providers and `opts` by name. `args` is a frozen dataclass
  that is filled by name: `PublicZone` has `PublicZoneArgs`; what needs none has no `args`. There is no other way in.
* A part is a function. It takes the component first, as a `Component` and no more: name, context, tags, labels and
  options. Then the arguments of the component, or of them the section that the part needs; then what other parts made.
  What comes after the fifth is given by name, or goes into a record.
* A document that needs outputs is made in one `apply` on `Output.all(name=...)`, so that each value has its name.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from settings.naming import physical_name, shortened


@dataclass(frozen=True)
class StackContext:
    """What every component of one stack shares."""

    stack: str
    name_prefix: str
    protected: bool
    """Whether stateful resources are protected, retained and deletion-protected."""
    gcp_region: str
    gcp_zone: str
    aws_region: str
    aws_account_id: str
    role_boundary: pulumi.Input[str] | None = None
    """ARN of the policy that bounds every role on AWS (components/roles.py); None where no pipeline deploys."""

    def physical_name(self, *parts: str, kind: str) -> str:
        """The physical name of a resource; see settings.naming for kinds and limits."""
        return physical_name(self.name_prefix, self.stack, *parts, kind=kind)

    def shortened(self, *parts: str, kind: str) -> str:
        """The physical name of a resource that nobody types, cut where it would be too long."""
        return shortened(self.name_prefix, self.stack, *parts, kind=kind)


class Component(pulumi.ComponentResource):
    """A system of the estate. Children take `opts=self.child()`, or `self.stateful()` where their loss loses data.

    The caller's options go to the component alone: merged into children they would re-parent them and copy aliases.
    """

    def __init__(
        self,
        token: str,
        name: str,
        context: StackContext,
        *,
        providers: Sequence[pulumi.ProviderResource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        own = pulumi.ResourceOptions(providers=list(providers))
        super().__init__(token, name, None, pulumi.ResourceOptions.merge(opts, own))
        self.name = name
        self.context = context
        self._component = token.split(":")[1].replace("_", "-")

    def child(
        self, *, depends_on: Sequence[pulumi.Resource] = (), ignore_changes: Sequence[str] = ()
    ) -> pulumi.ResourceOptions:
        """Options of an ordinary child; it inherits the component's providers."""
        return pulumi.ResourceOptions(
            parent=self, depends_on=list(depends_on) or None, ignore_changes=list(ignore_changes) or None
        )

    def stateful(
        self, *, depends_on: Sequence[pulumi.Resource] = (), ignore_changes: Sequence[str] = ()
    ) -> pulumi.ResourceOptions:
        """Options of a child whose loss loses data, keys or a public address.

        Both are set from the first update, because only what is in the state counts (pulumi#13428).
        """
        return pulumi.ResourceOptions.merge(
            self.child(depends_on=depends_on, ignore_changes=ignore_changes),
            pulumi.ResourceOptions(protect=self.context.protected, retain_on_delete=self.context.protected),
        )

    @property
    def deletion_policy(self) -> str:
        """Of a stateful GCP resource that has no deletion protection: the provider itself refuses."""
        return "PREVENT" if self.context.protected else "DELETE"

    def tags(self, name: str | None = None) -> dict[str, str]:
        """AWS tags on top of the provider's defaults: the component, and the name that the console shows."""
        tags = {"component": self._component}
        return tags if name is None else {**tags, "Name": self.context.physical_name(name, kind="secret")}

    def labels(self) -> dict[str, str]:
        """GCP labels on top of the provider's defaults."""
        return {"component": self._component}
