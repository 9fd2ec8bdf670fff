"""Networks of AWS: questions with the answers that its pages give.

Pages of the Amazon VPC, EC2 and EKS user guides, read on 28 November 2026.
"""

from reach.network import Network
from reach.network.places import Metadata
from tests.reach.network.asking import doubt, is_open
from tests.reach.network.building import AmazonNetwork

EVERYBODY = "0.0.0.0/0"


def behind_nat(made: AmazonNetwork, name: str = "worker") -> str:
    """A machine in the private subnet that may go everywhere, and leaves by a NAT gateway at 203.0.113.5."""
    out = made.group(f"{name}-out")
    made.rule("Egress", out, None, "-1", cidrIpv4=EVERYBODY)
    made.route("nat", made.private_table, EVERYBODY, natGatewayId=made.nat("nat", "203.0.113.5"))
    made.machine(name, out)
    return out


def test_a_group_without_rules_passes_nothing() -> None:
    """'Security group rules', 2026-11-28: no inbound rules at first; without an outbound rule nothing goes out."""
    made = AmazonNetwork()
    made.machine("one", made.group("one"), subnet=made.public, address="198.51.100.1")

    assert not is_open(made, "the internet", "one", 22)
    assert not is_open(made, "one", "192.0.2.1", 443)


def test_rules_of_all_groups_of_a_machine_add_up() -> None:
    """'Security group rules', 2026-11-28: rules of several groups are one set; there is no denial."""
    made = AmazonNetwork()
    web, shell = made.group("web"), made.group("shell")
    made.rule("Ingress", web, 443, cidrIpv4=EVERYBODY)
    made.rule("Ingress", shell, 22, cidrIpv4="192.0.2.0/24")
    made.machine("one", web, shell, subnet=made.public, address="198.51.100.1")

    assert is_open(made, "the internet", "one", 443)
    assert is_open(made, "192.0.2.7", "one", 22)
    assert not is_open(made, "203.0.113.7", "one", 22)


def test_a_referenced_group_means_its_members_at_their_private_addresses() -> None:
    """'Security group rules', "Security group referencing", 2026-11-28: private addresses of its members."""
    made = AmazonNetwork()
    managers, workers, others = made.group("managers"), made.group("workers"), made.group("others")
    made.rule("Ingress", workers, 22, referencedSecurityGroupId=managers)
    made.rule("Egress", managers, 22, referencedSecurityGroupId=workers)
    made.rule("Egress", others, None, "-1", cidrIpv4=EVERYBODY)
    made.rule("Ingress", managers, 8080, cidrIpv4=EVERYBODY)
    made.machine("manager", managers)
    made.machine("worker", workers)
    made.machine("other", others)

    assert is_open(made, "manager", "worker", 22)
    assert not is_open(made, "other", "worker", 22)
    assert not is_open(made, "other", "worker", 8080), "the rules of a referenced group are not added"


def test_a_referenced_group_does_not_see_public_addresses() -> None:
    """'Security group rules', "Security group referencing", 2026-11-28: public addresses are not considered."""
    made = AmazonNetwork()
    far_vpc = made.add("aws:ec2/vpc:Vpc", "far", cidrBlock="10.8.0.0/16")
    far, far_table = made.subnet("far", "10.8.1.0/24", far_vpc)
    gateway = made.add("aws:ec2/internetGateway:InternetGateway", "far", vpcId=far_vpc)
    made.route("far-out", far_table, EVERYBODY, gatewayId=gateway)
    managers, workers = made.group("managers"), made.group("workers")
    made.rule("Ingress", workers, 22, referencedSecurityGroupId=managers)
    made.rule("Egress", managers, 22, cidrIpv4=EVERYBODY)
    made.machine("manager", managers, subnet=made.public, address="198.51.100.1")
    made.machine("worker", workers, subnet=far, address="198.51.100.2")

    assert not is_open(made, "manager", "worker", 22)


def test_both_ends_have_to_agree() -> None:
    """'Security group rules', 2026-11-28: outbound rules of the one and inbound rules of the other."""
    for leaves, expected in ((True, True), (False, False)):
        made = AmazonNetwork()
        one, two = made.group("one"), made.group("two")
        made.rule("Ingress", two, 5432, cidrIpv4="10.1.0.0/16")
        if leaves:
            made.rule("Egress", one, 5432, cidrIpv4="10.1.0.0/16")
        made.machine("one", one)
        made.machine("two", two)

        assert is_open(made, "one", "two", 5432) is expected
        assert not is_open(made, "two", "one", 5432)


