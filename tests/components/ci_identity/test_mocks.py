"""The identities of pipelines, seen through Pulumi's mocks."""

import json

import pulumi

from components.audit import AuditNames
from components.ci_identity import CiIdentity, CiIdentityArgs
from settings.ci_identity.section import CiIdentitySettings
from settings.vocabulary import GcpProject
from tests.components.mocks import Neighbours, built, context, present, settings, statements


@pulumi.runtime.test
def build(own: CiIdentitySettings) -> None:
    near = Neighbours()
    args = CiIdentityArgs(
        settings=own,
        projects={GcpProject.TESTGROUND: (settings().gcp.projects.testground, near.providers.testground)},
        store=near.store,
        vault=near.vault,
        audit=AuditNames(context()),
    )
    CiIdentity("ci-identity", args, context(), aws_provider=near.providers.aws, gcp_provider=near.providers.testground)


def test_no_key_is_made() -> None:
    clouds = built(build, present(settings().ci_identity))

    kinds = {made.type.rpartition(":")[2] for made in clouds.made}
    assert not kinds & {"AccessKey", "User", "Key", "HmacKey"}


def test_a_job_must_have_asked_for_this_stack_by_name() -> None:
    own = present(settings().ci_identity)

    clouds = built(build, own)

    providers = clouds.of_type("gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider")
    assert providers
    assert all(provider.inputs["oidc"]["allowedAudiences"] == [own.audience] for provider in providers)
    for role in (made for made in clouds.of_type("aws:iam/role:Role") if made.name.startswith("ci-identity")):
        for statement in statements(role.inputs["assumeRolePolicy"]):
            assert own.audience in json.dumps(statement["Condition"])


def test_a_platform_that_is_left_out_has_no_door() -> None:
    own = present(settings().ci_identity)
    github = present(own.github)

    clouds = built(build, own.model_copy(update={"github": None}))

    assert github.repository not in json.dumps([dict(made.inputs) for made in clouds.made], default=str)
