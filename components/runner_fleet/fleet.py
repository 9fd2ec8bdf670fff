"""The fleet as a whole."""

import pulumi
import pulumi_aws as aws

from components.component import Component, StackContext
from components.runner_fleet.args import RunnerFleetArgs, tier_name
from components.runner_fleet.aws_fleet import AwsRunnerFleet, AwsRunnerFleetArgs
from components.runner_fleet.gcp_fleet import GcpRunnerFleet, GcpRunnerFleetArgs


class RunnerFleet(Component):
    """Build runners on both clouds.

    **Pulumi type:** `packyard:runner_fleet:RunnerFleet`

    Makes a fleet for each trust tier on each cloud that has shards of it; tiers share nothing. The runners themselves
    are created in GitLab, which says their ids and tokens; an operator puts each token into its empty secret.
    """

    worker_groups: list[pulumi.Output[str]]
    """Names of all worker groups."""
    token_secrets: list[pulumi.Output[str]]
    """Secrets that wait for the token of a runner: names on GCP, ARNs on AWS."""
    draining: list[str]
    """Managers that drain and are unprotected for it; empty but in the middle of a swap."""
    logins: dict[str, pulumi.Output[str]]
    """For each machine the command that logs an operator in."""

    def __init__(
        self,
        name: str,
        args: RunnerFleetArgs,
        context: StackContext,
        *,
        aws_provider: aws.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("packyard:runner_fleet:RunnerFleet", name, context, providers=[aws_provider], opts=opts)
        tiers: list[AwsRunnerFleet | GcpRunnerFleet] = []
        child = pulumi.ResourceOptions(parent=self)
        for trust, manager in args.settings.aws_managers.in_use().items():
            aws_args = AwsRunnerFleetArgs(fleet=args, trust=trust, manager=manager)
            own = tier_name("runners-aws", trust)
            tiers.append(AwsRunnerFleet(own, aws_args, context, aws_provider=aws_provider, opts=child))
        for trust, manager in args.settings.gcp_managers.in_use().items():
            gcp_args = GcpRunnerFleetArgs(fleet=args, trust=trust, manager=manager)
            own, provider = tier_name("runners-gcp", trust), args.projects[trust].provider
            tiers.append(GcpRunnerFleet(own, gcp_args, context, gcp_provider=provider, opts=child))
        self.worker_groups = [group for tier in tiers for group in tier.worker_groups]
        self.token_secrets = [secret for tier in tiers for secret in tier.token_secrets]
        self.draining = [name for tier in tiers for name in tier.draining]
        self.logins = {name: login for tier in tiers for name, login in tier.logins.items()}
        self.register_outputs({"worker_groups": self.worker_groups, "token_secrets": self.token_secrets})
