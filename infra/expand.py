"""SAM templates become plain CloudFormation on this machine, so that what is checked is what is deployed."""

from typing import Any

import boto3
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from infra.template_app import TemplateError


def expand(template: dict[str, Any], region: str) -> dict[str, Any]:
    """Return the CloudFormation template that AWS would make of a SAM template in `region`.

    Raises:
        TemplateError: says everything that SAM finds wrong, on one line.
    """
    session = boto3.Session(region_name=region)
    translator = Translator({}, Parser(), boto_session=session)
    try:
        # CloudFormation fills in the parameters; SAM may leave references to them as they are.
        expanded: dict[str, Any] = translator.translate(template, {})
    except InvalidDocumentException as error:
        raise TemplateError("; ".join(cause.message for cause in error.causes)) from error
    finally:
        translator.metrics.publish()  # to nobody; else it complains on the terminal when the process ends
    return expanded
