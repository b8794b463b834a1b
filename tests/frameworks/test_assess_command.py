"""`assess` reads facts and writes duties, and says what is wrong with what it cannot read."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from tests.frameworks.test_examples import EXAMPLES

pytestmark = pytest.mark.django_db


def run(monkeypatch, capsys, text, *options):
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    call_command("assess", "-", *options)
    return capsys.readouterr()


def test_one_object_gives_one_line_with_its_id(monkeypatch, capsys):
    case = {"id": "x", "on": "2026-11-22", "facts": {"use_case.is_ai_system": True}}
    out = run(monkeypatch, capsys, json.dumps(case, indent=1))
    (line,) = out.out.splitlines()
    answer = json.loads(line)
    assert (answer["id"], answer["on"], answer["known_on"]) == ("x", "2026-11-22", "2026-11-22")
    assert len(answer["duties"]) == 615
    assert set(answer["duties"][0]) == {
        "id", "framework", "citation", "status", "applies_from", "timing", "missing_facts", "because",
    }  # fmt: skip
    assert "shipped files are used" in out.err


def test_lines_are_answered_in_order(monkeypatch, capsys):
    lines = [json.dumps({key: example[key] for key in ("id", "on", "facts")}) for example in EXAMPLES[:3]]
    out = run(monkeypatch, capsys, "\n".join(lines)).out
    assert [json.loads(line)["id"] for line in out.splitlines()] == [example["id"] for example in EXAMPLES[:3]]


def test_loaded_catalogues_answer_like_the_files(monkeypatch, capsys):
    case = json.dumps({key: EXAMPLES[0][key] for key in ("id", "on", "facts")})
    files = run(monkeypatch, capsys, case).out
    call_command("load_catalogues")
    capsys.readouterr()
    loaded = run(monkeypatch, capsys, case)
    by_id = lambda text: {duty["id"]: duty for duty in json.loads(text)["duties"]}  # noqa: E731
    assert by_id(loaded.out) == by_id(files)
    assert loaded.err == ""


def test_the_law_of_another_day_can_be_asked_for(monkeypatch, capsys):
    credit = next(example for example in EXAMPLES if example["id"] == "eu-bank-credit-new-after-date")
    case = json.dumps({"id": "c", "facts": credit["facts"]})
    early = json.loads(run(monkeypatch, capsys, case, "--on", "2026-11-22", "--known-on", "2026-07-23").out)
    assert next(d for d in early["duties"] if d["id"] == "eu-ai-act.art-26-1")["applies_from"] == "2026-08-02"


def test_the_table_shows_what_applies_and_what_may(monkeypatch, capsys):
    out = run(monkeypatch, capsys, json.dumps(EXAMPLES[0]), "--format", "table").out
    (line,) = [line for line in out.splitlines() if " eu-ai-act.art-9-1 " in line]
    assert line.split()[:3] == ["applies", "2027-12-02", "upcoming"]
    assert "not_applicable" not in out


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"facts": {"use_case.is_ai_sistem": true}}', "use_case.is_ai_system"),
        ('{"facts": {"use_case.is_ai_system": "maybe"}}', "use_case.is_ai_system"),
        ('{"facts": {"use_case.markets": ["mars"]}}', "eu, cn, hk, us, other"),
        ("{", "is not JSON"),
        ('{"id": "a"}\n{', "line 2 is not JSON"),
        ("[]", "is not an object like"),
        ('{"facts": {}, "flows": {}}', "`flows` is not a list"),
        ('{"on": "soon"}', "“soon” is not a day"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_remedy(monkeypatch, capsys, text, sentence):
    with pytest.raises(CommandError) as caught:
        run(monkeypatch, capsys, text)
    assert sentence in str(caught.value)


def test_a_missing_file_is_named():
    with pytest.raises(CommandError, match="nowhere.json cannot be read"):
        call_command("assess", "nowhere.json")
