"""The audit packet: checked by a program that has nothing but Python, and by one that somebody meant to deceive."""

import csv
import hashlib
import io
import json
import random
import subprocess
import sys
import tracemalloc
import types
import warnings
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from controls.domain.coverage import Coverage
from controls.inputs import coverage_on
from controls.models import Evidence, Implementation
from controls.services import controls as control_services
from controls.services import mappings as mapping_services
from governance.domain.position import share
from governance.inputs import position_on
from governance.inputs.position import _kept as kept
from governance.models import Deployment
from governance.packet import assembling, state
from governance.packet.asking import BUILD, ask_packet
from governance.packet.assembling import CannotBundle, assemble, verifier_digest, verifier_source
from governance.packet.building import Built, build_packet
from governance.packet.checking import coverage_of
from governance.packet.figures import facts_of, no_control_of
from governance.services import inventory
from governance.services.gaps import recompute_gaps
from office.domain.formulas import LIVE
from office.history import reader_for
from office.models import Job, JournalEvent, JournalHead, Scope
from office.services import jobs, people, records, rights, scopes
from office.services.logins import give_login
from office.services.recording import recording
from office.today import today
from tests.api.caller import Caller
from tests.makers import (
    TODAY,
    make_control,
    make_deployment,
    make_entity,
    make_mapping,
    make_person,
    make_proof,
    make_requirement,
    make_use_case,
)

PASSWORD = "a-long-test-password"
FIXED_DAY = (1980, 1, 1, 0, 0, 0)
POSITIONS = 60


def silent(done: int, total: int, message: str) -> None:
    """Nobody is told."""


def build(target: Path, **over) -> Built:
    told = {"on": today(), "known_on": today(), "pairs": [("law", "rule")], "reader": None, "progress": silent, **over}
    return build_packet(target=target, **told)


@pytest.fixture
def furnished(office, officer, ada):
    """Two entities with deployments, whole, partial and missing coverage, an attested set, and evidence that is a file."""
    law = [make_requirement(f"law.{number}") for number in (1, 2, 3)]
    rule = make_requirement("rule.1", family="rule", owed_by="entity")
    whole, half, other = (make_control(ref, ada) for ref in ("C-1", "C-2", "C-3"))
    pairs = [(whole, law[0], "equal"), (half, law[1], "subset"), (other, law[1], "intersects"), (half, rule, "subset")]
    rows = [make_mapping(control, to, by=ada, relationship=word) for control, to, word in pairs]
    mapping_services.approve(mappings=rows, actor=officer)
    places = make_entity(owner=ada), make_entity("eu-bank", "eu", ada)
    use_case = make_use_case(owner=ada, ref="UC-1")
    for place in places:
        make_deployment(use_case, place)
    for control, scope in ((whole, office.scope), (half, places[0]), (other, places[0])):
        make_proof(control, scope, ada, on=today())
    control_services.add_evidence(
        implementation=Implementation.objects.get(control=whole), title="=1+1, the log", actor=ada,
        valid_from=today(), collected_by=ada, file=ContentFile(b"what the log says", name="log.txt"),
    )  # fmt: skip
    mapping_services.attest(
        requirement=law[1], scope=office.scope, mappings=rows[1:3], reason="Both halves.", actor=officer
    )
    recompute_gaps(on=TODAY, actor=None)
    return {"places": places, "whole": whole}


@pytest.fixture
def packet(furnished, tmp_path) -> Path:
    path = tmp_path / "packet.zip"
    build(path)
    return path


def digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def python(*arguments: str, folder: Path) -> tuple[int, str]:
    """A Python that sees nothing of ours: no site packages, no environment, another folder."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", *arguments], cwd=folder, env={}, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def verifier() -> types.ModuleType:
    """The assembled verifier itself, not the modules that it is made of."""
    module = types.ModuleType("assembled_verifier")
    sys.modules[module.__name__] = module
    exec(compile(verifier_source(), "verify.py", "exec"), module.__dict__)
    return module


def problems_of(verifier, path: Path, digest: str = "") -> list[str]:
    return verifier.verify(path, digest or digest_of(path)).problems


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as box:
        return {name: box.read(name) for name in box.namelist()}


def rewritten(path: Path, parts: dict[str, bytes]) -> Path:
    """Another packet of these parts, whose manifest agrees with them: the work of who knows the format."""
    manifest = json.loads(parts["manifest.json"])
    manifest["files"] = {
        name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in parts.items()
        if name != "manifest.json"
    }
    return packed(path, {**parts, "manifest.json": json.dumps(manifest).encode()})


def packed(path: Path, parts: dict[str, bytes]) -> Path:
    target = path.with_name("other.zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as box:
        for name, content in parts.items():
            box.writestr(name, content)
    return target


@pytest.mark.django_db
def test_the_packet_is_verified_with_nothing_but_python_by_itself_and_by_a_verifier_kept_apart(packet, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "verify.py").write_bytes(verifier_source())
    for command in ([str(packet)], [str(elsewhere / "verify.py"), str(packet)]):
        code, said = python(*command, digest_of(packet), folder=elsewhere)
        assert (code, said.splitlines()[0]) == (0, "Verified: everything holds.")
        assert f"head {JournalHead.objects.get().seq} {JournalHead.objects.get().hash}" in said
        assert "1 of them as files here" in said
        code, said = python(*command, "0" * 64, folder=elsewhere)
        assert (code, said.splitlines()[0]) == (1, "NOT verified. Problems: 1")
    assert python(str(elsewhere / "verify.py"), folder=elsewhere)[0] == 1


@pytest.mark.django_db
def test_the_packet_holds_what_an_auditor_asks_for(packet, furnished):
    parts = contents(packet)
    manifest = json.loads(parts["manifest.json"])
    assert set(manifest["files"]) == set(parts) - {"manifest.json"}
    assert {"README.txt", "__main__.py", "verify.py", "workbooks/crosswalk-law-rule.xlsx", "evidence.csv"} <= set(parts)
    assert {"catalogues/eu-ai-act/2026-07-24.yaml", "catalogues/vocabulary/facts.yaml"} <= set(parts)
    head = JournalHead.objects.get()
    events = [json.loads(line) for line in parts["journal.jsonl"].splitlines()]
    assert len(events) == head.seq + 1
    assert events[-1] == {"head": {"seq": head.seq, "hash": head.hash}}
    requirements = [json.loads(line) for line in parts["catalogues/requirements.jsonl"].splitlines()]
    assert [(row["id"], row["family"], row["force"]) for row in requirements][-1] == ("rule.1", "rule", "LAW")
    rows = list(csv.DictReader(io.StringIO(parts["evidence.csv"].decode("utf-8-sig"))))
    assert [row["in packet"] for row in rows] == ["no", "no", "no", "yes"]
    assert rows[-1]["title"] == "'=1+1, the log"
    assert parts[rows[-1]["file"]] == b"what the log says"
    assert f"Journal head: {head.seq} {head.hash}" in parts["README.txt"].decode()
    assert "Nothing in here is stated as fulfilled" in parts["README.txt"].decode()


@pytest.mark.django_db
def test_the_figures_are_those_of_the_office(packet):
    parts, position = contents(packet), position_on(today(), today())
    totals = json.loads(parts["coverage/totals.json"])
    found = share(position.lines)
    assert totals["whole"] == {
        "lower": found.lower, "upper": found.upper, "applies": found.applies, "may_apply": found.may_apply
    }  # fmt: skip
    assert 0 < found.lower < found.applies, "both kinds are there to be told apart"
    families = {line.family for line in position.lines}
    assert {key: row["applies"] for key, row in totals["families"].items()} == {
        key: share(line for line in position.lines if line.family == key).applies for key in families
    }
    assert set(totals["entities"]) == {"hk-bank", "eu-bank"}
    assert set(totals["markets"]) == {"hk", "eu"}
    lines = [json.loads(line) for line in parts["coverage/lines.jsonl"].splitlines()]
    told = {(row["subject"], row["requirement"]): (row["lower"], row["upper"], row["partial"]) for row in lines}
    assert told == {
        (line.subject, line.requirement): (line.bounds.lower, line.bounds.upper, line.bounds.partial)
        for line in position.lines
    }
    assert ("uc-1-hk-bank", "law.2") in {key for key, bounds in told.items() if bounds[0]}, "by the attested set"
    assert told["hk-bank", "rule.1"] == (0, 0, True)


@pytest.mark.django_db
def test_facts_come_back_from_the_packet_as_they_went_in(furnished):
    coverage = coverage_on(today(), reader_for(today()))
    plain = {name: list(rows) for name, rows in facts_of(coverage).items()}
    again: Coverage = coverage_of(
        json.loads(json.dumps({**plain, "no_control": no_control_of(coverage), "on": today().isoformat()}))
    )
    for name in ("controls", "implementations", "attested", "no_control", "_on"):
        assert getattr(again, name) == getattr(coverage, name), name
    for line in position_on(today(), today()).lines:
        assert set(again.mappings[line.requirement]) == set(coverage.mappings[line.requirement])


@pytest.mark.django_db
def test_the_same_state_and_days_give_the_same_bytes_whoever_asks(packet, officer, tmp_path):
    again = tmp_path / "again.zip"
    built = build(again, reader=officer)
    assert again.read_bytes() == packet.read_bytes()
    assert built.digest == digest_of(packet)
    assert built.manifest_digest == hashlib.sha256(contents(packet)["manifest.json"]).hexdigest()
    assert built.verifier_digest == hashlib.sha256(contents(packet)["verify.py"]).hexdigest() == verifier_digest()
    with zipfile.ZipFile(packet) as box:
        names = box.namelist()
        assert {info.date_time for info in box.infolist()} == {FIXED_DAY}
    assert names == [*sorted(set(names) - {"manifest.json"}), "manifest.json"]


@pytest.mark.django_db
def test_no_single_byte_of_the_file_can_change_unseen(packet, verifier, tmp_path):
    """The zip's own directory is among the places: the last bytes are all of it."""
    right, content = digest_of(packet), packet.read_bytes()
    start = content.rindex(b"PK\x05\x06")
    chance = random.Random(20261125)
    places = [*chance.sample(range(len(content)), POSITIONS), *range(start - 40, start + 22), 0, 4, 8]
    spoiled, crashed = tmp_path / "spoiled.zip", 0
    for at in places:
        spoiled.write_bytes(content[:at] + bytes([content[at] ^ (1 << chance.randrange(8))]) + content[at + 1 :])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            problems = problems_of(verifier, spoiled, right)
        crashed += len(problems) > 1
        assert "not the file whose digest was given" in problems[0], at
    assert crashed, "some of them spoil what is read, too"
    spoiled.write_bytes(content[:-3] + b"\xff" + content[-2:])
    assert python(str(packet.with_name("spoiled.zip")), right, folder=tmp_path)[0] != 0


