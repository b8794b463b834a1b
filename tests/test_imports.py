"""Sheets out and in: templates, plans with before and after, refused rows back, exactly the plan that was shown."""

import csv
import html
import io
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from python_calamine import load_workbook

from controls.models import Control, ControlMapping, Evidence, Implementation
from governance.models import UseCase
from office import importing
from office.domain.plans import RowPlan, Verdict, make_plan
from office.models import Job, JournalBatch, JournalEvent, Person, Upload
from office.resource_base import resource_of, resources
from office.services import jobs, uploads
from office.services.imports import refuse_unless_shown
from office.services.logins import give_login
from office.spreadsheet import Sheet, cut, write_xlsx
from office.tables import read_table
from tests.makers import (
    make_control,
    make_direct,
    make_entity,
    make_implementation,
    make_mapping,
    make_person,
    make_proof,
    make_requirement,
    make_use_case,
)

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 25)


def sheet(*rows: str) -> bytes:
    """CSV with a bar between the cells."""
    target = io.StringIO()
    csv.writer(target).writerows(row.split("|") for row in rows)
    return target.getvalue().encode()


def bring(officer, *rows: str, noun: str = "", name: str = "file.csv") -> Upload:
    return importing.bring(content=sheet(*rows), name=name, noun=noun, actor=officer, nudge=lambda pk: None)


def verdicts(upload: Upload) -> dict[str, str]:
    return {row["key"]: row["verdict"] for row in upload.plan}


def problems(upload: Upload) -> list[str]:
    return [sentence for row in upload.plan for sentence in row["problems"]]


def apply(upload: Upload, **over) -> Upload:
    told = {"digest": upload.digest, "leave_out_refused": False, "actor": upload.person, "nudge": lambda pk: None}
    return importing.ask_apply(upload=upload, **{**told, **over})


@pytest.fixture
def mapped(officer):
    control, requirement = make_control(), make_requirement()
    return make_mapping(control, requirement, by=officer)


def test_a_plan_says_new_changed_cell_by_cell_unchanged_and_refused_and_writes_nothing(officer, mapped):
    make_control("C-2")
    make_mapping(make_control("C-3"), make_requirement("law.2"), by=officer)
    events = JournalEvent.objects.count()
    upload = bring(
        officer,
        "control|requirement|relationship|rationale|strength",
        "C-1|law.1|subset|The control holds all that is asked.|8",
        "C-3|law.2|superset|The control holds all that is asked.|8",
        "C-2|law.1|equal|Same.|5",
        "C-4|law.1|equal|Same.|5",
        "C-2|law.2|same|Same.|11",
        "C-2|law.1|equal|Again.|5",
    )
    assert upload.noun == "mappings", "recognised by its headings"
    assert upload.totals == {"new": 1, "changed": 1, "unchanged": 1, "refused": 3}
    changed = next(row for row in upload.plan if row["verdict"] == "changed")
    assert changed["cells"] == [{"column": "relationship", "before": "superset", "after": "subset"}]
    assert {row["number"]: row["problems"] for row in upload.plan if row["problems"]} == {
        5: ['Column “control”: there is no control “C-4”. Did you mean "C-3"?'],
        6: ["Column “relationship”: “same” is not one of: equal, superset, subset, intersects, no_relationship."],
        7: ["The same row stands in row 4 already."],
    }
    assert JournalEvent.objects.count() == events


def test_exactly_the_plan_that_was_shown_is_applied_and_the_mappings_stand_proposed_in_the_importers_name(
    officer, mapped
):
    make_control("C-2")
    upload = bring(
        officer, "control|requirement|relationship|rationale", "C-1|law.1|subset|Less.", "C-2|law.1|equal|Same."
    )
    with pytest.raises(ValidationError, match="is not that of the plan"):
        apply(upload, digest="0" * 64)
    apply(upload)
    rows = {row.control.ref: row for row in ControlMapping.objects.all()}
    assert (rows["C-1"].relationship, rows["C-1"].rationale, rows["C-1"].strength) == ("subset", "Less.", 8)
    assert [(row.status, row.proposed_by) for row in rows.values()] == [("proposed", officer)] * 2
    batch = JournalBatch.objects.latest("pk")
    assert (batch.reason, batch.events.count()) == (f"Imported mappings: {upload.digest[:16]}", 2)
    with pytest.raises(ValidationError, match="is applied"):
        apply(upload)


