"""Subnets are looked at before a deployment waits in vain for functions in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.guide.__main__ import Plan, prepare
from deploy.guide.words import GuideError
from tests.integration.deploying.conftest import NOBODY, REGION, Account, with_database

# EC2's model alone takes a client most of a second to read.
pytestmark = pytest.mark.long


class Network:
    """A VPC with a subnet that leads nowhere but within."""

    def __init__(self, account: Account) -> None:
        self.ec2 = account.client("ec2")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnet = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
        made = self.ec2.create_security_group(GroupName="functions", Description="functions", VpcId=self.vpc)
        self.group = made["GroupId"]

    def lead_out(self) -> None:
        """A NAT, and the main route table through it."""
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        nat = self.ec2.create_nat_gateway(SubnetId=self.subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
        self._route(NatGatewayId=nat)

    def go_public(self) -> None:
        """A public subnet, which helps no function."""
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc)
        self._route(GatewayId=gateway)

    def _route(self, **through: str) -> None:
        [table] = self.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [self.vpc]}])["RouteTables"]
        self.ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", **through)

    def add_endpoints(self, *services: str) -> None:
        for service in services:
            self.ec2.create_vpc_endpoint(VpcId=self.vpc, ServiceName=f"com.amazonaws.{REGION}.{service}")


@pytest.fixture
def network(account: Account) -> Network:
    return Network(account)


def _in_vpc(account: Account, folder: Path, network: Network, group: str = "") -> Plan:
    given = f"{with_database(account.secret())['PARAMETERS']} VpcSubnetIds={network.subnet}"
    return prepare(folder, {"PARAMETERS": f"{given} VpcSecurityGroupIds={group or network.group}"}, NOBODY)


def test_subnets_with_a_nat_are_fine(
    account: Account, folder: Path, network: Network, capsys: pytest.CaptureFixture[str]
) -> None:
    network.lead_out()

    _in_vpc(account, folder, network)

    assert "note" not in capsys.readouterr().out


@pytest.mark.parametrize("public", [False, True])
def test_subnets_from_which_nothing_leads_out_are_refused(
    account: Account, folder: Path, network: Network, public: bool
) -> None:
    if public:
        network.go_public()

    with pytest.raises(GuideError, match="neither a NAT nor endpoints for dynamodb, lambda, secretsmanager, sqs"):
        _in_vpc(account, folder, network)


def test_endpoints_are_enough_for_all_but_the_internet(
    account: Account, folder: Path, network: Network, capsys: pytest.CaptureFixture[str]
) -> None:
    network.add_endpoints("dynamodb", "lambda", "secretsmanager", "sqs")

    _in_vpc(account, folder, network)

    assert "no NAT, so product checks" in capsys.readouterr().out


def test_a_security_group_of_another_vpc_is_refused(account: Account, folder: Path, network: Network) -> None:
    other = account.client("ec2").describe_security_groups(GroupNames=["default"])["SecurityGroups"]
    [group] = [each["GroupId"] for each in other if each["VpcId"] != network.vpc]

    with pytest.raises(GuideError, match="different VPCs"):
        _in_vpc(account, folder, network, group)