LOG = "log.txt"


def evidence_file(parts: dict[str, bytes]) -> str:
    return next(name for name in parts if name.startswith("evidence/"))


def in_line(name: str, old: bytes, new: bytes):
    def change(parts: dict[str, bytes]) -> None:
        assert old in parts[name]
        parts[name] = parts[name].replace(old, new, 1)

    return change


def other_evidence(parts: dict[str, bytes]) -> None:
    parts[evidence_file(parts)] = b"what the log ought to say"


def dropped(parts: dict[str, bytes]) -> None:
    del parts[evidence_file(parts)]


def added(parts: dict[str, bytes]) -> None:
    parts["evidence/99-forged.txt"] = b"forged"


LIES = [  # what is changed, how, what is told where only the digest is right, and where the manifest agrees, too
    ("evidence", other_evidence, f"{LOG} is not what the manifest says", f"{LOG} is not the file that was recorded"),
    (
        "line",
        in_line("coverage/lines.jsonl", b'"lower":0,"partial":true', b'"lower":1,"partial":false'),
        "coverage/lines.jsonl is not what the manifest says",
        "is said to have lower, upper, partial = 1, ",
    ),
    (
        "total",
        in_line("coverage/totals.json", b'"lower":1', b'"lower":2'),
        "coverage/totals.json is not what the manifest says",
        "lower is said to be 2; recomputed: 1",
    ),
    (
        "event",
        in_line("journal.jsonl", b'"reason":"test"', b'"reason":"tost"'),
        "journal.jsonl is not what the manifest says",
        "was changed after it was written",
    ),
    (
        "fact",
        in_line("coverage/inputs.json", b'"state":"implemented"', b'"state":"planned"'),
        "coverage/inputs.json is not what the manifest says",
        "coverage/inputs.json: implementation C-1 in office: state is not what the journal says",
    ),
    (
        "list of evidence",
        in_line("evidence.csv", b"the log", b"the lag"),
        "evidence.csv is not what the manifest says",
        "title is not what the journal says",
    ),
    ("dropped file", dropped, "log.txt is missing: the manifest names it", "log.txt is not there"),
    ("added file", added, "forged.txt is not in the manifest", "evidence/99-forged.txt is not in evidence.csv"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "told", "told_all_the_same"), [row[1:] for row in LIES], ids=[row[0] for row in LIES]
)
def test_a_liar_with_a_digest_of_their_own_is_told_by_the_name_of_the_part(
    packet, verifier, change, told, told_all_the_same
):
    parts = contents(packet)
    change(parts)
    assert any(told in sentence for sentence in problems_of(verifier, packed(packet, parts)))
    problems = problems_of(verifier, rewritten(packet, parts))
    assert any(told_all_the_same in sentence for sentence in problems), problems


@pytest.mark.django_db
def test_an_untouched_packet_that_was_packed_anew_has_no_problem(packet, verifier):
    assert problems_of(verifier, rewritten(packet, contents(packet))) == []


@pytest.mark.django_db
def test_a_member_that_stands_twice_is_told_whichever_of_the_two_a_program_would_read(packet, verifier, tmp_path):
    copy = tmp_path / "twice.zip"
    copy.write_bytes(packet.read_bytes())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(copy, "a") as box:
            box.writestr("coverage/totals.json", contents(packet)["coverage/totals.json"])
    assert problems_of(verifier, copy) == ["coverage/totals.json stands in the packet 2 times."]


