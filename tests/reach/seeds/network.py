"""Openings of the network, in rules, routes, peerings and guards of front ends."""

from dataclasses import replace

from capture import Capture, Registration
from tests.policies.who_may_mutations import (
    PUBLISH,
    UNTRUSTED,
    strangers_log_in_where_packages_are_signed,
    uploads_from_where_strangers_leave,
)
from tests.reach.grants import both
from tests.reach.network.changes import edited, found, made, swapped
from tests.reach.seeds.seed import Kind, Seed

JOBS = "job on worker group"
INTERNET = "anybody on the internet"
UPLOADS = "reach upload.packyard.example.com at tcp 443"
POSTGRES = {"ipProtocol": "tcp", "fromPort": 5432, "toPort": 5432, "cidrIpv4": "0.0.0.0/0"}


def firewall_between_workers(capture: Capture) -> Capture:
    """Workers of strangers on GCP reach each other by SSH, as managers reach them, in and out."""
    rule = found(capture, "Firewall", "runner-manager-gcp-blue-ssh").inputs
    ranges = ("10.32.16.0/20",)
    entering = {**rule, "sourceRanges": ranges, "name": "between-in"}
    leaving = {key: value for key, value in rule.items() if key not in ("sourceRanges", "name")}
    leaving |= {"name": "between-out", "direction": "EGRESS", "destinationRanges": ranges, "priority": 800}
    like = ("Firewall", "runner-manager-gcp-blue-ssh")
    return both(made(like, "between-in", entering, {}), made(like, "between-out", leaving, {}))(capture)


def route_of_strangers_to_the_gateway_of_publish_jobs(capture: Capture) -> Capture:
    """Jobs of strangers leave from the address that may upload."""
    gateway = found(capture, "NatGateway", "aws-nat-publish-a").id
    return edited(
        "Route", "aws-private-a", {"natGatewayId": gateway}, {"natGatewayId": ("NatGateway", "aws-nat-publish-a")}
    )(capture)


def database_is_open_to_the_world(capture: Capture) -> Capture:
    """PostgreSQL of the host on AWS, to whatever address."""
    like, group = ("SecurityGroupIngressRule", "database-pair-wireguard"), ("SecurityGroup", "pg-b-machine")
    return made(like, "postgres", POSTGRES, {"securityGroupId": group})(capture)


def upload_guard_taken_off(capture: Capture) -> Capture:
    """The front end for uploads without its rules of Cloud Armor."""
    old = found(capture, "BackendService", "package-server-upload")
    return swapped(capture, old, without(old, "securityPolicy"))


def without(entry: Registration, key: str) -> Registration:
    """A registration that does not say one input."""
    inputs = {name: value for name, value in entry.inputs.items() if name != key}
    sources = {name: urns for name, urns in entry.property_dependencies.items() if name != key}
    return replace(entry, inputs=inputs, property_dependencies=sources)


NETWORK = (
    Seed(
        "strangers log in where packages are signed",
        Kind.NETWORK,
        2,
        strangers_log_in_where_packages_are_signed,
        f"{JOBS} {UNTRUSTED}",
        gets=f"reach {JOBS} {PUBLISH} at tcp 22",
        reason="one rule out and one rule in, in two components; neither opens anything by itself",
    ),
    Seed(
        "jobs of strangers upload, by an address that they leave from",
        Kind.NETWORK,
        3,
        uploads_from_where_strangers_leave,
        f"{JOBS} {UNTRUSTED}",
        gets=UPLOADS,
        reason="an address in a list does not say who lies behind it",
    ),
    Seed(
        "jobs of strangers leave through the gateway of jobs that publish",
        Kind.NETWORK,
        3,
        route_of_strangers_to_the_gateway_of_publish_jobs,
        f"{JOBS} {UNTRUSTED}",
        gets=UPLOADS,
        reason="one gateway less to pay for, and no list changes",
    ),
    Seed(
        "the upload host has no guard",
        Kind.NETWORK,
        2,
        upload_guard_taken_off,
        INTERNET,
        gets=UPLOADS,
        reason="taken off to look for a fault, and not put back",
    ),
    Seed(
        "the database is open to the world",
        Kind.NETWORK,
        1,
        database_is_open_to_the_world,
        INTERNET,
        gets="reach machine pg-b at tcp 5432",
        reason="a client from outside shall connect for an hour",
    ),
    Seed(
        "workers of strangers reach each other",
        Kind.NETWORK,
        2,
        firewall_between_workers,
        f"{JOBS} shard-gcp-amd64-untrusted-b-blue",
        gets=f"reach {JOBS} shard-gcp-amd64-untrusted-c-blue at tcp 22",
        reason="the range of the subnet instead of the address of the manager",
    ),
)
