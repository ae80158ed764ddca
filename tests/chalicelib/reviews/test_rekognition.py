"""What is sent to Amazon Rekognition, by its own description of the call, and what becomes of its answers."""

import botocore.session
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from chalicelib.kit import aws
from chalicelib.reviews.gateways.rekognition import NobodyLooks, RekognitionClassifier
from chalicelib.reviews.media_ports import ClassifierDown

JPEG = b"\xff\xd8\xff\xe0"
ASKED = {"Image": {"Bytes": JPEG}, "MinConfidence": 70.0}


@pytest.fixture(scope="module")
def client():
    return botocore.session.get_session().create_client(
        "rekognition", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}),
    )  # fmt: skip


@pytest.fixture
def rekognition(client, monkeypatch):
    monkeypatch.setattr(aws, "client", lambda service: {"rekognition": client}[service])
    monkeypatch.setattr(aws, "_silent", {})
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def test_top_categories_are_told(rekognition):
    rows = [
        {"Name": "Violence", "ParentName": "", "TaxonomyLevel": 1, "Confidence": 91.0},
        {"Name": "Graphic Violence", "ParentName": "Violence", "TaxonomyLevel": 2, "Confidence": 91.0},
        {"Name": "Drugs & Tobacco", "ParentName": "", "TaxonomyLevel": 1, "Confidence": 75.0},
    ]
    rekognition.add_response("detect_moderation_labels", {"ModerationLabels": rows}, ASKED)
    assert RekognitionClassifier().labels(JPEG) == ("drugs-tobacco", "violence")


def test_a_harmless_one_has_none(rekognition):
    rekognition.add_response("detect_moderation_labels", {"ModerationLabels": []}, ASKED)
    assert RekognitionClassifier().labels(JPEG) == ()


def test_what_it_refuses_somebody_looks_at(rekognition):
    rekognition.add_client_error("detect_moderation_labels", "ImageTooLargeException", http_status_code=400)
    assert RekognitionClassifier().labels(JPEG) == ("unread",)


@pytest.mark.parametrize(("code", "status"), [("ThrottlingException", 400), ("InternalServerError", 500)])
def test_what_passes_comes_again(rekognition, code, status):
    rekognition.add_client_error("detect_moderation_labels", code, http_status_code=status)
    with pytest.raises(ClassifierDown):
        RekognitionClassifier().labels(JPEG)


def test_without_one_nobody_is_asked():
    assert NobodyLooks().labels(JPEG) == ()