@pytest.mark.django_db
def test_events_that_were_cut_off_and_lines_that_were_left_out_are_told(packet, verifier):
    parts = contents(packet)
    events = parts["journal.jsonl"].splitlines(keepends=True)
    short = rewritten(packet, {**parts, "journal.jsonl": b"".join([*events[:-2], events[-1]])})
    assert any("events at the end were removed or changed" in told for told in problems_of(verifier, short))
    without_head = rewritten(packet, {**parts, "journal.jsonl": b"".join(events[:-1])})
    assert "journal.jsonl does not end with the head that the manifest names." in problems_of(verifier, without_head)
    lines = parts["coverage/lines.jsonl"].splitlines(keepends=True)
    fewer = rewritten(packet, {**parts, "coverage/lines.jsonl": b"".join(lines[1:])})
    assert any("coverage/totals.json" in told for told in problems_of(verifier, fewer))
    again = rewritten(packet, {**parts, "coverage/lines.jsonl": b"".join([lines[0], *lines])})
    assert any("stands twice" in told for told in problems_of(verifier, again))


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + b"\0" * 18, b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_packet_is_told_and_never_a_traceback(content, tmp_path, verifier):
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    (tmp_path / "verify.py").write_bytes(verifier_source())
    assert problems_of(verifier, path)
    code, said = python(str(tmp_path / "verify.py"), str(path), digest_of(path), folder=tmp_path)
    assert (code, said.startswith("NOT verified")) == (1, True)
    code, said = python(str(tmp_path / "verify.py"), str(tmp_path / "nowhere.zip"), "0", folder=tmp_path)
    assert (code, "cannot be read: No such file" in said) == (1, True)


NONSENSE = (
    b"",
    b"{}\n",
    b'{"head": 7}\n',
    b"[]",
    b"\xff\xfe",
    b"[" * 200_000,
    b"a,b\n1,2\n",
    b'{"n": ' + b"9" * 5000 + b"}",
)
READ = (
    "manifest.json",
    "journal.jsonl",
    "evidence.csv",
    "coverage/inputs.json",
    "coverage/lines.jsonl",
    "coverage/totals.json",
)


@pytest.mark.django_db
def test_a_part_that_makes_no_sense_is_a_sentence(packet, verifier):
    parts = contents(packet)
    for name in READ:
        for content in NONSENSE:
            spoiled = {**parts, name: content}
            other = packed(packet, spoiled) if name == "manifest.json" else rewritten(packet, spoiled)
            assert problems_of(verifier, other), (name, content[:20])


def test_a_bomb_is_refused_by_its_size_before_anything_is_unpacked(tmp_path, verifier, monkeypatch):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as box, box.open("manifest.json", "w") as part:
        for _ in range(20):
            part.write(b"0" * 1_000_000)
    monkeypatch.setattr(verifier, "UNPACKED", 10_000_000)
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *args: pytest.fail("it was unpacked"))
    (told,) = problems_of(verifier, path)
    assert "it is not read further" in told


def test_names_that_lead_out_of_the_packet_and_strange_packing_are_told(tmp_path, verifier):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as box:
        for name in ("../up", "/etc/x", "a/../b", "C:/x"):
            box.writestr(name, b"x")
        box.writestr("bz", b"x", zipfile.ZIP_BZIP2)
    problems = problems_of(verifier, path)
    assert sum("leads out of the packet" in told for told in problems) == 4
    assert "bz is packed in a way that no packet uses." in problems


def test_what_a_terminal_would_act_on_is_not_printed(tmp_path, verifier, capsys):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as box:
        box.writestr("../\x1b[2J", b"x")
    assert verifier.main([str(path), digest_of(path)]) == 1
    assert "\x1b" not in capsys.readouterr().out


def test_the_verifier_is_the_code_of_the_product_and_of_python_alone():
    text = verifier_source().decode()
    for name, names in assembling.PARTS:
        source = (assembling.ROOT / f"{name.replace('.', '/')}.py").read_text(encoding="utf-8")
        body = [line for line in source.splitlines() if line.startswith(("    return", "    if", "def "))]
        assert names or all(line in text for line in body), name
    assert "max(done, key=lambda test: (test.performed_on, not test.passed))" in text, "the product's own arithmetic"
    done = subprocess.run(
        [Path(sys.executable).parent / "ruff", "check", "--isolated", "--select", "F", "-"],
        input=text, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("import django", "m imports django, which is neither bundled nor of Python"),
        ("from office.models import Job", "m imports office.models"),
        ("from . import x", "m imports ., which is neither"),
        ("from n import a as b", "under another name"),
        ("def f():\n    import json", "inside a function or a branch"),
        ("a = 1", "Two modules give a meaning to: a"),
        ("b = missing(a)", "No module gives a meaning to: missing"),
    ],
)
def test_a_module_that_needs_more_than_python_is_not_bundled(text, sentence):
    with pytest.raises(CannotBundle, match=sentence):
        assemble([("n", "a = 0", ()), ("m", text, ())])


def test_only_the_named_pieces_of_a_module_are_taken():
    taken = assemble([("m", "import django\n@len\ndef f():\n    return 1\ndef g(): return django\n", ("f",))]).decode()
    assert "@len\ndef f():\n    return 1" in taken
    assert "django" not in taken
    with pytest.raises(CannotBundle, match="m has no h"):
        assemble([("m", "x = 1", ("h",))])


