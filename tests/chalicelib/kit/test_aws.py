from botocore.exceptions import ClientError, ReadTimeoutError

from chalicelib.kit import aws


def test_an_errors_name_is_told_and_not_what_was_sent():
    refused = ClientError({"Error": {"Code": "Throttled", "Message": "+8613800000000"}}, "Publish")
    assert aws.reason(refused) == "Throttled"
    assert aws.reason(ReadTimeoutError(endpoint_url="https://sns.example")) == "ReadTimeoutError"
    assert aws.reason(ValueError("+8613800000000")) == "ValueError"
