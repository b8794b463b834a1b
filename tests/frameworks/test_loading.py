"""Loading the law: once is enough, versions are never overwritten, and earlier reports never change."""

from dataclasses import replace
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from frameworks import catalogue_files
from frameworks.catalogue_files import shipped_families
from frameworks.domain.applicability import assess
from frameworks.domain.rows import select
from frameworks.inputs import rows_known_on
from frameworks.models import Release, Requirement, RequirementVersion
from frameworks.services.catalogues import load_family
from frameworks.vocabulary_files import shipped_vocabulary
from office.models import JournalEvent
from tests.frameworks.test_examples import EXAMPLES

pytestmark = pytest.mark.django_db
BEFORE, AFTER = date(2026, 7, 23), date(2026, 7, 28)
CREDIT = next(example for example in EXAMPLES if example["id"] == "eu-bank-credit-new-after-date")


def load_all():
    for family in shipped_families().values():
        load_family(shipped=family, actor=None)


def test_what_is_loaded_is_what_the_files_say():
    load_all()
    for day in (BEFORE, date(2026, 11, 22)):
        files = {row.id: row for family in shipped_families().values() for row in select(family.versions, day)}
        assert {row.id: row for row in rows_known_on(day)} == files


@pytest.mark.parametrize("key", sorted(shipped_families()))
def test_a_family_loads_with_few_queries_and_a_second_time_with_one(key, django_assert_max_num_queries):
    with django_assert_max_num_queries(60):
        load_family(shipped=shipped_families()[key], actor=None)
    events = JournalEvent.objects.count()
    with django_assert_max_num_queries(1):
        assert load_family(shipped=shipped_families()[key], actor=None).unchanged
    assert JournalEvent.objects.count() == events


def test_the_command_loads_and_then_parses_nothing(capsys, monkeypatch):
    call_command("load_catalogues")
    assert "EU AI Act: 216 rows, 217 new rows" in capsys.readouterr().out
    monkeypatch.setattr(catalogue_files, "read_file", None)
    call_command("load_catalogues")
    assert capsys.readouterr().out == "Catalogues: unchanged.\n"


def test_the_command_only_checks_when_asked(capsys):
    call_command("load_catalogues", "--check")
    assert "NIST AI RMF: 95 rows, 2 release(s), no problem." in capsys.readouterr().out
    assert not Requirement.objects.exists()


def report(on):
    result = assess(vocabulary=shipped_vocabulary(), rows=rows_known_on(on), facts=CREDIT["facts"], flows=[], on=on)
    return {duty.id: duty for duty in result.duties}


def test_an_earlier_report_is_the_same_before_and_after_the_amendment_is_loaded():
    eu = shipped_families()["eu-ai-act"]
    load_family(shipped=eu, actor=None, until=BEFORE)
    early, late = report(BEFORE), report(AFTER)
    assert early["eu-ai-act.art-26-1"].applies_from == date(2026, 8, 2)
    assert late["eu-ai-act.art-26-1"].applies_from == date(2026, 8, 2)
    done = load_family(shipped=eu, actor=None)
    assert (done.requirements, done.versions) == (8, 174)
    assert report(BEFORE) == early
    after = report(AFTER)
    assert after != late
    assert after["eu-ai-act.art-26-1"].applies_from == date(2027, 12, 2)
    assert "eu-ai-act.art-5-1-ba" in after
    assert "eu-ai-act.art-5-1-ba" not in early


def test_loading_in_two_steps_ends_where_loading_at_once_does():
    eu = shipped_families()["eu-ai-act"]
    load_family(shipped=eu, actor=None, until=BEFORE)
    load_family(shipped=eu, actor=None)
    assert {row.id: row for row in rows_known_on(AFTER)} == {row.id: row for row in select(eu.versions, AFTER)}
    assert Release.objects.count() == 2


def test_a_loaded_release_cannot_be_changed_under_its_day():
    nist = shipped_families()["nist-ai-rmf"]
    load_family(shipped=nist, actor=None)
    forged = replace(
        nist,
        versions=(replace(nist.versions[0], title="Forged"), *nist.versions[1:]),
        releases=(replace(nist.releases[0], digest="0" * 64),),
    )
    with pytest.raises(ValidationError, match="A version is never overwritten"):
        load_family(shipped=forged, actor=None)
    assert not RequirementVersion.objects.filter(title="Forged").exists()


def test_a_version_refuses_to_be_overwritten_wherever_it_is_saved_from():
    load_family(shipped=shipped_families()["nist-ai-rmf"], actor=None)
    version = RequirementVersion.objects.first()
    version.title = "Forged"
    with pytest.raises(ValidationError, match="a version of a requirement is never overwritten"):
        version.full_clean()


def test_a_bad_folder_loads_nothing_and_says_all(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "2026-01-01.yaml").write_text("family: {key: x}\nrelease: {known_from: soon}\n")
    monkeypatch.setattr(catalogue_files.read_folder, "__defaults__", (tmp_path,))
    with pytest.raises(CommandError, match="Nothing is loaded: 2 problem"):
        call_command("load_catalogues", "--check")
    assert "x/2026-01-01.yaml: `release.known_from`" in capsys.readouterr().err