@pytest.mark.django_db
def test_a_packet_of_an_earlier_day_holds_the_office_of_that_day(tmp_path, monkeypatch, verifier):
    moment = [datetime(2026, 11, 25, 4, tzinfo=UTC)]
    monkeypatch.setattr(timezone, "now", lambda: moment[0])
    scopes.found_office(name="Test office", actor=None)
    ada = make_person("P-ada")
    control = make_control(owner=ada)
    make_mapping(control, make_requirement(), by=ada)
    place = make_entity(owner=ada)
    make_deployment(entity=place)
    row = make_proof(control, place, ada)
    moment[0] += timedelta(days=1)
    control_services.set_implementation(control=control, scope=place, state="planned", actor=ada)
    day, path = date(2026, 11, 25), tmp_path / "then.zip"
    build(path, on=day, known_on=day, pairs=())
    assert problems_of(verifier, path) == []
    assert b'"state":"implemented"' in contents(path)["coverage/inputs.json"]
    build(path, on=day, known_on=moment[0].date(), pairs=())
    assert problems_of(verifier, path) == []
    assert b'"state":"planned"' in contents(path)["coverage/inputs.json"]
    assert row.state == "implemented"


@pytest.fixture
def worsened(tmp_path, monkeypatch) -> tuple[dict[str, bytes], dict[str, bytes], Path]:
    """Packets as known before and after an implementation was taken back two days later, and where the later one lies."""
    moment = [datetime(2026, 11, 23, 4, tzinfo=UTC)]
    monkeypatch.setattr(timezone, "now", lambda: moment[0])
    scopes.found_office(name="Test office", actor=None)
    ada = make_person("P-ada")
    control, place = make_control(owner=ada), make_entity(owner=ada)
    make_mapping(control, make_requirement(), by=ada)
    make_deployment(entity=place)
    make_proof(control, place, ada)
    path, found = tmp_path / "p.zip", []
    moment[0] += timedelta(days=2)
    control_services.set_implementation(control=control, scope=place, state="not_implemented", actor=ada)
    moment[0] += timedelta(days=1)
    for known_on in (date(2026, 11, 23), date(2026, 11, 25)):
        build(path, on=date(2026, 11, 25), known_on=known_on, pairs=())
        found.append(contents(path))
    return found[0], found[1], path


def with_until(parts: dict[str, bytes], until: str | None) -> dict[str, bytes]:
    return {**parts, "manifest.json": json.dumps({**json.loads(parts["manifest.json"]), "until": until}).encode()}


def stale(before: dict[str, bytes], after: dict[str, bytes]) -> dict[str, bytes]:
    """The later packet with the earlier one's figures."""
    return {**after, **{name: part for name, part in before.items() if name.startswith("coverage/")}}


@pytest.mark.django_db
def test_the_state_of_an_earlier_day_is_not_that_of_the_day_that_the_packet_names(worsened, verifier):
    before, after, path = worsened
    assert problems_of(verifier, rewritten(path, after)) == []
    assert any(
        "is not what the journal says" in told for told in problems_of(verifier, rewritten(path, stale(before, after)))
    )
    until = json.loads(before["manifest.json"])["until"]
    (told,) = problems_of(verifier, rewritten(path, with_until(stale(before, after), until)))
    assert (
        told == f"manifest.json: facts are taken until {until}, which is the end of 2026-11-25 in no zone of the world."
    )


@pytest.mark.django_db
def test_facts_are_taken_until_the_end_of_the_day_that_the_packet_names_wherever_the_office_is(worsened, verifier):
    before, after, path = worsened
    for until in (
        "2026-11-24T09:59:59.999999+00:00",
        "2026-11-24T11:59:59.999999+00:00",
        "2026-11-23T09:59:59.999999+00:00",
    ):
        assert problems_of(verifier, rewritten(path, with_until(before, until))) == [], until
    for until in ("2026-11-23T09:44:59.999999+00:00", "2026-11-24T12:14:59.999999+00:00", "2026-11-23T16:03:00+00:00"):
        (told,) = problems_of(verifier, rewritten(path, with_until(before, until)))
        assert "which is the end of 2026-11-23 in no zone of the world" in told, until
    later = stale(after, before)
    (told,) = problems_of(verifier, rewritten(path, with_until(later, None)))
    assert "facts are taken to the end of the journal, which goes on after 2026-11-23" in told
    far = problems_of(verifier, rewritten(path, with_until(later, "2026-12-31T15:59:59.999999+00:00")))
    assert far == ["manifest.json: facts are taken until 2026-12-31T15:59:59.999999+00:00, which is the end of 2026-11-23 in no "
                   "zone of the world."]  # fmt: skip
    assert problems_of(verifier, rewritten(path, with_until(before, "yesterday")))