def test_a_plan_that_no_longer_holds_is_not_applied_and_the_new_one_is_shown(officer, mapped):
    upload = bring(officer, "control|requirement|strength", "C-1|law.1|3")
    old = upload.digest
    mapped.strength = 9
    mapped.save()
    with pytest.raises(ValidationError, match="has changed since this plan was shown"):
        apply(upload)
    upload.refresh_from_db()
    assert (upload.status, upload.digest != old) == ("shown", True)
    assert upload.plan[0]["cells"] == [{"column": "strength", "before": "9", "after": "3"}]
    assert "nothing was written" in upload.message
    apply(upload)
    assert ControlMapping.objects.get().strength == 3


def test_refused_rows_are_left_out_only_where_somebody_says_so_and_come_back_as_a_file(officer, mapped):
    make_control("C-2")
    upload = bring(officer, "control|requirement|relationship", "C-2|law.1|equal", "C-9|law.1|equal", "C-8|law.1|equal")
    with pytest.raises(ValidationError, match=r"2 row\(s\) are refused"):
        apply(upload)
    target = io.BytesIO()
    write_xlsx(target, [importing.refused_sheet(upload)], title="t", author="a")
    back = load_workbook(io.BytesIO(target.getvalue())).get_sheet_by_index(0).to_python()
    assert back[0] == ["control", "requirement", "relationship", "what is wrong"]
    assert [row[0] for row in back[1:]] == ["C-9", "C-8"]
    assert "there is no control “C-9”" in back[1][3]
    apply(upload, leave_out_refused=True)
    assert ControlMapping.objects.filter(control__ref="C-2").exists()
    make_control("C-9")
    again = importing.bring(content=target.getvalue(), name="r.xlsx", noun="", actor=officer, nudge=lambda pk: None)
    assert verdicts(again) == {"C-8 · law.1": "refused", "C-9 · law.1": "new"}, "mended and brought again"


def test_what_is_only_shown_is_refused_when_somebody_changes_it(officer, mapped):
    upload = bring(officer, "control|requirement|status", "C-1|law.1|approved")
    assert problems(upload) == [
        "Column “status” is shown, not written here; it stands at “proposed”. Approve or reject in the office."
    ]
    make_control("C-2")
    upload = bring(officer, "control|requirement|status", "C-2|law.1|approved")
    assert "leave it empty in a new row" in problems(upload)[0]


@pytest.mark.parametrize("noun", ["persons", "controls", "mappings", "implementations", "evidence", "use-cases"])
def test_what_goes_out_comes_back_unchanged_as_workbook_and_as_csv(officer, ada, mapped, noun, tmp_path):
    scope = make_entity(owner=ada)
    make_proof(mapped.control, scope, ada, valid_until=date(2027, 1, 31))
    make_use_case("Scoring", ada)
    live = Person.objects.get(ref="P-ada")
    live.title = "=HYPERLINK(1)"
    live.save()
    for kind in ("xlsx", "csv"):
        path = tmp_path / f"out.{kind}"
        rows = importing.write_export(noun=noun, kind=kind, reader=officer, target=path)
        assert rows > 0
        upload = importing.bring(
            content=path.read_bytes(), name=path.name, noun="", actor=officer, nudge=lambda pk: None
        )
        assert (upload.noun, upload.totals) == (noun, {"new": 0, "changed": 0, "unchanged": rows, "refused": 0}), (
            upload.plan
        )


