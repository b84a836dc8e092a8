from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local import settings
from local.stack import QUEUE, SECRET, TABLE, AsyncPolicy, Route, Stack
from local.state import ROOT
from local.template import Template, TemplateError

_TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Minutes: {Type: Number, Default: 30}
  Zone: {Type: String, Default: UTC}
  Subnets: {Type: CommaDelimitedList, Default: ''}
  Mail: {Type: String, Default: ''}
Mappings:
  Sizes:
    local: {memory: 256}
Conditions:
  HasMail: !Not [!Equals [!Ref Mail, '']]
  HasSubnets: !Not [!Equals [!Join ['', !Ref Subnets], '']]
  Both: !And [!Condition HasMail, !Condition HasSubnets]
  Either: !Or [!Condition HasMail, !Equals [true, 'true']]
Globals:
  Function:
    Timeout: 7
    MemorySize: !FindInMap [Sizes, local, memory]
    Layers: [one]
    Environment:
      Variables: {SHARED: 1, COLOUR: red}
Resources:
  Locks:
    Type: AWS::DynamoDB::Table
    Properties: {KeySchema: []}
  Failed:
    Type: AWS::SQS::Queue
  Door:
    Type: AWS::SecretsManager::Secret
    Properties: {Name: !Sub '${AWS::StackName}/door', GenerateSecretString: {PasswordLength: 12}}
  Alarm:
    Type: AWS::SQS::Queue
    Condition: HasMail
  Role:
    Type: AWS::IAM::Role
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub ${AWS::StackName}-worker
      Handler: work.handler
      Role: !GetAtt Role.Arn
      VpcConfig: !If [HasSubnets, {SubnetIds: !Ref Subnets}, !Ref AWS::NoValue]
      Environment:
        Variables:
          COLOUR: blue
          LOCK_TABLE: !Ref Locks
          QUEUE: !Ref Failed
          QUEUE_ARN: !GetAtt Failed.Arn
          SECRET: !Sub 'secretsmanager:${Door}'
          LITERAL: !Sub '${!Name} ${AWS::Region}'
          BOTH: !If [Both, 'yes', 'no']
          EITHER: !If [Either, 'yes', 'no']
          JOINED: !Join ['-', [a, !Select [1, !Split [',', 'x,y']], !Ref Minutes]]
          JSON: !Sub
            - '{"minutes": ${N}, "on": ${Enabled}}'
            - {N: !Ref Minutes, Enabled: true}
      EventInvokeConfig:
        MaximumRetryAttempts: 1
        MaximumEventAgeInSeconds: 60
        DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Failed.Arn}}
      Events:
        Tick:
          Type: ScheduleV2
          Properties:
            ScheduleExpression: !Sub rate(${Minutes} minutes)
            ScheduleExpressionTimezone: !Ref Zone
            State: DISABLED
            Input: '{"slot": "<aws.scheduler.scheduled-time>"}'
  Api:
    Type: AWS::Serverless::Function
    Properties:
      Handler: api.handler
      Timeout: 29
      Environment: {Variables: {WORKER: !Ref Worker, WORKER_ARN: !GetAtt Worker.Arn}}
      Events:
        Root: {Type: HttpApi, Properties: {Method: any, Path: /}}
        All: {Type: HttpApi}