@pytest.mark.django_db
def test_who_verifies_reads_until_when_facts_were_taken(worsened, verifier):
    _, _, path = worsened
    told = verifier.verify(path, digest_of(path)).told[1]
    assert told.startswith("Facts of the office as they stood at 2026-11-25T15:59:59.999999+00:00, ")
    assert told.endswith("the end of 2026-11-25 in a zone +8 hours from UTC.")


@pytest.mark.django_db
@pytest.mark.parametrize("first", [True, False], ids=["forged first", "forged last"])
@pytest.mark.parametrize(
    ("name", "forged", "told"),
    [
        ("mappings", {"relationship": "equal", "status": "approved"}, "mapping {id} stands 2 times."),
        ("controls", {"evidence_required": False}, "control {ref} stands 2 times."),
        ("implementations", {"state": "implemented"}, "implementation {control} in {scope} stands 2 times."),
    ],
)
def test_a_fact_that_stands_twice_is_told_whichever_of_the_two_is_true(packet, verifier, name, forged, told, first):
    parts = contents(packet)
    inputs = json.loads(parts["coverage/inputs.json"])
    row = inputs[name][0]
    lie = {**row, **forged}
    inputs[name] = [lie, *inputs[name]] if first else [*inputs[name], lie]
    parts["coverage/inputs.json"] = json.dumps(inputs).encode()
    assert f"coverage/inputs.json: {told.format(**row)}" in problems_of(verifier, rewritten(packet, parts))


@pytest.mark.django_db
@pytest.mark.parametrize("first", [True, False], ids=["forged first", "forged last"])
def test_evidence_that_stands_twice_is_told_whichever_of_the_two_is_true(packet, verifier, first):
    parts, forged = contents(packet), b"a forged report"
    head, row, *rest = list(csv.reader(io.StringIO(parts["evidence.csv"].decode("utf-8-sig"))))
    lie = dict(zip(head, row, strict=True)) | {
        "SHA-256": hashlib.sha256(forged).hexdigest(), "in packet": "yes", "file": f"evidence/{row[0]}-report.pdf",
    }  # fmt: skip
    table = io.StringIO()
    both = [list(lie.values()), row] if first else [row, list(lie.values())]
    csv.writer(table).writerows([head, *both, *rest])
    parts |= {"evidence.csv": table.getvalue().encode("utf-8-sig"), lie["file"]: forged}
    assert f"evidence.csv: evidence {row[0]} stands 2 times." in problems_of(verifier, rewritten(packet, parts))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "forged"),
    [
        ("chain", ["uc-1-eu-bank", "eu-bank", "office", "hk-bank"]),
        ("chain", ["uc-1-eu-bank", "office"]),
        ("entity", "hk-bank"),
        ("market", "hk"),
    ],
)
def test_a_subject_that_was_moved_or_whose_scopes_are_others_is_told_by_its_name(packet, verifier, name, forged):
    parts = contents(packet)
    inputs = json.loads(parts["coverage/inputs.json"])
    inputs["subjects"]["uc-1-eu-bank"][name] = forged
    parts["coverage/inputs.json"] = json.dumps(inputs).encode()
    told = f"coverage/inputs.json: subject uc-1-eu-bank: {name} is not what the journal says."
    assert told in problems_of(verifier, rewritten(packet, parts))


@pytest.mark.django_db
def test_the_only_model_of_a_deployment_counts_for_it_and_of_two_neither(furnished, ada, verifier, tmp_path):
    one, two = (
        inventory.add_model(name=name, key=f"m-{name}", accountable=ada, actor=ada, on=TODAY) for name in ("one", "two")
    )
    hong_kong, europe = Deployment.objects.order_by("-scope__key")
    inventory.set_models(deployment=hong_kong, models=[one], actor=None)
    inventory.set_models(deployment=europe, models=[one, two], actor=None)
    path = tmp_path / "p.zip"
    build(path)
    assert problems_of(verifier, path) == []
    subjects = json.loads(contents(path)["coverage/inputs.json"])["subjects"]
    assert subjects["uc-1-hk-bank"]["chain"] == ["uc-1-hk-bank", one.scope.key, "hk-bank", "office"]
    assert subjects["uc-1-eu-bank"]["chain"] == ["uc-1-eu-bank", "eu-bank", "office"]


@pytest.mark.django_db
def test_titles_that_a_spreadsheet_could_take_for_a_formula_are_verified_like_any_other(
    furnished, ada, verifier, tmp_path
):
    place, path = Implementation.objects.first(), tmp_path / "p.zip"
    for sign in LIVE:
        control_services.add_evidence(
            implementation=place,
            title=f"{sign}内部审计报告",
            link="https://x.example/",
            valid_from=TODAY,
            collected_by=ada,
            actor=ada,
        )
    build(path)
    assert problems_of(verifier, path) == []
    titles = [
        row["title"]
        for row in csv.DictReader(io.StringIO(contents(path)["evidence.csv"].decode("utf-8-sig"), newline=""))
    ]
    assert {f"'{sign}内部审计报告" for sign in LIVE if sign.strip()} <= set(titles)
    assert verifier.LIVE == LIVE