def test_people_are_brought_with_their_own_rules(officer, ada):
    make_entity(owner=ada)
    upload = bring(
        officer,
        "ref|name|e-mail|job title|active",
        "P-ada|Ada Lovelace|ada@example.com|Head|no",
        "P-new|New One|ADA@example.com||yes",
        "P-two|Two|two@example.com||perhaps",
        "P-thr|Three|no-mail||yes",
        "P-fou||four@example.com||yes",
        "P five|Five|||yes",
        "P-six|Six|six@example.com|Clerk|yes",
    )
    told = {row["key"]: row["problems"] for row in upload.plan}
    assert told["P-ada"] == ["Ada Lovelace holds 1 seat(s). Hand them over first, then deactivate the person."]
    assert told["P-new"] == [
        "Column “e-mail”: This e-mail belongs to another person; a shared mailbox answers for nothing."
    ]
    assert told["P-two"] == ["Column “active”: “perhaps” is neither yes nor no."]
    assert told["P-thr"] == ["Column “e-mail”: Enter a valid email address."]
    assert told["P-fou"] == ["Column “name” is empty; it is needed."]
    assert "Column “ref”" in told["P five"][0]
    apply(upload, leave_out_refused=True)
    assert Person.objects.get(ref="P-six").title == "Clerk"


def test_a_new_control_gets_a_seat_and_changed_words_send_approvals_to_re_review(officer, mapped):
    other = make_person("P-two", role="officer")
    from controls.services.mappings import approve

    approve(mappings=[mapped], actor=other)
    upload = bring(
        officer,
        "ref|title|theme|status|objective|evidence required|specific|test every days",
        "C-1|Control C-1|governance|draft|Do something else.|yes|no|365",
        "C-7|New|data|draft|Do it.|yes|no|30.5",
        "C-8|New|data|active|Do it.|yes|no|",
        "C-9|New|Data|draft|Do it.|yes|no|30",
    )
    assert verdicts(upload) == {"C-7": "refused", "C-8": "refused", "C-1": "changed", "C-9": "new"}
    assert "is not a whole number" in problems(upload)[0]
    apply(upload, leave_out_refused=True)
    assert Control.objects.get(ref="C-9").seat.title == "Control C-9 New"
    assert ControlMapping.objects.get().status == "re_review"


def test_a_use_case_is_born_with_who_answers_for_it_and_afterwards_the_seat_moves_elsewhere(officer, ada):
    upload = bring(
        officer,
        "ref|title|purpose|status|accountable",
        "UC-1|Triage|Sorts claims.|active|P-ada",
        "UC-2|Other|Does.|active|",
        "UC-3|Third|Does.|draft|",
    )
    assert verdicts(upload) == {"UC-2": "refused", "UC-1": "new", "UC-3": "new"}
    assert "needs an accountable person" in problems(upload)[0]
    apply(upload, leave_out_refused=True)
    case = UseCase.objects.get(ref="UC-1")
    assert (case.seat.holder, case.registered_by) == (ada, officer)
    upload = bring(officer, "ref|title|accountable", "UC-1|Triage|P-off")
    assert problems(upload) == [
        "Column “accountable” is shown, not written here; it stands at “P-ada”. Seats move by a handover."
    ]


def test_evidence_needs_its_implementation_and_days_in_order(officer, ada, mapped):
    make_implementation(mapped.control, make_entity(owner=ada))
    upload = bring(
        officer,
        "control|scope|title|valid from|valid until|collected by",
        "C-1|hk-bank|Log|2026-11-01|2027-11-01|P-ada",
        "C-1|office|Log|2026-11-01||P-ada",
        "C-1|hk-bank|Minutes|2026-11-01|2026-10-01|P-ada",
        "C-1|hk-bank|Report|1 Nov||P-ada",
    )
    told = {row["number"]: row["problems"] for row in upload.plan if row["problems"]}
    assert told == {
        3: ["C-1 has no implementation in office; record that first."],
        4: ["Evidence cannot go out of date before it is valid."],
        5: ["Column “valid from”: “1 Nov” is not a day; write it like 2026-11-22."],
    }
    apply(upload, leave_out_refused=True)
    assert Evidence.objects.get().valid_until == date(2027, 11, 1)


