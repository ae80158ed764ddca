import io
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from infra import releases
from infra.changes import DeployError
from infra.releases import KEPT, Release, Releases, commit, moment, previous

NOW = datetime(2026, 11, 27, 10, 15, 0, 123_456, tzinfo=UTC)


class Bucket:
    """What S3 does with a bucket, as far as it is used."""

    def __init__(self):
        self.objects = {}

    def put_object(self, Bucket, Key, Body, ContentType, at=NOW):  # noqa: N803 - AWS's names
        self.objects[Key] = (Body, at)

    def get_object(self, Bucket, Key):  # noqa: N803
        return {"Body": io.BytesIO(self.objects[Key][0])}

    def delete_object(self, Bucket, Key):  # noqa: N803
        del self.objects[Key]

    def get_paginator(self, _name):
        return self

    def paginate(self, Bucket, Prefix):  # noqa: N803
        rows = [{"Key": key, "LastModified": at} for key, (_, at) in self.objects.items() if key.startswith(Prefix)]
        return [{"Contents": rows[:1]}, {"Contents": rows[1:]}, {}]


@pytest.fixture
def bucket():
    return Bucket()


@pytest.fixture
def records(bucket):
    return Releases(bucket, "packages")


def release(id_, replaced="", returned_to="", state="proved"):
    return Release(
        id=id_, package=f"packages/{id_}.zip", template=f"templates/{id_}.json",
        replaced=replaced, returned_to=returned_to, state=state,
    )  # fmt: skip


def test_moments_sort_by_time():
    ids = [moment(NOW + timedelta(milliseconds=one)) for one in (0, 1, 999, 86_400_000)]
    assert ids[0] == "20261127T101500.123Z"
    assert ids == sorted(ids)


def test_records_are_read_newest_first_and_marked(records):
    for id_ in ("1", "3", "2"):
        records.write(release(id_, state="deployed"))
    assert [one.id for one in records.all()] == ["3", "2", "1"]
    records.mark(records.all()[1], "failed")
    assert [one.state for one in records.all()] == ["deployed", "failed", "deployed"]


def test_a_later_versions_record_is_read():
    assert Release.of(b'{"id": "1", "package": "p", "template": "t", "mood": "good"}') == Release("1", "p", "t")


def test_going_back_follows_what_really_ran():
    first, second = release("1"), release("2", replaced="1")
    failed = release("3", replaced="2", state="failed")
    taken_back = release("4", replaced="3", returned_to="2")
    assert previous([second, first]).id == "1"
    assert previous([taken_back, failed, second, first]).id == "1", "not the one that failed, nor itself"
    third = release("5", replaced=taken_back.effective)
    assert previous([third, taken_back, failed, second, first]).id == "2"
    back = release("6", replaced="5", returned_to="2")
    assert previous([back, third, taken_back, failed, second, first]).id == "1", "once more goes further"
    assert previous([third, second, first], "1").id == "1"


@pytest.mark.parametrize(
    ("there", "wanted", "said"),
    [
        ([], "", "no deployment is recorded"),
        ([release("1")], "", "1 is the oldest release"),
        ([release("2", replaced="1")], "", "2 is the oldest release that is kept"),
        ([release("2"), release("1")], "7", "no release 7; there are 2, 1"),
        ([release("2"), release("1")], "2", "release 2 is what runs"),
    ],
)
def test_where_there_is_nothing_to_go_back_to(there, wanted, said):
    with pytest.raises(DeployError, match=said):
        previous(there, wanted)


def test_old_records_go_with_what_they_alone_name(records, bucket):
    old = NOW - timedelta(days=30)
    runs = release("00", state="proved")
    for one in [runs, *(release(f"{number:02}") for number in range(1, KEPT + 2))]:
        records.write(one)
    records.write(release("99", returned_to="00"))
    for name in ("00", "01", "02", "21", "99"):
        bucket.put_object("b", f"packages/{name}.zip", b"", "", at=old)
        bucket.put_object("b", f"templates/{name}.json", b"", "", at=old)
    bucket.put_object("b", "packages/begun.zip", b"", "", at=NOW)
    bucket.put_object("b", "packages/left.zip", b"", "", at=old)
    gone = records.prune(NOW)
    assert set(gone) == {
        "releases/01.json", "releases/02.json", "packages/01.zip", "packages/02.zip", "templates/01.json",
        "templates/02.json", "packages/left.zip",
    }  # fmt: skip
    assert {"packages/00.zip", "packages/21.zip", "packages/begun.zip", "releases/00.json"} <= set(bucket.objects)
    assert records.prune(NOW) == []


def test_commit_tells_changes(tmp_path):
    assert commit(tmp_path) == ""
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "x"]):
        author = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
        subprocess.run(["git", *author, *words], cwd=tmp_path, check=True)
    clean = commit(tmp_path)
    assert len(clean) == 12
    (tmp_path / "new").write_text("")
    subprocess.run(["git", "add", "new"], cwd=tmp_path, check=True)
    assert commit(tmp_path) == f"{clean}+"


def test_commit_without_git(tmp_path, monkeypatch):
    monkeypatch.setattr(releases.subprocess, "run", lambda *_a, **_k: (_ for _ in ()).throw(FileNotFoundError()))
    assert commit(tmp_path) == ""
