"""The scans' own parts; the tools themselves run by `make scans`."""

import yaml

from infra import scans
from infra.targets import ROOT

RULES = {rule["id"]: rule for rule in yaml.safe_load((ROOT / scans.RULES).read_text())["rules"]}
TEXT = (ROOT / scans.PLANTED).read_text()


def test_each_rule_has_something_planted_and_something_like_it_that_is_right():
    assert {rule for rule, _ in scans.expected(TEXT)} == set(RULES)
    for rule in RULES:
        assert f"# ok: {rule}\n" in TEXT or rule == "requests-outside-gateways", rule


def test_what_is_planted_is_on_the_line_after_its_comment():
    assert scans.expected("a\n  # ruleid: one-rule\nb\n# ruleid: two\nc # ruleid: no\n") == {
        ("one-rule", 3),
        ("two", 5),
    }


def test_each_skip_has_a_reason():
    known = scans.skips()
    assert set(known) == set(scans.TOOLS)
    for rows in known.values():
        assert all(len(reason) > 30 for reason in rows.values())


def test_environments_are_pinned_by_hash():
    for tool in scans.TOOLS:
        text = (ROOT / "tests" / "scans" / f"{tool}.txt").read_text()
        assert f"\n{tool}==" in text
        assert text.count("--hash=sha256:") > text.count("==")


class Tools:
    """Stands for both tools: says what they found."""

    def __init__(self, planted, found, failed):
        self.planted, self.found, self.failed = planted, found, failed

    def __call__(self, command):
        if "checkov.main" in command:
            rows = [{"check_id": one, "check_name": "about", "resource": "Topic"} for one in self.failed]
            return {"summary": {"passed": 5, "parsing_errors": 0}, "results": {"failed_checks": rows}}
        rows = self.planted if str(scans.PLANTED) in command else self.found
        results = [{"check_id": f"tests.{rule}", "start": {"line": line}, "path": path} for rule, line, path in rows]
        return {"errors": [], "results": results, "paths": {"scanned": ["a", "b"]}}


def run(monkeypatch, planted, found=(), failed=(), skips=None):
    monkeypatch.setattr(scans, "make", lambda _environment: None)
    monkeypatch.setattr(scans, "templates", lambda _target: {"app.json": {}})
    monkeypatch.setattr(scans, "skips", lambda: skips or {"semgrep": {}, "checkov": {}})
    monkeypatch.setattr(scans, "_run", Tools(planted, found, failed))
    return scans.main()


ALL = [(rule, line, str(scans.PLANTED)) for rule, line in scans.expected(TEXT)]


def test_nothing_found_is_one_line_of_counts(monkeypatch, capsys):
    assert run(monkeypatch, ALL) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("scans: 0 findings (12 rules, ")


def test_a_rule_that_finds_no_more_what_was_planted_is_a_finding(monkeypatch, capsys):
    assert run(monkeypatch, ALL[1:]) == 1
    assert f"{ALL[0][0]} was planted and not found" in capsys.readouterr().out
    assert run(monkeypatch, [*ALL, ("shell", 1, str(scans.PLANTED))]) == 1
    assert "shell was found and is right" in capsys.readouterr().out


def test_findings_are_told_unless_there_is_a_reason_and_reasons_unless_there_is_a_finding(monkeypatch, capsys):
    found, failed = [("shell", 7, "infra/x.py")], ["CKV_1"]
    assert run(monkeypatch, ALL, found, failed) == 1
    shown = capsys.readouterr().out
    assert "infra/x.py:7: shell" in shown
    assert "Topic: CKV_1 about" in shown
    why = {"semgrep": {"shell infra/x.py": "because"}, "checkov": {"CKV_1": "because"}}
    assert run(monkeypatch, ALL, found, failed, why) == 0
    assert "2 left" not in capsys.readouterr().out
    assert run(monkeypatch, ALL, [], [], why) == 1
    assert capsys.readouterr().out.count("nothing needs") == 2