def test_an_entity_officer_brings_rows_of_the_entity_only(office, mapped):
    mine, theirs = make_entity("mine", owner=make_person("P-m")), make_entity("theirs", owner=make_person("P-t"))
    person = make_person("P-eo", role="officer", scope=mine)
    upload = bring(
        person,
        "control|scope|state",
        "C-1|mine|planned",
        "C-1|theirs|planned",
        "C-1|office|planned",
        noun="implementations",
    )
    told = {row["key"]: row["problems"] for row in upload.plan if row["problems"]}
    assert "there is no scope “theirs”" in told["C-1 · theirs"][0]
    assert told["C-1 · office"] == ["You have no role that writes where this row belongs."]
    apply(upload, leave_out_refused=True)
    assert [row.scope for row in Implementation.objects.all()] == [mine]
    hidden = make_use_case("Hidden", make_person("P-h"), ref="UC-1")
    upload = bring(person, "ref|title|purpose|status", f"{hidden.ref}|Mine now|Does.|draft")
    assert problems(upload)[0] == "This name cannot be used here; choose another."
    assert theirs.pk


def test_an_export_holds_what_its_reader_sees(office, mapped, tmp_path):
    mine, theirs = make_entity("mine", owner=make_person("P-m")), make_entity("theirs", owner=make_person("P-t"))
    for scope in (mine, theirs):
        make_implementation(mapped.control, scope)
    person = make_person("P-eo", role="officer", scope=mine)
    rows = importing.write_export(noun="implementations", kind="csv", reader=person, target=tmp_path / "i.csv")
    assert (rows, "theirs" in (tmp_path / "i.csv").read_text(encoding="utf-8-sig")) == (1, False)


def zipped(**parts: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as box:
        for name, content in parts.items():
            box.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"", "a.csv is empty"),
        ("a.csv", b"\n\n", "a.csv is empty"),
        ("a.csv", "contr\xf6le,x".encode("latin-1"), "is not UTF-8 (byte 5). In Excel, save it as “CSV UTF-8”"),
        ("a.csv", b"a,b\n\0,1", "is not a text file"),
        ("a.csv", b'a,b\n"x', "cannot be read as CSV"),
        ("a.csv", b"colour,size\n1,2", "fit no noun. A sheet is recognised by the columns of its key"),
        ("a.csv", b"control,requirement,relationship,relationship\n", "Column “relationship” stands there twice"),
        ("a.csv", b"control,requirement,relashionship\n", 'Did you mean "relationship"?'),
        ("a.xlsx", b"control,requirement\n", "says that it is a workbook, but it is text"),
        ("a.csv", zipped(**{"xl/workbook.xml": b"<x/>"}), "says that it is text, but it is a workbook"),
        ("a.xlsx", zipped(**{"word/document.xml": b"<x/>"}), "is a packed file, but no workbook"),
        ("a.xlsx", zipped(**{"xl/workbook.xml": b"<x/>"}), "cannot be read as a workbook"),
        ("a.xlsx", b"PK\x03\x04 cut", "is damaged"),
        ("a.xlsx", zipped(**{"xl/workbook.xml": b"0" * 330_000_000}), "unpacks to more than 300 MB"),
        ("a.csv", b"x" * (26 * 1024 * 1024), "is larger than 25 MB"),
        ("a.csv", b"ref,name\n" + b"P,N\n" * 100_002, "has more than 100000 rows"),
    ],
)
def test_a_file_that_is_not_a_table_is_refused_with_what_to_do_and_kept_nowhere(officer, name, content, sentence):
    with pytest.raises(ValidationError) as refused:
        importing.bring(content=content, name=name, noun="", actor=officer, nudge=lambda pk: None)
    assert sentence in " ".join(refused.value.messages)
    assert Upload.objects.count() == 0


def test_headings_are_read_whatever_the_mark_the_case_and_the_encoding(officer, mapped):
    for content in (
        "Control;Requirement;Strength\nC-1;law.1;3".encode("utf-8-sig"),
        "CONTROL\tREQUIREMENT\tSTRENGTH\r\nC-1\tlaw.1\t3\r\n".encode("utf-16"),
    ):
        upload = importing.bring(content=content, name="a.csv", noun="", actor=officer, nudge=lambda pk: None)
        assert verdicts(upload) == {"C-1 · law.1": "changed"}


