"""The fleet as a whole."""

import pulumi
import pulumi_aws as aws
import pulumi_gcp as gcp

from components.component import Component, StackContext
from components.runner_fleet.args import RunnerFleetArgs
from components.runner_fleet.aws_fleet import AwsRunnerFleet, AwsRunnerFleetArgs
from components.runner_fleet.gcp_fleet import GcpRunnerFleet, GcpRunnerFleetArgs


class RunnerFleet(Component):
    """Build runners on both clouds.

    **Pulumi type:** `packyard:runner_fleet:RunnerFleet`

    Makes one half on each cloud that has shards. The runners themselves are created in GitLab, which says their ids and
    tokens; an operator puts each token into its empty secret.
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
        gcp_provider: gcp.Provider,
        aws_provider: aws.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        providers = [gcp_provider, aws_provider]
        super().__init__("packyard:runner_fleet:RunnerFleet", name, context, providers=providers, opts=opts)
        halves: list[AwsRunnerFleet | GcpRunnerFleet] = []
        child = pulumi.ResourceOptions(parent=self)
        if args.settings.aws_manager is not None:
            aws_args = AwsRunnerFleetArgs(fleet=args, manager=args.settings.aws_manager)
            halves.append(AwsRunnerFleet("runners-aws", aws_args, context, aws_provider=aws_provider, opts=child))
        if args.settings.gcp_manager is not None:
            gcp_args = GcpRunnerFleetArgs(fleet=args, manager=args.settings.gcp_manager)
            halves.append(GcpRunnerFleet("runners-gcp", gcp_args, context, gcp_provider=gcp_provider, opts=child))
        self.worker_groups = [group for half in halves for group in half.worker_groups]
        self.token_secrets = [secret for half in halves for secret in half.token_secrets]
        self.draining = [name for half in halves for name in half.draining]
        self.logins = {name: login for half in halves for name, login in half.logins.items()}
        self.register_outputs({"worker_groups": self.worker_groups, "token_secrets": self.token_secrets})
