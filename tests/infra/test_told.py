"""What a deployment is told by variables that hold secrets."""

import json

import pytest

from infra.changes import DeployError
from infra.told import read_json

KEY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"


@pytest.mark.parametrize("form", [f"'{json.dumps({'key': KEY})}'", KEY, f'"{KEY}"', KEY * 20, f"-----BEGIN\n{KEY}"])
def test_a_secret_in_a_wrong_form_is_not_taken_for_the_name_of_a_file_and_said(form):
    with pytest.raises(DeployError) as refused:
        read_json("ALIPAY_CONFIG", form)
    assert str(refused.value).startswith("ALIPAY_CONFIG: neither JSON nor a file's name: ")
    assert KEY not in str(refused.value)