def test_cells_of_a_workbook_are_read_as_they_are_meant():
    target = io.BytesIO()
    import xlsxwriter

    with xlsxwriter.Workbook(target) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["a", "b", "c", "d", "e"])
        page.write_number(1, 0, 7)
        page.write_number(1, 1, 7.5)
        page.write_datetime(1, 2, date(2026, 11, 22), book.add_format({"num_format": "yyyy-mm-dd"}))
        page.write_boolean(1, 3, True)
        page.write_string(1, 4, "  two \r\n lines ")
    assert read_table(target.getvalue(), "a.xlsx").rows == [(2, ("7", "7.5", "2026-11-22", "yes", "two \n lines"))]


def test_a_template_has_drop_downs_and_says_what_each_column_means(officer):
    for one in resources():
        target = io.BytesIO()
        found = resource_of(one.noun)
        write_xlsx(target, [found.template(), found.read_me()], title="t", author="a")
        book = load_workbook(io.BytesIO(target.getvalue()))
        assert book.get_sheet_by_index(0).to_python()[0] == [column.name for column in found.columns]
        rules = zipfile.ZipFile(io.BytesIO(target.getvalue())).read("xl/worksheets/sheet1.xml").decode()
        wanted = sum(bool(column.words) and not column.locked for column in found.columns)
        assert rules.count("<dataValidation ") == wanted
        read_me = book.get_sheet_by_name("Read me").to_python()
        assert len(read_me) == len(found.columns) + 1


def test_a_long_file_is_planned_and_applied_by_a_worker_and_a_second_run_changes_nothing(officer, monkeypatch):
    monkeypatch.setattr(importing, "AT_ONCE", 3)
    rows = ["ref|name|active", *(f"P-{number}|Person {number}|yes" for number in range(5))]
    upload = bring(officer, *rows)
    assert upload.status == "reading"

    def work() -> Job:
        job = Job.objects.latest("pk")
        assert jobs.run(job_id=job.pk, worker="w", clock=timezone.now)
        upload.refresh_from_db()
        job.refresh_from_db()
        return job

    assert work().result == {"new": 5, "changed": 0, "unchanged": 0, "refused": 0}
    assert (upload.status, Person.objects.filter(ref="P-3").exists()) == ("shown", False)
    apply(upload)
    assert upload.status == "applying"
    work()
    assert (upload.status, Person.objects.filter(ref__in=["P-0", "P-4"]).count()) == ("applied", 2)
    again = Job.objects.latest("pk")
    assert importing.apply_job(again.arguments, lambda *args: None) == upload.totals


def signed_in(person) -> Client:
    give_login(person=person, username=person.ref.lower(), actor=None, password="a-long-test-password")
    client = Client()
    client.login(username=person.ref.lower(), password="a-long-test-password")
    return client


def test_an_officer_brings_a_file_in_the_portal_sees_the_plan_and_applies_it(officer, mapped):
    client = signed_in(officer)
    assert "Sheets out and in" in client.get(reverse("sheets")).content.decode()
    file = SimpleUploadedFile("m.csv", sheet("control|requirement|strength", "C-1|law.1|3", "C-9|law.1|3"))
    page = client.post(reverse("sheets"), {"file": file, "noun": ""}, follow=True)
    text = page.content.decode()
    for words in ("<del>8</del> <ins>3</ins>", "there is no control “C-9”", "Leave out the 1 refused row", "1 changed"):
        assert words in text, words
    upload = Upload.objects.get()
    back = client.get(reverse("refused-rows", args=[upload.pk]))
    assert back.content[:2] == b"PK"
    page = client.post(reverse("apply-import", args=[upload.pk]), {"digest": upload.digest}, follow=True)
    assert "are refused" in page.content.decode()
    form = {"digest": upload.digest, "leave_out_refused": "1"}
    page = client.post(reverse("apply-import", args=[upload.pk]), form, follow=True)
    assert "Applied: exactly the plan" in page.content.decode()
    assert ControlMapping.objects.get().strength == 3
    bad = SimpleUploadedFile("m.csv", b"x,y\n1,2")
    assert "fit no noun" in client.post(reverse("sheets"), {"file": bad}).content.decode()


