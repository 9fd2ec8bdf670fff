"""The database pair, seen through Pulumi's mocks."""

import json
from typing import Any

import pulumi

from components.database_pair import DatabasePair, DatabasePairArgs
from settings.database_pair.section import DatabasePairSettings
from settings.vocabulary import GcpProject
from tests.components.mocks import Clouds, Neighbours, built, context, once, present, settings, unsealed

CLIENTS = ("10.99.0.0/28",)


@pulumi.runtime.test
def build(own: DatabasePairSettings | None = None) -> None:
    near = Neighbours()
    args = DatabasePairArgs(
        settings=own or present(settings().database_pair),
        gcp_image=settings().gcp.image,
        aws_image=settings().aws.image,
        gcp_network=near.testground,
        aws_network=near.aws,
        aws_subnet_id=near.aws.public_subnet_ids[0],
        vault=near.vault,
        store=near.store,
        alerts=near.alerts.for_project(GcpProject.TESTGROUND),
    )
    DatabasePair(
        "database-pair", args, context(), gcp_provider=near.providers.testground, aws_provider=near.providers.aws
    )


def documents(clouds: Clouds) -> dict[str, Any]:
    """What each host is told."""
    made = [entry for entry in clouds.made if entry.name in ("pg-a-document", "pg-b-document")]
    contents = (json.loads(unsealed(entry.inputs["content"])) for entry in made if "content" in entry.inputs)
    return {content["name"]: content["settings"] for content in contents}


def doors(clouds: Clouds) -> set[tuple[int, str]]:
    """Port and source of all that the pair lets in."""
    on_gcp = {
        (int(port), source)
        for rule in clouds.of_type("gcp:compute/firewall:Firewall")
        if rule.name.startswith("database-pair") and rule.inputs["direction"] == "INGRESS"
        for allow in rule.inputs["allows"]
        for port in allow["ports"]
        for source in rule.inputs["sourceRanges"]
    }
    on_aws = {
        (int(rule.inputs["toPort"]), rule.inputs["cidrIpv4"])
        for rule in clouds.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if rule.name.startswith("database-pair")
    }
    return on_gcp | on_aws


def test_both_hosts_are_told_the_same_primary_and_each_that_it_is_itself() -> None:
    clouds = once(build)

    told = documents(clouds)
    assert set(told) == {"pg-a", "pg-b"}
    assert told["pg-a"]["identity"] != told["pg-b"]["identity"]
    assert {key: value for key, value in told["pg-a"].items() if key != "identity"} == {
        key: value for key, value in told["pg-b"].items() if key != "identity"
    }


def test_nothing_but_the_tunnel_is_open_between_two_addresses() -> None:
    clouds = built(build, present(settings().database_pair).model_copy(update={"app_cidrs": ()}))

    assert len({port for port, _ in doors(clouds)}) == 1
    assert {source.rpartition("/")[2] for _, source in doors(clouds)} == {"32"}


def test_clients_that_are_named_and_no_others_reach_the_database() -> None:
    clouds = built(build, present(settings().database_pair).model_copy(update={"app_cidrs": CLIENTS}))

    assert {source for port, source in doors(clouds) if port == 5432} == set(CLIENTS)


def test_the_program_makes_secrets_and_never_what_is_in_them() -> None:
    clouds = once(build)

    kinds = [made.type.rpartition(":")[2] for made in clouds.made]
    assert "Secret" in kinds
    assert not {"SecretVersion", "RandomPassword"} & set(kinds)
