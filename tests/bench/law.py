"""The law: loading it, taking in a library of 1,200 nodes, judging one case with its trace, and a portfolio in columns
beside one by one. Each figure beside a baseline of the same run."""

import statistics
from datetime import date
from pathlib import Path

from tests.bench.ground import counted, median, seconds, set_up

ON = date(2026, 11, 26)
LIBRARY = Path(__file__).resolve().parents[3] / "shared" / "real" / "libraries" / "ciso-assistant_ai-act.yaml"
MOST_QUERIES = 60
TIMES_FASTER = 50
SIZES = (1_000, 10_000, 100_000)
SINGLE = 400
"""Cases judged one by one; the time of all is this mean times their number."""
SHARE = 0.4


def main() -> None:
    set_up()
    catalogue()
    library()
    single()
    portfolio()


def catalogue() -> None:
    import yaml

    from frameworks.catalogue_files import FOLDER, family_folders, read_folder, release_files, shipped_digests
    from frameworks.services.catalogues import is_loaded, load_family

    texts = [path.read_text() for place in family_folders(FOLDER) for path in release_files(place)]
    bare = seconds(lambda: [yaml.load(text, Loader=yaml.CSafeLoader) for text in texts])
    families = read_folder()
    read = seconds(read_folder)
    with counted() as sent:
        load = seconds(lambda: [load_family(shipped=family, actor=None) for family in families.values()])
    again = median(lambda: is_loaded(shipped_digests()), 5)
    print(f"\nCatalogues, {sum(len(family.versions) for family in families.values())} versions of all families:")
    print(f"  read and checked {read:.2f} s ({read / bare:.1f} times libyaml alone, {bare:.2f} s)")
    print(
        f"  loaded into the database with journal {load:.2f} s, {len(sent)} queries ({load / bare:.1f} times libyaml alone)"
    )
    print(f"  found unchanged {again * 1000:.1f} ms, one query, nothing parsed ({again / read:.4f} of reading)")


def library() -> None:
    if not LIBRARY.exists():
        print("\nLibrary: the file of 1,200 nodes is not beside the project; left out.")
        return
    from django.db import transaction

    from frameworks.models import Requirement
    from office.importing import understand
    from office.services import scopes

    scopes.found_office(name="Bench", actor=None)
    content = LIBRARY.read_bytes()
    with counted() as sent:
        took = seconds(lambda: apply(understand(content, LIBRARY.name)))
    brought = understand(content, LIBRARY.name)
    with counted() as looked:
        plan = seconds(lambda: brought.plan(None))
    rows = list(Requirement.objects.filter(family__origin="imported").select_related("current"))

    def one_by_one() -> None:
        """The same nodes written as most tools do: each looked for, checked and saved by itself."""
        with transaction.atomic():
            for row in rows:
                Requirement.objects.filter(ref=row.ref).first()
                row.full_clean()
                row.save()
                row.current.full_clean()
                row.current.save()
            transaction.set_rollback(True)

    with counted() as naive:
        slow = seconds(one_by_one)
    print(f"\nLibrary of {len(rows)} nodes:")
    print(f"  read, planned twice, written, journalled {took:.2f} s, {len(sent)} queries (at most {MOST_QUERIES})")
    print(f"  the same nodes saved row by row {slow:.2f} s, {len(naive)} queries: {slow / took:.1f} times as long")
    print(f"  brought again, plan only {plan:.2f} s, {len(looked)} queries, nothing to write")


def apply(brought) -> None:
    plan = brought.plan(None)
    with counted() as sent:
        brought.apply(digest=plan.digest, leave_out_refused=False, actor=None)
    assert len(sent) < MOST_QUERIES, len(sent)


def single() -> None:
    from frameworks.domain.applicability import assess
    from frameworks.domain.facts import CaseFacts
    from frameworks.domain.grounds import CaseGround
    from frameworks.domain.transfers import decide_transfer
    from tests.frameworks.cases_at_random import make_cases

    vocabulary, rows = law()
    cases = make_cases(vocabulary, SINGLE, 1, SHARE)

    def verdict_only(case) -> None:
        facts = CaseFacts(vocabulary, case.facts)
        ground = CaseGround(facts, decide_transfer(facts, case.flows, case.other_flows))
        for row in rows:
            row.applies_when.truth(ground)

    def whole(case) -> None:
        assess(
            vocabulary=vocabulary, rows=rows, facts=case.facts, flows=case.flows, other_flows=case.other_flows, on=ON
        )

    bare = statistics.median(seconds(lambda case=case: verdict_only(case)) for case in cases)
    full = statistics.median(seconds(lambda case=case: whole(case)) for case in cases)
    print(f"\nOne assessment of {len(rows)} rows, median of {SINGLE} cases:")
    print(
        f"  with trace, days, questions {full * 1000:.1f} ms: {full / bare:.1f} times bare verdicts ({bare * 1000:.1f} ms)"
    )


def portfolio() -> None:
    from frameworks.domain.applicability import assess
    from frameworks.domain.portfolio import assess_all
    from tests.frameworks.cases_at_random import make_cases

    vocabulary, rows = law()
    sample = make_cases(vocabulary, SINGLE, 2, SHARE)
    one = seconds(
        lambda: [
            assess(vocabulary=vocabulary, rows=rows, facts=c.facts, flows=c.flows, other_flows=c.other_flows, on=ON)
            for c in sample
        ]
    ) / len(sample)  # fmt: skip
    print(f"\nPortfolio against {len(rows)} rows: status, first day and timing of every row for every case")
    print(f"  one by one {one * 1000:.1f} ms a case (mean of {SINGLE}); columns:")
    print(f"{'cases':>10}{'seconds':>10}{'one by one':>12}{'ratio':>8}{'µs a case':>11}{'queries':>9}")
    for number in SIZES:
        cases = make_cases(vocabulary, number, 3, SHARE)
        with counted() as sent:
            took = seconds(lambda cases=cases: assess_all(vocabulary=vocabulary, rows=rows, cases=cases, on=ON))
        alone = one * number
        print(f"{number:>10,}{took:>10.2f}{alone:>12.1f}{alone / took:>8.0f}{took / number * 1e6:>11.1f}{len(sent):>9}")
        if number == 10_000:
            assert alone / took >= TIMES_FASTER, f"{alone / took:.0f} times faster; {TIMES_FASTER} are the aim"


def law():
    from frameworks.catalogue_files import shipped_families
    from frameworks.domain.catalogue import rows_known_on
    from frameworks.vocabulary_files import shipped_vocabulary

    return shipped_vocabulary(), [row for row in rows_known_on(shipped_families().values(), ON) if not row.heading]


if __name__ == "__main__":
    main()
