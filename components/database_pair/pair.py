"""The pair itself: two hosts, the link between them, and what both may reach."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_gcp as gcp

from components.alerts import AlertTargets
from components.backup_vault import BackupVault
from components.component import Component, StackContext
from components.database_pair.access import (
    exchange_parameters,
    exchange_statements,
    gcs_repository_grant,
    repository_statements,
    watched_parameters,
)
from components.database_pair.alarms import aws_alarms, gcp_alarms
from components.database_pair.clients import open_to_clients
from components.database_pair.documents import Places, document
from components.database_pair.federation import FederatedHost, federated_host
from components.iam import Statement, google_trust, policy_document
from components.link import open_on_aws, open_on_gcp
from components.machine import Ec2Machine, Ec2MachineArgs, GceMachine, GceMachineArgs
from components.machine_store import MachineStore
from components.network import AwsNetwork, GcpNetwork
from components.roles import bounded_role
from components.secrets import empty_aws_secret, empty_gcp_secret, let_read_gcp_secrets, read_aws_secrets
from settings.database_pair.document import WIREGUARD_PORT, Exchange
from settings.database_pair.pgbackrest import WebIdentity
from settings.database_pair.section import DatabaseHost, DatabasePairSettings
from settings.machine.document import RoleSettings

ROLE = "database-pair"
"""Playbook of both hosts."""

CIPHER_SECRETS = ("cipher-repo1", "cipher-repo2")
"""Passphrases of the repositories, a different one for each, in both clouds: whoever restores in one cloud while the
other is gone needs both there."""

SESSION_SECONDS = 3600
"""Life of an AWS session of the host on GCP; pgBackRest asks for a new one."""


@dataclass(frozen=True, kw_only=True)
class DatabasePairArgs:
    """Arguments of a DatabasePair."""

    settings: DatabasePairSettings
    gcp_image: str
    aws_image: str
    """Of the same Debian release as `gcp_image`."""
    gcp_network: GcpNetwork
    aws_network: AwsNetwork
    aws_subnet_id: pulumi.Input[str]
    """A public subnet in the zone of the settings: the tunnel needs a public address of its own."""
    vault: BackupVault
    store: MachineStore
    alerts: AlertTargets


class DatabasePair(Component):
    """PostgreSQL on one host in each cloud: one is the primary, the other follows it as a hot standby.

    **Pulumi type:** `packyard:database_pair:DatabasePair`

    Makes both hosts with their public addresses, the doors of the WireGuard tunnel, an identity of each host in the
    other's cloud, the rights of both on both repositories in the backup vault, the empty secrets of the passphrases,
    and the parameters through which the hosts exchange public keys and certificates.

    Which host is the primary is a line in their documents and nothing else, so a swap makes and replaces no resource.
    Roles are changed by a person on the hosts. The machines' own snapshots hold a running database as after a crash;
    PostgreSQL recovers from them, but the backups are what pgBackRest makes.

    The hosts are in no DNS zone. Clients name both and ask for the one that writes, so no record has to move after a
    promotion: `host=pg-a,pg-b target_session_attrs=read-write`.
    """

    pg_a_public_address: pulumi.Output[str]
    """Public address of the tunnel on GCP."""
    pg_b_public_address: pulumi.Output[str]
    """Public address of the tunnel on AWS."""
    logins: dict[str, pulumi.Output[str]]
    """For each machine the command that logs an operator in."""

    def __init__(
        self,
        name: str,
        args: DatabasePairArgs,
        context: StackContext,
        *,
        gcp_provider: gcp.Provider,
        aws_provider: aws.Provider,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(
            "packyard:database_pair:DatabasePair", name, context, providers=[gcp_provider, aws_provider], opts=opts
        )
        federated_b = federated_host(self, DatabaseHost.B)
        # Each host's document names the other's address, so one address is needed before its machine is there.
        later: tuple[pulumi.Output[str], Callable[[pulumi.Output[str]], None]] = pulumi.deferred_output()
        b_public, announce_b = later
        pg_a, a_public = _pg_a(self, args, gcp_provider, _document(self, args, DatabaseHost.A, b_public, federated_b))
        pg_b, b_address = _pg_b(self, args, aws_provider, _document(self, args, DatabaseHost.B, a_public, federated_b))
        announce_b(b_address)

        exchange_parameters(self, _exchange(self))
        self.watched_parameters = watched_parameters(_exchange(self))
        _rights_of_a(self, args, pg_a)
        _rights_of_b(self, args, pg_b, federated_b)
        open_on_gcp(
            self,
            network_id=args.gcp_network.network_id,
            service_account_email=pg_a.service_account_email,
            peer_address=b_address,
            port=WIREGUARD_PORT,
        )
        open_on_aws(self, security_group_id=pg_b.security_group_id, peer_address=a_public, port=WIREGUARD_PORT)
        gcp_alarms(self, args.alerts)
        aws_alarms(self, args.alerts)
        open_to_clients(self, args.settings.app_cidrs, args.gcp_network, pg_a, pg_b)

        self.pg_a_public_address, self.pg_b_public_address = a_public, b_address
        self.logins = {pg_a.name: pg_a.login, pg_b.name: pg_b.login}
        self.register_outputs({"pg_a_public_address": a_public, "pg_b_public_address": b_address})


def _exchange(component: Component) -> Exchange:
    """Where the hosts lay out their public keys and certificates."""
    context = component.context
    return Exchange(region=context.aws_region, prefix=f"/{context.name_prefix}/{context.stack}/{component.name}")


def _web_identity(component: Component) -> WebIdentity:
    """The role on AWS of the host on GCP.

    Plain text, because the machine's document names the role, and the role trusts the machine.
    """
    context = component.context
    role = context.physical_name(DatabaseHost.A, "offsite", kind="iam_role")
    return WebIdentity(
        role_arn=f"arn:aws:iam::{context.aws_account_id}:role/{role}",
        audience=context.physical_name(component.name, kind="secret"),
    )


def _document(
    component: Component,
    args: DatabasePairArgs,
    host: DatabaseHost,
    peer_public_address: pulumi.Output[str],
    federated_b: FederatedHost,
) -> pulumi.Output[RoleSettings]:
    context = component.context
    first, second = (context.physical_name(component.name, secret, kind="secret") for secret in CIPHER_SECRETS)

    def render(known: dict[str, Any]) -> RoleSettings:
        places = Places(
            s3_bucket=known["s3_bucket"],
            aws_region=context.aws_region,
            gcs_bucket=known["gcs_bucket"],
            exchange_prefix=_exchange(component).prefix,
            cipher_secrets=(first, second),
            web_identity=_web_identity(component),
            federation=known["federation"],
        )
        return document(host, args.settings, places, known["peer"])

    return pulumi.Output.all(
        s3_bucket=args.vault.s3_bucket_name,
        gcs_bucket=args.vault.gcs_bucket_name,
        peer=peer_public_address,
        federation=federated_b.federation,
    ).apply(render)


def _pg_a(
    component: Component, args: DatabasePairArgs, provider: gcp.Provider, told: pulumi.Output[RoleSettings]
) -> tuple[GceMachine, pulumi.Output[str]]:
    machine = GceMachine(
        DatabaseHost.A,
        GceMachineArgs(
            role=ROLE,
            document=told,
            store=args.store,
            alerts=args.alerts,
            public_address=True,
            size=args.settings.gcp,
            image=args.gcp_image,
            network=args.gcp_network,
        ),
        component.context,
        gcp_provider=provider,
        opts=pulumi.ResourceOptions(parent=component),
    )
    return machine, _public(machine.public_address)


def _pg_b(
    component: Component, args: DatabasePairArgs, provider: aws.Provider, told: pulumi.Output[RoleSettings]
) -> tuple[Ec2Machine, pulumi.Output[str]]:
    machine = Ec2Machine(
        DatabaseHost.B,
        Ec2MachineArgs(
            role=ROLE,
            document=told,
            store=args.store,
            alerts=args.alerts,
            public_address=True,
            size=args.settings.aws,
            image=args.aws_image,
            vpc_id=args.aws_network.vpc_id,
            subnet_id=args.aws_subnet_id,
            availability_zone=args.settings.aws.availability_zone,
        ),
        component.context,
        aws_provider=provider,
        opts=pulumi.ResourceOptions(parent=component),
    )
    return machine, _public(machine.public_address)


def _public(address: pulumi.Output[str] | None) -> pulumi.Output[str]:
    if address is None:
        raise ValueError("a database host needs a public address for its tunnel")
    return address


def _rights_of_a(component: Component, args: DatabasePairArgs, machine: GceMachine) -> None:
    """The host on GCP: both repositories, the exchange, its copies of the passphrases."""
    secrets = {
        f"{component.name}-{secret}-{DatabaseHost.A}": empty_gcp_secret(component, secret) for secret in CIPHER_SECRETS
    }
    let_read_gcp_secrets(component, machine.service_account_member, secrets)
    gcs_repository_grant(component, DatabaseHost.A, args.vault.gcs_bucket_name, machine.service_account_member)
    identity = _web_identity(component)
    role = bounded_role(
        component,
        f"{component.name}-{DatabaseHost.A}",
        name=identity.role_arn.rpartition("/")[2],
        description="The database host on GCP: its repository on S3 and the exchange of public keys",
        trust=policy_document(google_trust(machine.service_account_unique_id, identity.audience)),
        session_seconds=SESSION_SECONDS,
    )
    _grant(component, args, DatabaseHost.A, role.name)


def _rights_of_b(component: Component, args: DatabasePairArgs, machine: Ec2Machine, federated_b: FederatedHost) -> None:
    """The host on AWS: both repositories, the exchange, its copies of the passphrases."""
    gcs_repository_grant(component, DatabaseHost.B, args.vault.gcs_bucket_name, federated_b.member)
    secrets = [empty_aws_secret(component, secret) for secret in CIPHER_SECRETS]
    _grant(
        component,
        args,
        DatabaseHost.B,
        machine.role_name,
        read_aws_secrets("ReadPassphrases", [secret.arn for secret in secrets]),
    )


def _grant(
    component: Component, args: DatabasePairArgs, host: DatabaseHost, role: pulumi.Input[str], *further: Statement
) -> None:
    aws.iam.RolePolicy(
        f"{component.name}-{host}",
        role=role,
        policy=policy_document(
            *repository_statements(args.vault.s3_bucket_arn),
            *exchange_statements(component, _exchange(component), host, args.settings.authority_host),
            *further,
        ),
        opts=component.child(),
    )
