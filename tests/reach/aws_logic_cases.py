"""Policy evaluation on AWS: who asks, what is written, and the answer that the IAM user guide gives.

Pages of the IAM user guide, read on 28 November 2026.
"""

from dataclasses import dataclass
from typing import Any

from tests.reach.building import ACCOUNT, OTHER_ACCOUNT, Statement, allow, deny

YES, NO = True, False

LOGIC = 'IAM user guide, "Policy evaluation logic", 2026-11-28'
WITHIN = 'IAM user guide, "Policy evaluation for requests within a single account", 2026-11-28'
DENIALS = 'IAM user guide, "The difference between explicit and implicit denies", 2026-11-28'
CROSS = 'IAM user guide, "Cross-account policy evaluation logic", 2026-11-28'
BOUNDARIES = 'IAM user guide, "Permissions boundaries for IAM entities", 2026-11-28'
ACTION = 'IAM user guide, "IAM JSON policy elements: Action", 2026-11-28'
NOT_ACTION = 'IAM user guide, "IAM JSON policy elements: NotAction", 2026-11-28'
RESOURCE = 'IAM user guide, "IAM JSON policy elements: Resource", 2026-11-28'
NOT_RESOURCE = 'IAM user guide, "IAM JSON policy elements: NotResource", 2026-11-28'
PRINCIPAL = 'IAM user guide, "AWS JSON policy elements: Principal", 2026-11-28'
NOT_PRINCIPAL = 'IAM user guide, "AWS JSON policy elements: NotPrincipal", 2026-11-28'
KEY_POLICIES = 'KMS developer guide, "Default key policy", 2026-11-28'

OBJECT = "arn:aws:s3:::store/reports/may.csv"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/asker"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/asker/session"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


@dataclass(frozen=True)
class Case:
    """One question with the answer of a page."""

    name: str
    page: str
    allowed: bool
    own: tuple[Statement, ...] = ()
    """Inline policy of the role "asker"."""
    bucket: tuple[Statement, ...] = ()
    """Policy of the bucket "store"."""
    boundary: tuple[Statement, ...] | None = None
    action: str = "s3:GetObject"
    resource: str = OBJECT
    elsewhere: bool = False
    """Whether the bucket is of another account."""


def by(principal: Any, action: Any = "s3:GetObject", resource: Any = "arn:aws:s3:::store/*", **more: Any) -> Statement:
    """A statement of a bucket's policy that allows."""
    return allow(action, resource, Principal=principal, **more)


def against(principal: Any, action: Any = "s3:*", resource: Any = "arn:aws:s3:::store/*", **more: Any) -> Statement:
    """A statement of a bucket's policy that denies."""
    return deny(action, resource, Principal=principal, **more)


