"""Whether functions in the given subnets will reach what they need; told before a deployment waits for it in vain."""

from __future__ import annotations

from typing import Any, Final

from deploy.guide.words import GuideError

# Without these a function cannot even begin; the scheduler and logs come from outside.
_NEEDED: Final = ("dynamodb", "lambda", "secretsmanager", "sqs")
_ALL: Final = "0.0.0.0/0"
_OUTWARD: Final = ("NatGatewayId", "TransitGatewayId", "NetworkInterfaceId", "InstanceId", "VpcPeeringConnectionId")


def check(session: Any, subnets: list[str], groups: list[str]) -> list[str]:
    """Return what will not work, one sentence each, in subnets from which the rest does.

    Raises:
        GuideError: a subnet or group is not there, lies in another VPC, or nothing would work from it.
    """
    ec2 = session.client("ec2")
    vpc = _one_vpc(ec2, subnets, groups)
    closed = [subnet for subnet in subnets if not _leads_out(ec2, vpc, subnet)]
    if not closed:
        return []
    missing = sorted(set(_NEEDED) - _endpoints(ec2, vpc))
    if missing:
        raise GuideError(
            f"From {', '.join(closed)} nothing leads out: neither a NAT nor endpoints for {', '.join(missing)}. "
            "Functions have no public address, so a public subnet does not help. Take private subnets with a NAT, "
            "or make the endpoints; no VPC at all is fine where the database can be reached from the internet"
        )
    return [f"{', '.join(closed)}: no NAT, so product checks, Slack and mail have no way to the internet"]


def _one_vpc(ec2: Any, subnets: list[str], groups: list[str]) -> str:
    if not groups:
        raise GuideError("VpcSecurityGroupIds must be set when VpcSubnetIds is: which the functions belong to")
    found = [each["VpcId"] for each in ec2.describe_subnets(SubnetIds=subnets)["Subnets"]]
    found += [each["VpcId"] for each in ec2.describe_security_groups(GroupIds=groups)["SecurityGroups"]]
    if len(set(found)) != 1:
        raise GuideError("The subnets and security groups lie in different VPCs: a function is in one alone")
    return str(found[0])


def _leads_out(ec2: Any, vpc: str, subnet: str) -> bool:
    """Whether a subnet's route to everywhere goes through something that carries a function's traffic."""
    tables = ec2.describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])["RouteTables"]
    if not tables:
        of_vpc = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
        tables = ec2.describe_route_tables(Filters=of_vpc)["RouteTables"]
    routes = [route for table in tables for route in table["Routes"]]
    return any(
        route.get("DestinationCidrBlock") == _ALL and any(route.get(way) for way in _OUTWARD) for route in routes
    )


def _endpoints(ec2: Any, vpc: str) -> set[str]:
    found = ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["VpcEndpoints"]
    return {each["ServiceName"].rpartition(".")[2] for each in found}
