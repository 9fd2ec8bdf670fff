"""Conditions on GCP: an expression, what the request is about, and whether it holds.

Pages of the IAM documentation of Google Cloud and of CEL, read on 28 November 2026.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reach.gcp.conditions import GRANTED_ROLES, LIST_PREFIX, Result

ATTRIBUTES = 'Google Cloud, IAM documentation, "Attribute reference for IAM Conditions", 2026-11-28'
OVERVIEW = 'Google Cloud, IAM documentation, "Overview of IAM Conditions", 2026-11-28'
LIMITS = 'Google Cloud, IAM documentation, "Set limits on granting roles", 2026-11-28'
FEDERATION = 'Google Cloud, IAM documentation, "Workload Identity Federation", attribute conditions, 2026-11-28'
EVALUATION = 'CEL language definition, "Evaluation", errors and logical operators, 2026-11-28'

YES, NO = True, False


@dataclass(frozen=True)
class Case:
    """One expression and its answer."""

    page: str
    expression: str
    name: str
    holds: bool
    type: str = "storage.googleapis.com/Object"
    attributes: Mapping[str, Result] = field(default_factory=dict[str, Result])
    values: Mapping[str, Result] = field(default_factory=dict[str, Result])

    @property
    def title(self) -> str:
        """The expression and the name that it is asked about."""
        return f"{self.expression} for {self.name}"


BUCKET = "projects/_/buckets/acme-orders-aaa"
ORDERS = f"{BUCKET}/objects/data_lake/orders/order_date=2019-11-03/aef87g87ae0876"
"""The example of the page about "extract"."""
WORKER = "projects/p/zones/us-east1-b/instances/worker-blue-7"
INSTANCE = "compute.googleapis.com/Instance"


def extracted(template: str, wanted: str) -> Case:
    """A row of the page's table about "extract"."""
    return Case(ATTRIBUTES, f'resource.name.extract("{template}") == "{wanted}"', ORDERS, YES)


CASES = (
    extracted("/order_date={date}/", "2019-11-03"),
    extracted("buckets/{name}/", "acme-orders-aaa"),
    extracted("/orders/{empty}order_date", ""),
    extracted("{start}/objects/data_lake", "projects/_/buckets/acme-orders-aaa"),
    extracted("orders/{end}", "order_date=2019-11-03/aef87g87ae0876"),
    extracted("{all}", ORDERS),
    extracted("/orders/{none}/order_date=", ""),
    extracted("/nowhere/{none}", ""),
    Case(ATTRIBUTES, 'resource.type == "storage.googleapis.com/Object"', ORDERS, YES),
    Case(ATTRIBUTES, 'resource.type == "storage.googleapis.com/Bucket"', ORDERS, NO),
    Case(ATTRIBUTES, 'resource.type != "storage.googleapis.com/Bucket"', ORDERS, YES),
    Case(ATTRIBUTES, 'resource.service == "storage.googleapis.com"', ORDERS, YES),
    Case(ATTRIBUTES, 'resource.service == "compute.googleapis.com"', ORDERS, NO),
    Case(ATTRIBUTES, f'resource.name.startsWith("{BUCKET}/objects/data_lake/")', ORDERS, YES),
    Case(ATTRIBUTES, f'resource.name.startsWith("{BUCKET}/objects/images/")', ORDERS, NO),
    Case(ATTRIBUTES, f"resource.name.startsWith('{BUCKET}')", ORDERS, YES),
    Case(ATTRIBUTES, 'resource.name.endsWith("0876")', ORDERS, YES),
    Case(ATTRIBUTES, 'resource.name.endsWith(".csv")', ORDERS, NO),
    Case(ATTRIBUTES, f'resource.name == "{ORDERS}"', ORDERS, YES),
    Case(ATTRIBUTES, 'resource.name == "orders"', ORDERS, NO),
    Case(OVERVIEW, 'resource.type == "x" || resource.name.contains("orders")', ORDERS, YES),
    Case(OVERVIEW, 'resource.name.contains("orders") && resource.name.contains("images")', ORDERS, NO),
    Case(OVERVIEW, '!resource.name.contains("images")', ORDERS, YES),
    Case(OVERVIEW, '!(resource.name.contains("orders") || resource.type == "x")', ORDERS, NO),
    Case(OVERVIEW, 'resource.type == "x" && resource.type == "y" || resource.name.contains("orders")', ORDERS, YES),
    Case(OVERVIEW, 'resource.type == "x" && (resource.type == "y" || resource.name.contains("orders"))', ORDERS, NO),
    Case(ATTRIBUTES, 'resource.name.matches("order_date=2019-1[0-9]-")', ORDERS, YES),
    Case(ATTRIBUTES, 'resource.name.matches("order_date=2020-")', ORDERS, NO),
    Case(
        ATTRIBUTES,
        f"resource.type != '{INSTANCE}' || resource.name.extract('/instances/{{name}}').startsWith('worker-')",
        WORKER,
        YES,
        INSTANCE,
    ),
    Case(
        ATTRIBUTES,
        f"resource.type != '{INSTANCE}' || resource.name.extract('/instances/{{name}}').startsWith('pg-')",
        WORKER,
        NO,
        INSTANCE,
    ),
    Case(
        LIMITS,
        f"api.getAttribute('{GRANTED_ROLES}', []).hasOnly(['roles/a', 'roles/b'])",
        "",
        YES,
        attributes={GRANTED_ROLES: ("roles/a",)},
    ),
    Case(
        LIMITS,
        f"api.getAttribute('{GRANTED_ROLES}', []).hasOnly(['roles/a', 'roles/b'])",
        "",
        NO,
        attributes={GRANTED_ROLES: ("roles/a", "roles/owner")},
    ),
    Case(LIMITS, f"api.getAttribute('{GRANTED_ROLES}', []).hasOnly(['roles/a'])", "", YES),
    Case(
        ATTRIBUTES,
        f'api.getAttribute("{LIST_PREFIX}", "").startsWith("pgbackrest/")',
        BUCKET,
        YES,
        attributes={LIST_PREFIX: "pgbackrest/archive/"},
    ),
    Case(ATTRIBUTES, f'api.getAttribute("{LIST_PREFIX}", "").startsWith("pgbackrest/")', BUCKET, NO),
    Case(FEDERATION, 'assertion.ref == "main"', "", YES, values={"assertion.ref": "main"}),
    Case(FEDERATION, 'assertion.ref == "main"', "", NO, values={"assertion.ref": "topic"}),
    Case(FEDERATION, 'assertion["ref"] == "main"', "", YES, values={"assertion.ref": "main"}),
    Case(FEDERATION, 'assertion.event in ["push", "web"]', "", YES, values={"assertion.event": "web"}),
    Case(FEDERATION, 'assertion.event in ["push", "web"]', "", NO, values={"assertion.event": "schedule"}),
    Case(FEDERATION, '"group/" + assertion.path == "group/packyard"', "", YES, values={"assertion.path": "packyard"}),
    Case(EVALUATION, 'assertion.absent == "x"', "", NO),
    Case(EVALUATION, 'assertion.absent != "x"', "", NO),
    Case(EVALUATION, 'assertion.absent == "x" || assertion.ref == "main"', "", YES, values={"assertion.ref": "main"}),
    Case(EVALUATION, "has(assertion.absent)", "", NO),
    Case(EVALUATION, "!has(assertion.absent) || assertion.absent == 'x'", "", YES),
    Case(EVALUATION, "true", "", YES),
    Case(EVALUATION, "false || !true", "", NO),
)
