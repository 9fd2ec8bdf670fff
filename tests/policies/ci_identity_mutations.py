"""Mutations that the policies of the pipelines' identities catch, each alone."""

from policies import Policy, ci_identity
from tests.policies.mutations import GONE, Mutation, Pick, change, document, trust

CI_ROLE = Pick("aws:iam/role:Role", "ci-identity-deploy")
POOL_PROVIDER = Pick("gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider", "-gitlab")
AWS_PROVIDER = Pick(POOL_PROVIDER.type, "database-pair-pg-b")
PREVIEW_ROLE = Pick("gcp:projects/iAMCustomRole:IAMCustomRole", "testground-preview")
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"

BOTH_FORMS = (
    "repo:example-org/packyard:environment:staging",
    "repo:example-org@3000003/packyard@2000002:environment:staging",
)


def federated(operator: str, *subjects: str) -> str:
    issuer = "token.actions.githubusercontent.com"
    return trust(
        {"Federated": f"arn:aws:iam::000000000000:oidc-provider/{issuer}"},
        {operator: {f"{issuer}:aud": "https://packyard.example.com/staging", f"{issuer}:sub": subjects}},
    )


CI_IDENTITY_MUTATIONS: tuple[tuple[Policy, Mutation], ...] = (
    (
        ci_identity.federated_trusts_are_exact,
        change(CI_ROLE, {"assumeRolePolicy": federated("StringLike", *BOTH_FORMS)}),
    ),
    (
        ci_identity.federated_trusts_are_exact,
        change(CI_ROLE, {"assumeRolePolicy": federated("StringEquals", "repo:example-org/*:environment:staging")}),
    ),
    (
        ci_identity.pipelines_are_bound_to_an_environment,
        change(CI_ROLE, {"assumeRolePolicy": federated("StringEquals", "repo:example-org/packyard:pull_request")}),
    ),
    *(
        (
            ci_identity.github_subjects_come_in_both_forms,
            change(CI_ROLE, {"assumeRolePolicy": federated("StringEquals", *subjects)}),
        )
        for subjects in (BOTH_FORMS[:1], BOTH_FORMS[1:], (BOTH_FORMS[0], BOTH_FORMS[1].replace("packyard@", "other@")))
    ),
    (
        ci_identity.github_subjects_come_in_both_forms,
        change(
            Pick(POOL_PROVIDER.type, "-github"),
            {
                "attributeCondition": f'assertion.sub == "{BOTH_FORMS[0]}" && assertion.repository_id == "1"'
                ' && assertion.environment == "staging"'
            },
        ),
    ),
    (ci_identity.pool_providers_name_their_jobs, change(POOL_PROVIDER, {"attributeCondition": GONE})),
    (ci_identity.pool_providers_name_their_jobs, change(POOL_PROVIDER, {"oidc.allowedAudiences": GONE})),
    (
        ci_identity.pool_providers_name_their_jobs,
        change(POOL_PROVIDER, {"attributeCondition": 'assertion.project_id == "1" && assertion.ref == "main"'}),
    ),
    (
        ci_identity.pool_providers_name_their_jobs,
        change(
            POOL_PROVIDER,
            {"attributeCondition": 'assertion.project_id == "1" || assertion.environment == "staging"'},
        ),
    ),
    (
        ci_identity.pool_providers_name_their_jobs,
        change(
            POOL_PROVIDER,
            {"attributeCondition": 'assertion.project_id == "1" && assertion.environment.startsWith("staging")'},
        ),
    ),
    (ci_identity.pool_providers_on_aws_name_one_role, change(AWS_PROVIDER, {"attributeCondition": GONE})),
    (ci_identity.pool_providers_on_aws_name_one_role, change(AWS_PROVIDER, {"aws.accountId": "111111111111"})),
    (
        ci_identity.pool_providers_on_aws_name_one_role,
        change(
            AWS_PROVIDER,
            {"attributeCondition": 'assertion.arn.startsWith("arn:aws:sts::000000000000:assumed-role/example")'},
        ),
    ),
    (
        ci_identity.pools_are_never_trusted_whole,
        change(
            Pick("gcp:serviceaccount/iAMMember:IAMMember", "ci-identity"),
            {"member": "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/*"},
        ),
    ),
    (
        ci_identity.previews_only_read,
        change(
            Pick(ROLE_POLICY, "ci-identity-preview"),
            {"policy": document("s3:GetObject", "*", "PreviewReadsConfiguration")},
        ),
    ),
    (
        ci_identity.previews_only_read,
        change(PREVIEW_ROLE, {"permissions": ("compute.instances.get", "compute.instances.setMetadata")}),
    ),
    *(
        (ci_identity.roles_stay_within_the_boundary, change(Pick(CI_ROLE.type, "pg-b-machine"), inputs))
        for inputs in (
            {"permissionsBoundary": GONE},
            {"permissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"},
        )
    ),
)