def test_a_new_row_needs_the_columns_that_every_row_has_and_an_old_one_only_its_key(officer, mapped):
    upload = bring(officer, "ref|cadence", "C-1|Yearly", "C-2|Yearly")
    told = {row["key"]: row["problems"] for row in upload.plan}
    assert told["C-1"] == []
    assert "A new row needs the column “title”, which the file does not have." in told["C-2"]


def test_only_who_brought_a_file_applies_it(officer, mapped):
    upload = bring(officer, "control|requirement|strength", "C-1|law.1|3")
    other = make_person("P-two", role="officer")
    with pytest.raises(ValidationError, match="Only the person who brought the file"):
        apply(upload, actor=other)
    auditor = make_person("P-aud", role="auditor")
    with pytest.raises(ValidationError, match="cannot import"):
        bring(auditor, "control|requirement", "C-1|law.1")


def test_templates_and_exports_are_downloaded(officer, mapped):
    client = signed_in(officer)
    for name in ("sheet-template", "sheet-export"):
        answer = client.get(reverse(name, args=["mappings"]))
        assert (answer.status_code, answer.content[:2]) == (200, b"PK")
    text = client.get(reverse("sheet-export", args=["mappings"]) + "?format=csv").content.decode("utf-8-sig")
    assert text.splitlines()[1].startswith("C-1,law.1,superset,semantic,")


def test_files_are_forgotten_after_ninety_days(officer, mapped):
    upload = bring(officer, "control|requirement|strength", "C-1|law.1|3")
    path = Path(upload.file.path)
    assert uploads.forget(now=timezone.now()) == 0
    assert uploads.forget(now=timezone.now() + timezone.timedelta(days=91)) == 1
    assert not path.exists()


def test_ticked_rows_are_left_out_of_a_sheet_on_the_page(officer, client):
    give_login(person=officer, username="o", actor=None, password="a-long-test-password")
    client.login(username="o", password="a-long-test-password")
    upload = bring(officer, "ref|name|active", "P-1|One|yes", "P-2|Two|yes", noun="persons")
    page = client.get(reverse("import", args=[upload.pk])).content.decode()
    assert 'name="leave_out" value="2" aria-label="Leave out row 2"' in page
    client.post(reverse("apply-import", args=[upload.pk]), {"digest": upload.digest, "leave_out": ["2"]})
    assert set(Person.objects.filter(ref__in=["P-1", "P-2"]).values_list("ref", flat=True)) == {"P-2"}


def test_a_row_that_the_plan_does_not_list_cannot_be_left_out(officer):
    upload = bring(officer, "ref|name|active", "P-1|One|yes", noun="persons")
    with pytest.raises(ValidationError, match="Row 7 is not in the plan"):
        apply(upload, without=[7])
    assert not Person.objects.filter(ref="P-1").exists()


def test_a_row_that_was_shown_as_refused_is_not_written_because_another_is_left_out(officer):
    lines = [
        "ref|name|e-mail|active", "P-1|First||yes", "P-1|Second||yes", "P-3|Third|a@example.com|yes",
        "P-4|Fourth|a@example.com|yes", "P-5|Fifth||yes",
    ]  # fmt: skip
    upload = bring(officer, *lines, noun="persons")
    assert {row["number"] for row in upload.plan if row["verdict"] == "refused"} == {3, 5}
    apply(upload, leave_out_refused=True, without=[2, 4])
    assert set(Person.objects.exclude(pk=officer.pk).values_list("ref", flat=True)) == {"P-5"}


