"""dynamodbgeo from PyPI, a port of Amazon's own library, on an emulator. It has no k nearest: its radius is doubled."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.search.data import Place
from benchmarks.search.questions import Question, Ranked
from chalicelib.search import cards as codec
from chalicelib.search.ports import Card
from infra.local.environments import ROOT, make, virtual_environment

HASH_KEY_LENGTH = 5  # digits: of 3 to 6 the one that costs least for 20 shops of a city
_HERE = Path(__file__).parent


def run(
    endpoint: str, some: Sequence[Card], question: Question, places: Sequence[Place], right: Sequence[Ranked]
) -> dict[str, float]:
    """Return how many answers are wrong, and queries and read units of a search on average."""
    folder = ROOT / ".local" / "dynamodbgeo-venv"
    make(virtual_environment("dynamodbgeo", folder, [_HERE / "dynamodbgeo_requirements.txt"]))
    job = {
        "endpoint": endpoint,
        "table": f"geo-{abs(hash((question.name, len(some))))}",
        "hash_key_length": HASH_KEY_LENGTH,
        "shops": [[card.shop_id, card.lat, card.lon, codec.pack(card)] for card in some],
        "searches": [[place.lat, place.lon, question.radius, question.most] for place in places],
    }
    command = [str(folder / "bin" / "python"), str(_HERE / "dynamodbgeo_worker.py")]
    done = subprocess.run(command, input=json.dumps(job), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(done.stderr[-2000:])
        raise RuntimeError("dynamodbgeo failed")
    answers = json.loads(done.stdout)
    expected = [[one[1] for one in question.answer(near)] for near in right]
    wrong = sum(found != ids for (found, _, _), ids in zip(answers, expected, strict=True))
    number = len(answers)
    return {
        "searches": number,
        "wrong": wrong,
        "queries": sum(queries for _, queries, _ in answers) / number,
        "units": sum(spent for _, _, spent in answers) / number,
    }