def test_a_prefix_list_stands_for_its_entries() -> None:
    """'Managed prefix lists', 2026-11-28: a rule that names one is for each of its ranges."""
    made = AmazonNetwork()
    listed = made.add("aws:ec2/managedPrefixList:ManagedPrefixList", "office", entries=({"cidr": "192.0.2.0/25"},))
    web = made.group("web")
    made.rule("Ingress", web, 443, prefixListId=listed)
    made.machine("one", web, subnet=made.public, address="198.51.100.1")

    assert is_open(made, "192.0.2.7", "one", 443)
    assert not is_open(made, "192.0.2.200", "one", 443)


def test_a_prefix_list_that_nobody_knows_is_a_doubt() -> None:
    """'AWS-managed prefix lists', 2026-11-28: their ranges change, and no registration says them."""
    made = AmazonNetwork()
    web = made.group("web")
    made.rule("Ingress", web, 443, prefixListId="pl-0123456789abcdef0")
    made.machine("one", web, subnet=made.public, address="198.51.100.1")

    assert not is_open(made, "the internet", "one", 443)
    assert "pl-0123456789abcdef0" in doubt(made, "the internet", "one", 443)


def test_rules_inside_of_a_group_count_as_those_beside_it() -> None:
    """'aws.ec2.SecurityGroup', ingress, 2026-11-28: also `self`, which means the group itself."""
    made = AmazonNetwork()
    ingress = (
        {"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": (EVERYBODY,)},
        {"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True},
    )
    egress = ({"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": (EVERYBODY,)},)
    group = made.add("aws:ec2/securityGroup:SecurityGroup", "all", vpcId=made.vpc, ingress=ingress, egress=egress)
    made.machine("one", group, subnet=made.public, address="198.51.100.1")
    made.machine("two", group)

    assert is_open(made, "the internet", "one", 443)
    assert not is_open(made, "the internet", "one", 9000)
    assert is_open(made, "two", "one", 9000)


def test_who_names_no_group_has_the_default_one() -> None:
    """'Default security groups', 2026-11-28."""
    made = AmazonNetwork()
    ingress = ({"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": (EVERYBODY,)},)
    made.add("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "default", vpcId=made.vpc, ingress=ingress)
    made.machine("bare", subnet=made.public, address="198.51.100.1")

    assert is_open(made, "the internet", "bare", 22)


def test_a_public_address_needs_a_route_to_the_internet() -> None:
    """'Internet gateways', "Internet access", 2026-11-28: a route, a public address, and rules that allow it."""
    for subnet, expected in (("public", True), ("private", False)):
        made = AmazonNetwork()
        web = made.group("web")
        made.rule("Ingress", web, 443, cidrIpv4=EVERYBODY)
        made.rule("Egress", web, 443, cidrIpv4=EVERYBODY)
        made.machine("one", web, subnet=getattr(made, subnet), address="198.51.100.1")

        assert is_open(made, "the internet", "one", 443) is expected
        assert is_open(made, "one", "192.0.2.1", 443) is expected


def test_behind_nat_one_goes_out_and_nobody_comes_in() -> None:
    """'NAT gateways', 2026-11-28: the source becomes the address of the gateway; nobody begins a connection inwards."""
    made = AmazonNetwork()
    group = behind_nat(made)
    made.rule("Ingress", group, 443, cidrIpv4=EVERYBODY)
    door = made.group("door")
    made.rule("Ingress", door, 443, cidrIpv4="203.0.113.5/32")
    made.machine("door", door, subnet=made.public, address="198.51.100.9")

    assert is_open(made, "worker", "192.0.2.1", 443)
    assert not is_open(made, "the internet", "worker", 443)


def test_the_address_of_nat_is_who_others_see() -> None:
    """'NAT gateways', 2026-11-28; from another VPC, since within one it would be the private address."""
    made = AmazonNetwork()
    behind_nat(made)
    vpc = made.add("aws:ec2/vpc:Vpc", "far", cidrBlock="10.8.0.0/16")
    far, table = made.subnet("far", "10.8.1.0/24", vpc)
    made.route("far", table, EVERYBODY, gatewayId=made.add("aws:ec2/internetGateway:InternetGateway", "far", vpcId=vpc))
    for name, cidr in (("listed", "203.0.113.5/32"), ("other", "203.0.113.6/32")):
        group = made.group(name, vpc)
        made.rule("Ingress", group, 443, cidrIpv4=cidr)
        made.machine(name, group, subnet=far, address=f"198.51.100.{len(name)}")

    assert is_open(made, "worker", "listed", 443)
    assert not is_open(made, "worker", "other", 443)


def test_the_most_specific_route_decides() -> None:
    """'Configure route tables', "Route priority", 2026-11-28: the longest prefix that fits."""
    made = AmazonNetwork()
    behind_nat(made)
    made.route("hole", made.private_table, "192.0.2.0/24", vpcEndpointId="vpce-elsewhere")

    assert is_open(made, "worker", "198.51.100.77", 443)
    assert not is_open(made, "worker", "192.0.2.7", 443)
    assert doubt(made, "worker", "192.0.2.7", 443), "where it leads is not followed"


def test_network_acls_are_asked_by_number_and_end_with_a_denial() -> None:
    """'Network ACLs', "Network ACL rules", 2026-11-28: from the lowest number, the first that fits; else denied."""
    for number, expected in ((90, False), (110, True)):
        made = AmazonNetwork()
        web = made.group("web")
        made.rule("Ingress", web, 443, cidrIpv4=EVERYBODY)
        made.rule("Ingress", web, 80, cidrIpv4=EVERYBODY)
        made.machine("one", web, subnet=made.public, address="198.51.100.1")
        entry = {"protocol": "tcp", "cidrBlock": EVERYBODY, "fromPort": 443, "toPort": 443}
        made.add(
            "aws:ec2/networkAcl:NetworkAcl",
            "acl",
            vpcId=made.vpc,
            subnetIds=(made.public,),
            ingress=({**entry, "ruleNo": 100, "action": "allow"}, {**entry, "ruleNo": number, "action": "deny"}),
        )

        assert is_open(made, "the internet", "one", 443) is expected
        assert not is_open(made, "the internet", "one", 80)


def test_within_a_subnet_no_network_acl_is_asked() -> None:
    """'Network ACLs', 2026-11-28: they stand at the border of a subnet."""
    made = AmazonNetwork()
    both = made.group("both")
    made.rule("Ingress", both, 443, cidrIpv4="10.1.0.0/16")
    made.rule("Egress", both, 443, cidrIpv4="10.1.0.0/16")
    made.machine("one", both)
    made.machine("two", both)
    made.machine("far", both, subnet=made.public)
    made.add("aws:ec2/networkAcl:NetworkAcl", "acl", vpcId=made.vpc, subnetIds=(made.private,))

    assert is_open(made, "two", "one", 443)
    assert not is_open(made, "far", "one", 443)
    assert not is_open(made, "one", "far", 443)


def test_a_peering_needs_routes_on_both_sides() -> None:
    """'VPC peering', "Update your route tables", 2026-11-28; a group of the peer may be referenced."""
    for routes, expected in ((0, False), (1, False), (2, True)):
        made = AmazonNetwork()
        vpc = made.add("aws:ec2/vpc:Vpc", "far", cidrBlock="10.8.0.0/16")
        far, table = made.subnet("far", "10.8.1.0/24", vpc)
        peering = made.add(
            "aws:ec2/vpcPeeringConnection:VpcPeeringConnection", "peering", vpcId=made.vpc, peerVpcId=vpc
        )
        ways = ((made.private_table, "10.8.0.0/16"), (table, "10.1.0.0/16"))
        for number, (each, cidr) in enumerate(ways[:routes]):
            made.route(f"peer-{number}", each, cidr, vpcPeeringConnectionId=peering)
        here, there = made.group("here"), made.group("there", vpc)
        made.rule("Egress", here, 443, cidrIpv4="10.8.0.0/16")
        made.rule("Ingress", there, 443, referencedSecurityGroupId=here)
        made.machine("one", here)
        made.machine("two", there, subnet=far)

        assert is_open(made, "one", "two", 443) is expected


def test_a_gateway_endpoint_serves_the_route_tables_that_name_it() -> None:
    """'Gateway endpoints', 2026-11-28: a route in each table, a policy that allows everything unless one is given."""
    made = AmazonNetwork()
    out = made.group("out")
    made.rule("Egress", out, 443, cidrIpv4=EVERYBODY)
    made.machine("near", out)
    made.machine("far", out, subnet=made.public)
    made.add(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "s3",
        vpcId=made.vpc,
        serviceName="com.amazonaws.us-east-1.s3",
        vpcEndpointType="Gateway",
        routeTableIds=(made.private_table,),
    )

    assert is_open(made, "near", "com.amazonaws.us-east-1.s3", 443)
    assert not is_open(made, "far", "com.amazonaws.us-east-1.s3", 443)


def test_an_interface_endpoint_has_groups_like_a_machine() -> None:
    """'Interface VPC endpoints', "Security groups", 2026-11-28."""
    made = AmazonNetwork()
    out, door = made.group("out"), made.group("door")
    made.rule("Egress", out, 443, cidrIpv4="10.1.0.0/16")
    made.rule("Ingress", door, 443, cidrIpv4="10.1.2.0/24")
    made.machine("near", out)
    made.machine("far", out, subnet=made.public)
    made.add(
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "ssm",
        vpcId=made.vpc,
        vpcEndpointType="Interface",
        subnetIds=(made.private,),
        securityGroupIds=(door,),
    )

    assert is_open(made, "near", "ssm", 443)
    assert not is_open(made, "far", "ssm", 443)


def test_metadata_answer_a_second_hop_only_where_they_may() -> None:
    """'Configure the instance metadata options', hop limit and tokens, 2026-11-28; pods are a hop behind."""
    cases = (
        ({"httpTokens": "required", "httpPutResponseHopLimit": 1}, True, False),
        ({"httpTokens": "required", "httpPutResponseHopLimit": 2}, True, True),
        ({"httpTokens": "optional", "httpPutResponseHopLimit": 1}, True, True),
        ({"httpEndpoint": "disabled"}, False, False),
    )
    for options, on_the_node, in_a_pod in cases:
        made = AmazonNetwork()
        cluster = made.add(
            "aws:eks/cluster:Cluster",
            "cluster",
            vpcConfig={"endpointPublicAccess": False, "subnetIds": (made.private,)},
        )
        template = made.add("aws:ec2/launchTemplate:LaunchTemplate", "nodes", metadataOptions=options)
        made.add(
            "aws:eks/nodeGroup:NodeGroup",
            "nodes",
            clusterName=cluster,
            subnetIds=(made.private,),
            launchTemplate={"id": template},
        )

        reached = {place.words for place, target in Network(made.capture()).matrix if isinstance(target, Metadata)}
        assert ("node of nodes" in reached, "pod on nodes" in reached) == (on_the_node, in_a_pod)


def test_nodes_pods_and_the_kubernetes_api_share_the_group_of_the_cluster() -> None:
    """'View Amazon EKS security group requirements', 2026-11-28: everything from the group itself."""
    made = AmazonNetwork()
    cluster = made.add(
        "aws:eks/cluster:Cluster",
        "cluster",
        vpcConfig={"endpointPublicAccess": True, "publicAccessCidrs": ("192.0.2.0/24",), "subnetIds": (made.private,)},
    )
    made.add("aws:eks/nodeGroup:NodeGroup", "nodes", clusterName=cluster, subnetIds=(made.private,))
    out = made.group("out")
    made.rule("Egress", out, None, "-1", cidrIpv4=EVERYBODY)
    made.machine("other", out)

    assert is_open(made, "pod on nodes", "endpoint cluster", 443)
    assert is_open(made, "pod on nodes", "node of nodes", 10250)
    assert not is_open(made, "other", "endpoint cluster", 443)
    assert is_open(made, "192.0.2.7", "cluster API", 443), "its public endpoint"
    assert not is_open(made, "203.0.113.7", "cluster API", 443)


def test_version_six_has_no_nat_and_rules_of_its_own() -> None:
    """'IPv6 for your VPC' and 'Security group rules', 2026-11-28: a rule is for ranges of one version."""
    made = AmazonNetwork()
    subnet = made.add(
        "aws:ec2/subnet:Subnet",
        "six",
        cidrBlock="10.1.6.0/24",
        vpcId=made.vpc,
        ipv6CidrBlock="2001:db8:1::/64",
        assignIpv6AddressOnCreation=True,
    )
    made.add(
        "aws:ec2/routeTableAssociation:RouteTableAssociation", "six", subnetId=subnet, routeTableId=made.public_table
    )
    made.add(
        "aws:ec2/route:Route",
        "six",
        routeTableId=made.public_table,
        destinationIpv6CidrBlock="::/0",
        gatewayId=made.gateway,
    )
    four, six = made.group("four"), made.group("six")
    made.rule("Ingress", four, 443, cidrIpv4=EVERYBODY)
    made.rule("Ingress", six, 443, cidrIpv6="::/0")
    made.machine("by-four", four, subnet=subnet)
    made.machine("by-six", six, subnet=subnet)

    assert is_open(made, "2001:db8:9::7", "by-six", 443)
    assert not is_open(made, "2001:db8:9::7", "by-four", 443)
    assert not is_open(made, "192.0.2.7", "by-six", 443)