"""


def _stack(tmp_path: Path, text: str = _TEMPLATE, **parameters: str) -> Stack:
    file = tmp_path / "template.yaml"
    file.write_text(text)
    return Stack(Template.read(file, "local", parameters), "http://127.0.0.1:1")


def test_functions(tmp_path: Path) -> None:
    worker, api = _stack(tmp_path).functions

    assert (worker.name, worker.handler, worker.timeout_s, worker.memory_mb) == ("local-worker", "work.handler", 7, 256)
    assert worker.environment == {
        "SHARED": "1",
        "COLOUR": "blue",
        "LOCK_TABLE": "local-Locks",
        "QUEUE": "http://127.0.0.1:1/123456789012/local-Failed",
        "QUEUE_ARN": "arn:aws:sqs:us-east-1:123456789012:local-Failed",
        "SECRET": "secretsmanager:local/door",
        "LITERAL": "${Name} us-east-1",
        "BOTH": "no",
        "EITHER": "yes",
        "JOINED": "a-y-30",
        "JSON": '{"minutes": 30, "on": true}',
    }
    assert worker.asynchronous == AsyncPolicy(retries=1, max_age_s=60, on_failure_queue="local-Failed")
    assert (api.name, api.timeout_s, api.asynchronous) == ("local-Api", 29, AsyncPolicy())
    assert api.environment["WORKER"] == "local-worker"
    assert api.environment["WORKER_ARN"] == worker.arn


def test_routes_and_schedules(tmp_path: Path) -> None:
    stack = _stack(tmp_path, Minutes="5", Zone="Europe/Berlin")
    (schedule,) = stack.schedules

    assert stack.routes == [Route("ANY", "/", "local-Api"), Route("ANY", "$default", "local-Api")]
    assert [route.key for route in stack.routes] == ["ANY /", "$default"]
    assert (schedule.expression, schedule.zone, schedule.enabled) == ("rate(5 minutes)", "Europe/Berlin", False)
    assert (schedule.function, schedule.input) == ("local-worker", '{"slot": "<aws.scheduler.scheduled-time>"}')


def test_stores_and_their_conditions(tmp_path: Path) -> None:
    plain, mailed = _stack(tmp_path), _stack(tmp_path, Mail="a@b.example")

    assert [table.name for table in plain.stores(TABLE)] == ["local-Locks"]
    assert [queue.name for queue in plain.stores(QUEUE)] == ["local-Failed"]
    assert [queue.name for queue in mailed.stores(QUEUE)] == ["local-Failed", "local-Alarm"]
    assert plain.stores(SECRET)[0].properties["GenerateSecretString"] == {"PasswordLength": 12}


@pytest.mark.parametrize(
    ("resources", "complaint"),
    [
        (
            "{F: {Type: AWS::Serverless::Function, Properties: {Handler: !Ref Nobody}}}",
            "no parameter or resource Nobody",
        ),
        ("{F: {Type: AWS::Serverless::Function, Properties: {Handler: !Cidr [a]}}}", "does not know Fn::Cidr"),
        ("{F: {Type: AWS::Serverless::Function, Properties: {Handler: !If [Never, a, b]}}}", "no condition Never"),
        (
            "{F: {Type: AWS::Serverless::Function, Properties: {Handler: a.b, Events: {Mail: {Type: SNS}}}}}",
            "F.Events.Mail is a SNS",
        ),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, resources: str, complaint: str) -> None:
    stack = _stack(tmp_path, f"Resources: {resources}")

    with pytest.raises(TemplateError, match=complaint):
        _ = stack.functions, stack.routes


def test_a_parameter_without_a_value_is_named(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="parameter Secret has no default"):
        _stack(tmp_path, "Parameters: {Secret: {Type: String}}")


@pytest.mark.parametrize(
    ("shell", "expected"),
    [({}, None), ({"MIN_CHECK_INTERVAL_MINUTES": "5"}, "5"), ({"min_check": "7"}, None)],
)
def test_parameters_are_set_from_the_shell(shell: dict[str, str], expected: str | None) -> None:
    assert settings.parameters(shell).get("MinCheckIntervalMinutes") == expected


def test_the_bundle_itself() -> None:
    template = Template.read(ROOT / "template.yaml", settings.STACK_NAME, settings.parameters({}))
    stack = Stack(template, "http://127.0.0.1:1")
    handlers: dict[str, Any] = {function.handler: function for function in stack.functions}

    assert {"api.app.handler", "product_checks.check_products.handler", "housekeeping.migrate.handler"} <= set(handlers)
    assert {route.path for route in stack.routes} == {"/", "/{proxy+}"}
    assert any(schedule.enabled for schedule in stack.schedules)
