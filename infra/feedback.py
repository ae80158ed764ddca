"""What became of mail and push: SES's configuration set, the topic that it tells, and the API's subscription to it.

The topic signs by version 2 (SHA-256): the API believes nothing else (`chalicelib.reach.rules.topics`). Push
applications are the operator's own: their event of failures may go to the same topic. An emulator sends no mail, so it
has none of this.
"""

from typing import Any

from infra.targets import Target

TOPIC, SET = "FeedbackTopic", "MailSet"
PATH = "/v1/webhooks/topic"
EVENTS = ("bounce", "complaint", "delivery")
"""Those that somebody reads; each is a message, and paid as one."""


def is_there(target: Target) -> bool:
    """Whether a stage hears what became of what it sends."""
    return not target.emulated and bool(target.mail_from or target.push.names())


def environment(target: Target) -> dict[str, Any]:
    """Return what the functions are told of channels."""
    told: dict[str, Any] = {"TEXTS": target.texts}
    optional = {"SMS_SENDER_ID": target.sms_sender_id, "SMS_MAX_PRICE": target.sms_max_price}
    told |= {name: value for name, value in optional.items() if value}
    for platform, name in target.push.names().items():
        told[f"PUSH_{platform.upper()}"] = {"Fn::Sub": application(target, platform, name)}
    if is_there(target):
        told["FEEDBACK_TOPIC"] = {"Ref": TOPIC}
        if target.mail_from:
            told["MAIL_SET"] = {"Fn::Sub": "${QueuePrefix}-mail"}
    return told


def application(target: Target, platform: str, name: str) -> str:
    """Return the ARN of a platform application, with what CloudFormation fills in."""
    return f"arn:${{AWS::Partition}}:sns:${{AWS::Region}}:${{AWS::AccountId}}:app/{target.push.kind(platform)}/{name}"


def resources(target: Target, public_url: Any) -> dict[str, Any]:
    """Return what a stage hears by; nothing where it sends neither mail nor push.

    Args:
        public_url: where the API is called, as CloudFormation takes it.
    """
    if not is_there(target):
        return {}
    made: dict[str, Any] = {
        TOPIC: {
            "Type": "AWS::SNS::Topic",
            "Properties": {"TopicName": {"Fn::Sub": "${QueuePrefix}-feedback"}, "SignatureVersion": "2"},
        },
        "FeedbackTopicPolicy": {
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {"Topics": [{"Ref": TOPIC}], "PolicyDocument": _policy()},
        },
        # SNS asks the API whether it wants this, and the API says yes: it has to be there by then.
        "FeedbackSubscription": {
            "Type": "AWS::SNS::Subscription",
            "DependsOn": ["RestAPI"],
            "Properties": {
                "TopicArn": {"Ref": TOPIC},
                "Protocol": "https",
                "Endpoint": {"Fn::Join": ["", [public_url, PATH]]},
            },
        },
    }
    return made | (_mail() if target.mail_from else {})


def _policy() -> dict[str, Any]:
    ours = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ses.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": {"Ref": TOPIC},
                "Condition": ours,
            }
        ],
    }


def _mail() -> dict[str, Any]:
    return {
        SET: {
            "Type": "AWS::SES::ConfigurationSet",
            "Properties": {
                "Name": {"Fn::Sub": "${QueuePrefix}-mail"},
                "ReputationOptions": {"ReputationMetricsEnabled": True},
                "SuppressionOptions": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
            },
        },
        "MailEvents": {
            "Type": "AWS::SES::ConfigurationSetEventDestination",
            "DependsOn": ["FeedbackTopicPolicy"],
            "Properties": {
                "ConfigurationSetName": {"Ref": SET},
                "EventDestination": {
                    "Name": "feedback",
                    "Enabled": True,
                    "MatchingEventTypes": list(EVENTS),
                    "SnsDestination": {"TopicARN": {"Ref": TOPIC}},
                },
            },
        },
    }