CASES = (
    Case("nothing is allowed by default", LOGIC, NO),
    Case("an identity's policy is enough within its account", WITHIN, YES, own=(allow(),)),
    Case("a bucket's policy is enough within its account", WITHIN, YES, bucket=(by({"AWS": ROLE}),)),
    Case("a denial of one's own wins over one's own grant", DENIALS, NO, own=(allow(), deny())),
    Case("the order of statements is of no matter", DENIALS, NO, own=(deny(), allow())),
    Case("a denial of the bucket wins over one's own grant", DENIALS, NO, own=(allow(),), bucket=(against("*"),)),
    Case("a denial of one's own wins over the bucket's grant", DENIALS, NO, own=(deny(),), bucket=(by("*"),)),
    Case("a denial of another action leaves this one", DENIALS, YES, own=(allow(), deny("s3:PutObject"))),
    Case("a grant of another action grants nothing", LOGIC, NO, own=(allow("s3:PutObject"),)),
    Case("actions have no case", ACTION, YES, own=(allow("S3:getobject"),)),
    Case("a star stands for the rest of an action", ACTION, YES, own=(allow("s3:Get*"),)),
    Case("a star stands for nothing, too", ACTION, YES, own=(allow("s3:GetObject*"),)),
    Case("a star in the middle of an action", ACTION, YES, own=(allow("s3:*Object"),)),
    Case("a star alone is every action", ACTION, YES, own=(allow("*"),)),
    Case("a question mark is one character", ACTION, YES, own=(allow("s3:GetObjec?"),)),
    Case("a question mark is not none", ACTION, NO, own=(allow("s3:GetObject?"),)),
    Case("all actions of one service", ACTION, YES, own=(allow("s3:*"),)),
    Case("all actions of another service", ACTION, NO, own=(allow("sns:*"),)),
    Case("a list of actions", ACTION, YES, own=(allow(["s3:PutObject", "s3:GetObject"]),)),
    Case(
        "every action but others",
        NOT_ACTION,
        YES,
        own=({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},),
    ),
    Case(
        "every action but this",
        NOT_ACTION,
        NO,
        own=({"Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*"},),
    ),
    Case(
        "a denial of every action but this leaves this",
        NOT_ACTION,
        YES,
        own=(allow(), {"Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "*"}),
    ),
    Case("the very resource", RESOURCE, YES, own=(allow(resource=OBJECT),)),
    Case("another resource", RESOURCE, NO, own=(allow(resource="arn:aws:s3:::store/reports/june.csv"),)),
    Case("a star in a resource crosses slashes", RESOURCE, YES, own=(allow(resource="arn:aws:s3:::store/*"),)),
    Case("a resource has case", RESOURCE, NO, own=(allow(resource="arn:aws:s3:::store/Reports/*"),)),
    Case("the bucket is not its objects", RESOURCE, NO, own=(allow(resource="arn:aws:s3:::store"),)),
    Case(
        "objects are not the bucket",
        RESOURCE,
        NO,
        own=(allow("s3:ListBucket", "arn:aws:s3:::store/*"),),
        action="s3:ListBucket",
        resource="arn:aws:s3:::store",
    ),
    Case("a question mark in a resource", RESOURCE, YES, own=(allow(resource="arn:aws:s3:::stor?/*"),)),
    Case(
        "every resource but others",
        NOT_RESOURCE,
        YES,
        own=({"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::vault/*"},),
    ),
    Case(
        "every resource but this",
        NOT_RESOURCE,
        NO,
        own=({"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::store/*"},),
    ),
    Case(
        "a denial of every resource but this leaves this",
        NOT_RESOURCE,
        YES,
        own=(allow(), {"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::store/*"}),
    ),
    Case(
        "a denial of every resource but another",
        NOT_RESOURCE,
        NO,
        own=(allow(), {"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::vault/*"}),
    ),
    Case("a boundary allows nothing by itself", BOUNDARIES, NO, boundary=(allow(),)),
    Case("both allow", BOUNDARIES, YES, own=(allow(),), boundary=(allow("s3:*"),)),
    Case("the boundary does not allow it", BOUNDARIES, NO, own=(allow(),), boundary=(allow("sns:*"),)),
    Case("the boundary denies it", BOUNDARIES, NO, own=(allow(),), boundary=(allow("*"), deny())),
    Case("an empty boundary allows nothing", BOUNDARIES, NO, own=(allow(),), boundary=(deny("sns:*"),)),
    Case(
        "a boundary limits what a bucket grants to a role",
        BOUNDARIES,
        NO,
        bucket=(by({"AWS": ROLE}),),
        boundary=(allow("sns:*"),),
    ),
    Case(
        "a boundary does not limit what a bucket grants to a role's session",
        BOUNDARIES,
        YES,
        bucket=(by({"AWS": SESSION}),),
        boundary=(allow("sns:*"),),
    ),
    Case(
        "a boundary that denies limits a session, too",
        BOUNDARIES,
        NO,
        bucket=(by({"AWS": SESSION}),),
        boundary=(deny(),),
    ),
    Case("everyone is everyone", PRINCIPAL, YES, bucket=(by("*"),)),
    Case("everyone of AWS is everyone", PRINCIPAL, YES, bucket=(by({"AWS": "*"}),)),
    Case("another role", PRINCIPAL, NO, bucket=(by({"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"}),)),
    Case("another service", PRINCIPAL, NO, bucket=(by({"Service": "cloudtrail.amazonaws.com"}),)),
    Case("the account leaves it to its policies, which say nothing", PRINCIPAL, NO, bucket=(by({"AWS": ROOT}),)),
    Case("the account leaves it to its policies", PRINCIPAL, YES, own=(allow(),), bucket=(by({"AWS": ROOT}),)),
    Case("a number is the account", PRINCIPAL, NO, own=(allow(),), bucket=(against({"AWS": ACCOUNT}),)),
    Case(
        "a denial of the whole account is one of its roles",
        PRINCIPAL,
        NO,
        own=(allow(),),
        bucket=(against({"AWS": ROOT}),),
    ),
    Case("a list of principals", PRINCIPAL, YES, bucket=(by({"AWS": [f"arn:aws:iam::{ACCOUNT}:user/a", ROLE]}),)),
    Case(
        "a denial of all but this role leaves it",
        NOT_PRINCIPAL,
        YES,
        own=(allow(),),
        bucket=({"Effect": "Deny", "NotPrincipal": {"AWS": [ROLE, SESSION, ROOT]}, "Action": "s3:*", "Resource": "*"},),
    ),
    Case(
        "a denial of all but another role",
        NOT_PRINCIPAL,
        NO,
        own=(allow(),),
        bucket=(
            {
                "Effect": "Deny",
                "NotPrincipal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"},
                "Action": "s3:*",
                "Resource": "*",
            },
        ),
    ),
    Case("the other account does not allow it", CROSS, NO, own=(allow(),), elsewhere=True),
    Case("one's own account does not allow it", CROSS, NO, bucket=(by({"AWS": ROLE}),), elsewhere=True),
    Case("both accounts allow it", CROSS, YES, own=(allow(),), bucket=(by({"AWS": ROLE}),), elsewhere=True),
    Case(
        "both accounts allow it, one by account",
        CROSS,
        YES,
        own=(allow(),),
        bucket=(by({"AWS": ROOT}),),
        elsewhere=True,
    ),
    Case(
        "both accounts allow it, and a boundary does not",
        CROSS,
        NO,
        own=(allow(),),
        bucket=(by({"AWS": ROLE}),),
        boundary=(allow("sns:*"),),
        elsewhere=True,
    ),
    Case(
        "the other account trusts a third one",
        CROSS,
        NO,
        own=(allow(),),
        bucket=(by({"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}),),
        elsewhere=True,
    ),
    Case(
        "a bucket that grants everyone every object but these",
        NOT_RESOURCE,
        NO,
        bucket=(
            {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "NotResource": "arn:aws:s3:::store/reports/*"},
        ),
    ),
    Case(
        "a bucket that denies everyone every object but these",
        NOT_RESOURCE,
        YES,
        own=(allow(),),
        bucket=({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "NotResource": "arn:aws:s3:::store/reports/*"},),
    ),
)