def test_a_second_row_of_a_workbook_that_was_refused_is_not_written_in_place_of_the_first(officer, tmp_path):
    mapping = make_direct(
        focal=make_requirement("law.1"), reference=make_requirement("rule.01", family="rule"), actor=officer,
        relationship="intersects", rationale="w",
    )  # fmt: skip
    call_command("export_crosswalk", focal="law", reference="rule", out=str(tmp_path / "c.csv"), format="csv")
    with (tmp_path / "c.csv").open(encoding="utf-8-sig", newline="") as file:
        headings, row = csv.reader(file)
    lines = [[text if name == "rationale text" else cell for name, cell in zip(headings, row, strict=True)]
             for text in ("shown", "never shown")]  # fmt: skip
    target = io.StringIO()
    csv.writer(target).writerows([headings, *lines])
    brought = importing.understand(target.getvalue().encode(), "c.csv")
    plan = brought.plan(officer)
    assert [str(one.verdict) for one in plan.rows] == ["changed", "refused"]
    brought.apply(digest=plan.digest, leave_out_refused=True, actor=officer, without=[2])
    mapping.refresh_from_db()
    assert mapping.rationale == "w"


def test_what_is_written_without_some_rows_is_what_was_shown_of_the_others():
    one, two = (RowPlan(at, f"P-{at}", Verdict.NEW) for at in (2, 3))
    shown = make_plan("persons", [one, two], 0)
    refuse_unless_shown(make_plan("persons", [two], 0), shown, [2])
    with pytest.raises(ValidationError, match="would be written otherwise than shown"):
        refuse_unless_shown(make_plan("persons", [replace(two, verdict=Verdict.REFUSED)], 0), shown, [2])


# How a file stands


def held(officer, monkeypatch) -> Upload:
    """A file whose work waits for a worker."""
    monkeypatch.setattr(importing, "AT_ONCE", 0)
    return bring(officer, "ref|name|active", "P-1|One|yes", noun="persons")


def work_on(upload: Upload) -> None:
    upload.refresh_from_db()
    assert jobs.run(job_id=upload.job_id, worker="w", clock=timezone.now)
    upload.refresh_from_db()


def test_a_second_click_does_not_take_back_that_a_file_is_applied(officer):
    upload = bring(officer, "ref|name|active", "P-1|One|yes", noun="persons")
    first, second = (Upload.objects.get(pk=upload.pk) for _ in range(2))
    apply(first)
    with pytest.raises(ValidationError, match="file.csv is applied already"):
        apply(second)
    stood = Upload.objects.get()
    assert (stood.status, stood.applied_at is None, stood.message, stood.totals["new"]) == ("applied", False, "", 1)


def test_two_clicks_on_a_long_file_make_one_job(officer, monkeypatch):
    upload = held(officer, monkeypatch)
    work_on(upload)
    first, second = (Upload.objects.get(pk=upload.pk) for _ in range(2))
    apply(first)
    with pytest.raises(ValidationError, match="is being applied already"):
        apply(second)
    assert Job.objects.filter(kind=importing.APPLY).count() == 1


def test_a_file_that_is_read_late_stays_applied(officer, monkeypatch):
    upload = held(officer, monkeypatch)
    work_on(upload)
    apply(upload)
    work_on(upload)
    assert upload.status == "applied"
    importing.read_job({"upload": upload.pk}, lambda *args: None)
    uploads.show(upload=upload, plan=make_plan("persons", [], 0), shown=[])
    assert (Upload.objects.get().status, Upload.objects.get().totals["new"]) == ("applied", 1)


@pytest.mark.parametrize("end", ["cancelled", "failed"])
def test_a_file_whose_work_ended_early_is_no_longer_being_read_or_applied(officer, monkeypatch, end):
    client = signed_in(officer)
    upload = held(officer, monkeypatch)

    def break_off(job: Job) -> None:
        if end == "cancelled":
            jobs.cancel(job=job, actor=officer)
        else:
            monkeypatch.setattr(importing, "_opened", lambda upload: 1 / 0)
            assert jobs.run(job_id=job.pk, worker="w", clock=timezone.now)

    def seen() -> tuple[str, bool, str]:
        page = client.get(reverse("import", args=[upload.pk])).content.decode()
        found = Upload.objects.get(pk=upload.pk)
        return found.state, 'http-equiv="refresh"' in page, found.told if found.told in html.unescape(page) else ""

    assert seen()[:2] == ("reading", True)
    break_off(upload.job)
    state, moves, told = seen()
    assert (state, moves, told.endswith("Bring the file again.")) == ("failed", False, True)
    monkeypatch.undo()
    upload = held(officer, monkeypatch)
    work_on(upload)
    apply(upload)
    assert seen()[:2] == ("applying", True)
    break_off(upload.job)
    state, moves, told = seen()
    assert (state, moves, told.endswith("Nothing was written.")) == ("shown", False, True)
    monkeypatch.undo()
    apply(Upload.objects.get(pk=upload.pk))
    assert Person.objects.filter(ref="P-1").exists()


