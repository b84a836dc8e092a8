"""A second stack in the same account must be possible: every name that is given must carry the stack's."""

from __future__ import annotations

from deploy.rules.reading import of_type, target
from deploy.translated import Template

NAMES = {
    "AWS::ApiGatewayV2::Api": "Name",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::LayerVersion": "LayerName",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::Logs::QueryDefinition": "Name",
    "AWS::SES::ConfigurationSet": "Name",
    "AWS::SSM::Parameter": "Name",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SecretsManager::Secret": "Name",
}


def problems(template: Template) -> list[str]:
    """Resources whose name another stack would want as well."""
    found = []
    for name, resource in template["Resources"].items():
        given = resource.get("Properties", {}).get(NAMES.get(resource["Type"], ""))
        if given is not None and "${AWS::StackName}" not in str(given) and target(given) != "AWS::StackName":
            found.append(f"{name} has a name of its own: put ${{AWS::StackName}} into it, or leave it out")
    return [*found, *_shared_metrics(template), *_exports(template)]


def _shared_metrics(template: Template) -> list[str]:
    """Alarms on metrics that another stack writes as well."""
    return [
        f"{name} watches a namespace that every stack would write to: put ${{AWS::StackName}} into it"
        for name, alarm in of_type(template, "AWS::CloudWatch::Alarm")
        if not str(alarm.get("Namespace", "")).startswith("AWS/") and "${AWS::StackName}" not in str(alarm)
    ]


def _exports(template: Template) -> list[str]:
    return [
        f"Output {name} is exported under a name of its own: put ${{AWS::StackName}} into it"
        for name, output in template.get("Outputs", {}).items()
        if "Export" in output and "${AWS::StackName}" not in str(output["Export"])
    ]