@pytest.mark.django_db
def test_evidence_that_is_gone_is_named_and_one_that_was_changed_on_disk_is_not_verified(packet, verifier, tmp_path):
    row = Evidence.objects.exclude(file="").get()
    path = tmp_path / "later.zip"
    Path(row.file.path).write_bytes(b"changed behind the office")
    build(path)
    (told,) = problems_of(verifier, path)
    assert f"evidence/{row.pk}-log.txt is not the file that was recorded as evidence {row.pk}" in told
    Path(row.file.path).unlink()
    assert build(path).missing == (f"evidence/{row.pk}-log.txt",)
    assert problems_of(verifier, path) == []


@pytest.mark.django_db
def test_a_packet_is_of_one_state_or_it_is_not_made(furnished, tmp_path, monkeypatch):
    path, written = tmp_path / "p.zip", []

    def write_meanwhile(done: int, total: int, message: str) -> None:
        if message.startswith("Workbook") and len(written) < 2:
            written.append(make_person(f"P-meanwhile-{len(written)}"))

    build(path, progress=write_meanwhile)
    assert len(written) == 2
    head = JournalHead.objects.get()
    assert json.loads(contents(path)["manifest.json"])["journal"] == {"seq": head.seq, "hash": head.hash}
    monkeypatch.setattr(state, "TRIES", 1)
    written.clear()
    path.unlink()
    with pytest.raises(ValidationError, match="Somebody wrote in the office"):
        build(path, progress=lambda *told: written.append(make_person(f"P-again-{len(written)}")))
    assert list(tmp_path.glob("*.zip*")) == [], "nothing is left lying about"


def more_gaps(furnished, ada, number: int) -> None:
    for at in range(number):
        make_deployment(make_use_case(f"More {at}", ada, ref=f"UC-M{at}"), furnished["places"][0])
    recompute_gaps(on=TODAY, actor=None)


@pytest.mark.django_db
def test_a_packet_takes_as_many_queries_for_many_gaps_as_for_few(furnished, ada, tmp_path):
    def queries() -> int:
        kept.clear()
        with CaptureQueriesContext(connection) as found:
            build(tmp_path / "p.zip")
        return len(found)

    few = queries()
    more_gaps(furnished, ada, 12)
    assert JournalEvent.objects.count() < 2000, "else the journal itself comes in more than one piece"
    assert queries() == few


@pytest.mark.django_db
def test_large_evidence_is_never_whole_in_memory(furnished, ada, tmp_path, verifier):
    size, path = 20_000_000, tmp_path / "large.bin"
    with path.open("wb") as file:
        for _ in range(20):
            file.write(b"\0" * 1_000_000)
    with path.open("rb") as file:
        control_services.add_evidence(
            implementation=Implementation.objects.first(), title="Recording", valid_from=TODAY, collected_by=ada,
            actor=ada, file=File(file, name="large.bin"),
        )  # fmt: skip
    target = tmp_path / "p.zip"
    build(target)
    tracemalloc.start()
    try:
        build(target)
        building = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        assert problems_of_streamed(verifier, target) == []
        verifying = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert target.stat().st_size > size
    assert building < size / 2, building
    assert verifying < size / 2, verifying


def problems_of_streamed(verifier, path: Path) -> list[str]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return verifier.verify(path, digest).problems


@pytest.mark.django_db
def test_the_command_prints_the_digest_and_how_to_verify(furnished, tmp_path, capsys):
    path, verify = tmp_path / "packet.zip", tmp_path / "verify.py"
    call_command("audit_packet", out=str(path), verifier=str(verify), pair=[["law", "rule"]], on="2026-11-26")
    said = capsys.readouterr().out
    assert f"Digest:   {digest_of(path)}" in said
    assert f"python verify.py packet.zip {digest_of(path)}" in said
    assert digest_of(verify) in said
    assert python(str(verify), str(path), digest_of(path), folder=tmp_path)[0] == 0
    assert "workbooks/crosswalk-law-rule.xlsx" in contents(path)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "Say where to write"),
        ({"out": "{}/no/x.zip"}, "cannot be written"),
        ({"out": "{}/x.zip", "pair": [["law", "rul"]]}, "no family or instrument “rul”"),
        ({"out": "{}/x.zip", "pair": [["law", "law"]]}, "needs two frameworks"),
        ({"out": "{}/x.zip", "on": "tomorrow"}, "“tomorrow” is not a day"),
    ],
)
def test_the_command_refuses_in_sentences_and_leaves_no_file(furnished, tmp_path, options, sentence):
    told = {name: value.format(tmp_path) if isinstance(value, str) else value for name, value in options.items()}
    with pytest.raises(CommandError, match=sentence):
        call_command("audit_packet", **told)
    assert list(tmp_path.glob("*.zip*")) == []