def test_no_file_is_left_behind_where_its_plan_crashes(officer, monkeypatch):
    monkeypatch.setattr(importing.SheetFile, "plan", lambda self, actor: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bring(officer, "ref|name|active", "P-1|One|yes", noun="persons")
    assert not Upload.objects.exists()


# Doors


def test_what_is_no_row_is_not_passed_over_when_rows_are_left_out(officer):
    client = signed_in(officer)
    upload = bring(officer, "ref|name|active", "P-1|One|yes", noun="persons")
    form = {"digest": upload.digest, "leave_out": ["²"]}
    page = client.post(reverse("apply-import", args=[upload.pk]), form, follow=True)
    assert "“²” is no row." in page.content.decode()
    assert not Person.objects.filter(ref="P-1").exists()


def test_a_sheet_of_an_unknown_noun_is_not_found(officer):
    client = signed_in(officer)
    for name in ("sheet-template", "sheet-export"):
        assert client.get(reverse(name, args=["nope"])).status_code == 404


def test_refused_rows_that_cannot_be_read_any_more_are_told_on_the_page(officer, monkeypatch):
    client = signed_in(officer)
    upload = bring(officer, "ref|name|active", "P-1||yes", noun="persons")

    def refuse(self, actor):
        raise ValidationError("Olga cannot bring back workbooks.")

    monkeypatch.setattr(importing.SheetFile, "plan", refuse)
    page = client.get(reverse("refused-rows", args=[upload.pk]), follow=True)
    assert (page.status_code, "Olga cannot bring back workbooks." in page.content.decode()) == (200, True)


# What goes out


def test_days_that_no_workbook_counts_go_out_as_text_and_come_back(tmp_path):
    days = [date(202, 11, 25), date(1899, 12, 31), date(1900, 1, 1), date(1900, 3, 1)]
    write_xlsx(tmp_path / "a.xlsx", [Sheet("S", [("day", 10)], [[day] for day in days])], title="t")
    rows = read_table((tmp_path / "a.xlsx").read_bytes(), "a.xlsx").rows
    assert [cells[0] for _, cells in rows] == [day.isoformat() for day in days]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
@pytest.mark.parametrize("text", ["word " * 8000, "  word\r\nand " * 3000])
def test_a_text_that_no_cell_holds_comes_back_whole(officer, mapped, tmp_path, kind, text):
    ControlMapping.objects.update(rationale=text)
    path = tmp_path / f"out.{kind}"

    def brought(strength: int = 0) -> importing.Brought:
        importing.write_export(noun="mappings", kind=kind, reader=officer, target=path)
        found = importing.understand(path.read_bytes(), path.name)
        headings = [name.lower() for name in found.table.headings]
        at = headings.index("strength")
        rows = [(n, (*cells[:at], str(strength or cells[at]), *cells[at + 1 :])) for n, cells in found.table.rows]
        return importing.SheetFile(found.resource, replace(found.table, rows=rows))

    assert brought().plan(officer).totals["unchanged"] == 1
    (row,) = brought(strength=3).plan(officer).rows
    assert [(cell.column, cell.after) for cell in row.cells] == [("strength", "3")]


def test_a_text_that_was_cut_is_not_written_over_the_whole_one(officer, mapped):
    ControlMapping.objects.update(rationale="word " * 8000)
    upload = bring(officer, "control|requirement|rationale", f"C-1|law.1|{cut('word ' * 8000).replace('word', 'work')}")
    assert "Column “rationale”: this text was cut on its way out" in problems(upload)[0]
    make_control("C-2")
    upload = bring(officer, "control|requirement|relationship|rationale", "C-2|law.1|equal|Part … (cut)")
    assert "take the mark “… (cut)” off." in problems(upload)[0]
