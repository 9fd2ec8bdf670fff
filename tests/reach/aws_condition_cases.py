"""Conditions on AWS: a block, what the request says, and whether it holds.

Pages of the IAM user guide, read on 28 November 2026.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

YES, NO = True, False

STRING = 'IAM user guide, "IAM JSON policy elements: Condition operators", String condition operators, 2026-11-28'
NUMERIC = 'IAM user guide, "IAM JSON policy elements: Condition operators", Numeric condition operators, 2026-11-28'
DATE = 'IAM user guide, "IAM JSON policy elements: Condition operators", Date condition operators, 2026-11-28'
BOOLEAN = 'IAM user guide, "IAM JSON policy elements: Condition operators", Boolean condition operators, 2026-11-28'
ADDRESS = 'IAM user guide, "IAM JSON policy elements: Condition operators", IP address condition operators, 2026-11-28'
ARN = 'IAM user guide, "IAM JSON policy elements: Condition operators", ARN condition operators, 2026-11-28'
EXISTS = 'IAM user guide, "IAM JSON policy elements: Condition operators", ...IfExists, 2026-11-28'
NULL = 'IAM user guide, "IAM JSON policy elements: Condition operators", Null, 2026-11-28'
SETS = 'IAM user guide, "Set operators for multivalued context keys", 2026-11-28'
SEVERAL = 'IAM user guide, "Conditions with multiple context keys or values", 2026-11-28'
VARIABLES = 'IAM user guide, "IAM policy elements: Variables and tags", 2026-11-28'


@dataclass(frozen=True)
class Case:
    """One block of conditions."""

    page: str
    block: Mapping[str, Mapping[str, Any]]
    request: Mapping[str, str | tuple[str, ...]]
    holds: bool

    @property
    def name(self) -> str:
        """The block and the request as they are written."""
        return f"{dict(self.block)} for {dict(self.request)}"


TEAM = "aws:PrincipalTag/team"
TAGS = "aws:TagKeys"
ROLE = "arn:aws:iam::111111111111:role/operator"

CASES = (
    Case(STRING, {"StringEquals": {TEAM: "blue"}}, {TEAM: "blue"}, YES),
    Case(STRING, {"StringEquals": {TEAM: "blue"}}, {TEAM: "Blue"}, NO),
    Case(STRING, {"StringEquals": {TEAM: "bl*"}}, {TEAM: "blue"}, NO),
    Case(STRING, {"StringEquals": {"AWS:principaltag/TEAM": "blue"}}, {TEAM: "blue"}, YES),
    Case(STRING, {"StringEqualsIgnoreCase": {TEAM: "blue"}}, {TEAM: "BLUE"}, YES),
    Case(STRING, {"StringNotEquals": {TEAM: "blue"}}, {TEAM: "red"}, YES),
    Case(STRING, {"StringNotEquals": {TEAM: "blue"}}, {TEAM: "blue"}, NO),
    Case(STRING, {"StringNotEqualsIgnoreCase": {TEAM: "blue"}}, {TEAM: "BLUE"}, NO),
    Case(STRING, {"StringLike": {TEAM: "bl*"}}, {TEAM: "blue"}, YES),
    Case(STRING, {"StringLike": {TEAM: "bl?e"}}, {TEAM: "blue"}, YES),
    Case(STRING, {"StringLike": {TEAM: "BL*"}}, {TEAM: "blue"}, NO),
    Case(STRING, {"StringNotLike": {TEAM: "bl*"}}, {TEAM: "blue"}, NO),
    Case(STRING, {"StringNotLike": {TEAM: "bl*"}}, {TEAM: "red"}, YES),
    Case(STRING, {"StringEquals": {TEAM: "blue"}}, {}, NO),
    Case(STRING, {"StringLike": {TEAM: "*"}}, {}, NO),
    Case(STRING, {"StringNotEquals": {TEAM: "blue"}}, {}, YES),
    Case(STRING, {"StringNotLike": {TEAM: "bl*"}}, {}, YES),
    Case(SEVERAL, {"StringEquals": {TEAM: ["red", "blue"]}}, {TEAM: "blue"}, YES),
    Case(SEVERAL, {"StringNotEquals": {TEAM: ["red", "blue"]}}, {TEAM: "blue"}, NO),
    Case(SEVERAL, {"StringNotEquals": {TEAM: ["red", "blue"]}}, {TEAM: "green"}, YES),
    Case(SEVERAL, {"StringEquals": {TEAM: "blue", "aws:username": "may"}}, {TEAM: "blue"}, NO),
    Case(SEVERAL, {"StringEquals": {TEAM: "blue"}, "Bool": {"aws:SecureTransport": "true"}}, {TEAM: "blue"}, NO),
    Case(NUMERIC, {"NumericLessThanEquals": {"s3:max-keys": "10"}}, {"s3:max-keys": "10"}, YES),
    Case(NUMERIC, {"NumericLessThanEquals": {"s3:max-keys": "10"}}, {"s3:max-keys": "11"}, NO),
    Case(NUMERIC, {"NumericLessThan": {"s3:max-keys": 10}}, {"s3:max-keys": "9"}, YES),
    Case(NUMERIC, {"NumericGreaterThan": {"s3:max-keys": "9"}}, {"s3:max-keys": "10"}, YES),
    Case(NUMERIC, {"NumericEquals": {"s3:max-keys": "10"}}, {"s3:max-keys": "10.0"}, YES),
    Case(NUMERIC, {"NumericNotEquals": {"s3:max-keys": "10"}}, {"s3:max-keys": "10"}, NO),
    Case(
        DATE,
        {"DateGreaterThan": {"aws:CurrentTime": "2026-04-01T00:00:00Z"}},
        {"aws:CurrentTime": "2026-11-28T00:00:00Z"},
        YES,
    ),
    Case(
        DATE,
        {"DateLessThan": {"aws:CurrentTime": "2026-06-30T23:59:59Z"}},
        {"aws:CurrentTime": "2026-11-28T00:00:00Z"},
        NO,
    ),
    Case(DATE, {"DateLessThan": {"aws:EpochTime": "1800000000"}}, {"aws:EpochTime": "1700000000"}, YES),
    Case(BOOLEAN, {"Bool": {"aws:SecureTransport": "false"}}, {"aws:SecureTransport": "true"}, NO),
    Case(BOOLEAN, {"Bool": {"aws:SecureTransport": False}}, {"aws:SecureTransport": "false"}, YES),
    Case(BOOLEAN, {"Bool": {"aws:MultiFactorAuthPresent": "false"}}, {}, NO),
    Case(EXISTS, {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, {}, YES),
    Case(ADDRESS, {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, {"aws:SourceIp": "203.0.113.7"}, YES),
    Case(ADDRESS, {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, {"aws:SourceIp": "198.51.100.7"}, NO),
    Case(ADDRESS, {"IpAddress": {"aws:SourceIp": "203.0.113.7"}}, {"aws:SourceIp": "203.0.113.7"}, YES),
    Case(ADDRESS, {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, {"aws:SourceIp": "198.51.100.7"}, YES),
    Case(ADDRESS, {"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}, {"aws:SourceIp": "2001:db8::7"}, YES),
    Case(ARN, {"ArnEquals": {"aws:PrincipalArn": ROLE}}, {"aws:PrincipalArn": ROLE}, YES),
    Case(ARN, {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/oper*"}}, {"aws:PrincipalArn": ROLE}, YES),
    Case(ARN, {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/other"}}, {"aws:PrincipalArn": ROLE}, NO),
    Case(ARN, {"ArnLike": {"aws:PrincipalArn": "arn:aws:*:role/operator"}}, {"aws:PrincipalArn": ROLE}, NO),
    Case(ARN, {"ArnNotEquals": {"aws:PrincipalArn": ROLE}}, {"aws:PrincipalArn": ROLE}, NO),
    Case(ARN, {"ArnNotEquals": {"aws:PrincipalArn": ROLE}}, {"aws:PrincipalArn": f"{ROLE}s"}, YES),
    Case(ARN, {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/oper*"}}, {"aws:PrincipalArn": ROLE}, NO),
    Case(EXISTS, {"StringLikeIfExists": {"ec2:InstanceType": ["t1.*", "t2.*"]}}, {}, YES),
    Case(EXISTS, {"StringLikeIfExists": {"ec2:InstanceType": "t1.*"}}, {"ec2:InstanceType": "m5.large"}, NO),
    Case(EXISTS, {"StringEqualsIfExists": {TEAM: "blue"}}, {TEAM: "blue"}, YES),
    Case(NULL, {"Null": {"aws:TokenIssueTime": "true"}}, {}, YES),
    Case(NULL, {"Null": {"aws:TokenIssueTime": "false"}}, {}, NO),
    Case(NULL, {"Null": {TAGS: "false"}}, {TAGS: ("cost",)}, YES),
    Case(SETS, {"ForAllValues:StringEquals": {TAGS: ["cost", "owner"]}}, {TAGS: ("cost", "owner")}, YES),
    Case(SETS, {"ForAllValues:StringEquals": {TAGS: ["cost", "owner"]}}, {TAGS: ("cost", "other")}, NO),
    Case(SETS, {"ForAllValues:StringEquals": {TAGS: ["cost"]}}, {}, YES),
    Case(SETS, {"ForAllValues:StringLike": {TAGS: ["key*"]}}, {TAGS: ("key1", "key2")}, YES),
    Case(SETS, {"ForAnyValue:StringEquals": {TAGS: ["cost"]}}, {TAGS: ("other", "cost")}, YES),
    Case(SETS, {"ForAnyValue:StringEquals": {TAGS: ["cost"]}}, {TAGS: ("other",)}, NO),
    Case(SETS, {"ForAnyValue:StringEquals": {TAGS: ["cost"]}}, {}, NO),
    Case(SETS, {"ForAnyValue:StringNotEquals": {TAGS: ["cost"]}}, {}, NO),
    Case(SETS, {"ForAnyValue:StringNotEquals": {TAGS: ["cost"]}}, {TAGS: ("cost", "other")}, YES),
    Case(SETS, {"ForAllValues:StringNotEquals": {TAGS: ["cost"]}}, {TAGS: ("cost", "other")}, NO),
    Case(
        VARIABLES,
        {"StringLike": {"s3:prefix": "home/${aws:username}/*"}},
        {"s3:prefix": "home/may/", "aws:username": "may"},
        YES,
    ),
    Case(
        VARIABLES,
        {"StringLike": {"s3:prefix": "home/${aws:username}/*"}},
        {"s3:prefix": "home/jun/", "aws:username": "may"},
        NO,
    ),
    Case(VARIABLES, {"StringEquals": {TEAM: "${aws:PrincipalTag/x, 'none'}"}}, {TEAM: "none"}, YES),
)