def client_of(person) -> Client:
    give_login(person=person, username=person.ref, actor=None, password=PASSWORD)
    client = Client()
    assert client.login(username=person.ref, password=PASSWORD)
    return client


@pytest.mark.django_db
def test_an_auditor_asks_on_the_page_and_finds_the_digest_of_what_is_downloaded(furnished, verifier, tmp_path):
    client = client_of(make_person("P-aud", role="auditor"))
    written = JournalEvent.objects.count()
    page = client.post(reverse("packet"), {"on": "2026-11-26", "known_on": ""})
    job = Job.objects.get(kind=BUILD)
    assert page.headers["location"] == reverse("job", args=[job.pk])
    jobs.run(job_id=job.pk, worker="w", clock=timezone.now)
    job.refresh_from_db()
    assert (job.status, job.progress > 0) == ("done", True), job.message
    assert JournalEvent.objects.count() == written, "a packet writes nothing of the office"
    path = tmp_path / "down.zip"
    path.write_bytes(b"".join(client.get(reverse("job-file", args=[job.pk])).streaming_content))
    assert job.result["digest"] == digest_of(path)
    shown = client.get(reverse("packet")).content.decode()
    assert digest_of(path) in shown
    assert job.result["manifest_digest"] in shown
    assert problems_of(verifier, path) == []
    assert client.get(reverse("packet"), {"verifier": "1"}).content == verifier_source()
    wrong = client.post(reverse("packet"), {"on": "tomorrow"})
    assert (wrong.status_code, Job.objects.filter(kind=BUILD).count()) == (200, 1)


@pytest.mark.django_db
def test_only_who_reads_the_whole_office_has_a_packet(furnished, tmp_path, officer):
    entity = furnished["places"][0]
    refused = [
        make_person("P-none"),
        make_person("P-team", role="team_member"),
        make_person("P-eo", role="officer", scope=entity),
    ]
    for person in refused:
        with pytest.raises(rights.Forbidden):
            build(tmp_path / "p.zip", reader=person)
        with pytest.raises(rights.Forbidden):
            ask_packet(on=TODAY, known_on=TODAY, pairs=(), actor=person, nudge=silent)
    assert not Job.objects.filter(kind=BUILD).exists()
    assert build(tmp_path / "p.zip", reader=officer).files


@pytest.mark.django_db
def test_who_lost_the_role_before_the_work_began_gets_no_file(furnished, officer, office):
    job = ask_packet(on=TODAY, known_on=TODAY, pairs=[("law", "rule")], actor=officer, nudge=silent)
    with recording(actor=None, reason="Left") as pen:
        pen.delete(officer.memberships.get())
    jobs.run(job_id=job.pk, worker="w", clock=timezone.now)
    job.refresh_from_db()
    assert (job.status, bool(job.file)) == ("failed", False)
    assert "cannot have an audit packet" in job.message
    assert Scope.objects.filter(kind="office").exists()


@pytest.mark.django_db
def test_who_lost_the_role_after_the_packet_was_made_cannot_have_it_any_more(furnished, officer):
    auditor = make_person("P-aud", role="auditor")
    portal, program = client_of(auditor), Caller(auditor, "read")
    job = ask_packet(on=TODAY, known_on=TODAY, pairs=[("law", "rule")], actor=auditor, nudge=silent)
    jobs.run(job_id=job.pk, worker="w", clock=timezone.now)
    page, file = reverse("job", args=[job.pk]), reverse("job-file", args=[job.pk])
    assert "Download the result" in portal.get(page).content.decode()
    for door, address in ((portal, file), (program, f"jobs/{job.pk}/download/")):
        assert b"".join(door.get(address).streaming_content).startswith(b"PK")
    records.delete_record(row=auditor.memberships.get(), actor=officer)
    people.grant(person=auditor, role="team_member", scope=furnished["places"][0], actor=officer)
    assert "Download the result" not in portal.get(page).content.decode()
    assert [portal.get(file).status_code, program.get(f"jobs/{job.pk}/download/").status_code] == [403, 403]
    assert b"".join(client_of(officer).get(file).streaming_content).startswith(b"PK")


@pytest.mark.django_db
def test_cancel_is_offered_to_who_may_cancel(furnished, officer):
    job = ask_packet(on=TODAY, known_on=TODAY, pairs=(), actor=make_person("P-lead", role="leader"), nudge=silent)
    page, auditor = reverse("job", args=[job.pk]), make_person("P-aud", role="auditor")
    own = ask_packet(on=TODAY, known_on=TODAY, pairs=(), actor=auditor, nudge=silent)
    reader = client_of(auditor)
    assert ">Cancel<" in client_of(officer).get(page).content.decode()
    assert ">Cancel<" not in reader.get(page).content.decode()
    assert reader.post(reverse("cancel-job", args=[job.pk])).status_code == 403
    assert ">Cancel<" in reader.get(reverse("job", args=[own.pk])).content.decode()
