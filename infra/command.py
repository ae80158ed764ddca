"""What the commands over a deployed stage share: which stage, and one line where something cannot be done."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace

from botocore.exceptions import BotoCoreError, ClientError

from infra import command_line
from infra.changes import DeployError
from infra.local.addresses import Addresses, home_folder
from infra.local.processes import LocalError
from infra.restore import stage
from infra.targets import Target

LOCAL = "local"


def common(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add what says which stage is meant, and return the parser."""
    parser.add_argument("--stage", required=True, help="prod, dev, ...; local: the stack that runs on this machine")
    parser.add_argument("--region", required=True, help="for example ap-southeast-1")
    return parser


def local(region: str) -> Target:
    """Return the target of the stack that `make run` keeps up, in a region of its emulator.

    Raises:
        LocalError: none runs.
    """
    return replace(stage.local(running()), region=region)


def running() -> Addresses:
    """Return the addresses of the stack that `make run` keeps up.

    Raises:
        LocalError: none runs.
    """
    return Addresses.read(home_folder())


def target_of(options: argparse.Namespace) -> Target:
    """Return the stage that a command line names: in the operator's account, or on this machine.

    Raises:
        DeployError: there is no such stage or region.
        LocalError: the local stack does not run.
    """
    if options.stage == LOCAL:
        return local(options.region)
    return command_line.target_of(options)


def run(name: str, work: Callable[[], int], *, failed: int = 1) -> int:
    """Do a command's work and return its exit code; what cannot be done is one line on stderr, and `failed`."""
    try:
        return work()
    except (DeployError, LocalError) as error:
        said = str(error)
    except ClientError as error:
        said = f"AWS refuses: {' '.join(str(error).split())}"
    except BotoCoreError as error:
        said = f"AWS cannot be asked: {' '.join(str(error).split())}"
    except KeyboardInterrupt:
        said = "stopped; CloudFormation finishes or rolls back what it has begun"
    print(f"{name}: {said}", file=sys.stderr)
    return failed
