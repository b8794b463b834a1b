"""A real Chromium over a real server: the ways of team, officer and auditor. SCREENSHOTS=folder keeps the pictures."""

import csv
import os
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from python_calamine import load_workbook

from office.today import today
from tests.installation import Installation, free_port, wait_for
from tests.test_processes import answers

pytestmark = pytest.mark.browser
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or ""
SIZE = {"width": 1280, "height": 800}
UNNAMED = """() => [...document.querySelectorAll('main input, main select, main textarea, main button, main a')]
  .filter(e => e.type !== 'hidden' && e.offsetParent !== null)
  .filter(e => !(e.labels && e.labels.length) && !e.ariaLabel && !e.title && !e.textContent.trim()
    && !e.closest('label') && !e.getAttribute('aria-labelledby'))
  .map(e => e.outerHTML.slice(0, 120))"""


class Office:
    """One running office with its address and the logins that it printed."""

    def __init__(self, address: str, passwords: dict[str, str]) -> None:
        self.address = address
        self.passwords = passwords


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[Office]:
    installation = Installation(tmp_path_factory.mktemp("served"))
    port = free_port()
    installation.start("manage.py", "quickstart", "--port", str(port), log="server.log")
    try:
        wait_for(lambda: answers(port), 120, "The first page")
        printed = (installation.folder / "server.log").read_text()
        logins = dict(re.findall(r"^  (officer|reviewer|team|auditor) +(\S{16}) ", printed, re.MULTILINE))
        yield Office(f"http://127.0.0.1:{port}", logins)
    finally:
        for process in installation.running:
            process.terminate()
            process.wait(30)
        installation.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("no Chromium is installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a context of its own; errors in the console and requests to other hosts fail the test."""
    context = browser.new_context(viewport=SIZE, accept_downloads=True, locale="en-GB")
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: faults.append(request.url) if not is_ours(request.url) else None)
    yield page
    context.close()
    assert faults == []


def is_ours(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "data:", "blob:"))


def sign_in(page: Page, served: Office, name: str) -> None:
    page.goto(f"{served.address}/login/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(served.passwords[name])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{served.address}/")


def shot(page: Page, name: str) -> None:
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.wait_for_load_state("networkidle")
        page.screenshot(path=Path(folder) / f"{name}.jpg", type="jpeg", quality=70)


def test_a_team_registers_answers_and_sees_at_once_what_it_owes(page, served):
    sign_in(page, served, "team")
    page.get_by_role("link", name="Register a use case").click()
    shot(page, "register")
    page.get_by_label("Title").fill("Letter drafting")
    page.get_by_label("Purpose").fill("Drafts letters to clients; a clerk sends them.")
    page.get_by_label("Legal entity that runs it").select_option(label="Harbour & Elbe Bank (Hong Kong) Limited")
    page.get_by_label("Quillmark Large").check()
    page.get_by_role("button", name="Register and go to the questions").click()

    first = page.locator("[data-question]").first
    question = first.locator("legend").inner_text()
    before = page.locator("[data-count=may_apply]").inner_text()
    markets = page.locator("[data-question^='use_case.markets@']")
    markets.get_by_label("Hong Kong").check()
    markets.get_by_text("Saved", exact=True).wait_for()
    wait_for(lambda: page.locator("[data-count=may_apply]").inner_text() != before, 10, "New counts")
    shot(page, "questions")
    page.get_by_role("link", name=re.compile("Go on")).click()
    assert markets_asked(page) == 0, "an answered question is not asked again"
    assert question

    page.get_by_role("link", name="See duties and reasons").click()
    page.get_by_role("heading", name=re.compile("Letter drafting at")).wait_for()
    row = page.locator("details:has(summary strong)").first
    row.locator("summary").first.click()
    assert row.get_by_text("Why:").is_visible()


def markets_asked(page: Page) -> int:
    return page.locator("[data-question^='use_case.markets@']").count()


def test_none_of_these_stands_alone(page, served):
    sign_in(page, served, "officer")
    page.goto(f"{served.address}/deployments/uc-014-eu/questions/?ask=use_case.markets")
    question = page.locator("[data-question^='use_case.markets@']")
    question.get_by_label("European Union").check()
    question.get_by_label("None of these").check()
    assert not question.get_by_label("European Union").is_checked()
    question.get_by_label("European Union").check()
    assert not question.get_by_label("None of these").is_checked()
    question.get_by_text("Saved", exact=True).wait_for()


def test_the_officer_sees_bounds_gaps_seats_and_what_comes_next(page, served):
    sign_in(page, served, "officer")
    page.get_by_role("link", name="Office", exact=True).click()
    page.get_by_role("heading", name="Coverage: two bounds").wait_for()
    for heading in ("Gaps", "Seats without a person", "What applies next"):
        assert page.get_by_role("heading", name=heading).is_visible()
    shot(page, "dashboard")
    page.get_by_role("link", name="Critical").click()
    page.get_by_text("gaps", exact=False).first.wait_for()
    shot(page, "gaps")


def test_the_second_reviewer_approves_beside_both_texts(page, served):
    sign_in(page, served, "reviewer")
    page.goto(f"{served.address}/admin/controls/controlmapping/?status__exact=proposed")
    page.locator("#result_list tbody a").first.click()
    page.get_by_text("Both texts").wait_for()
    page.get_by_role("link", name="Approve").click()
    page.get_by_label("Note").fill("Both texts read")
    page.get_by_role("button", name="Approve mappings").click()
    told = page.get_by_text("1 mapping(s) approved against the texts as they stand.")
    told.wait_for()
    assert page.get_by_text("Approved", exact=True).first.is_visible()


def test_the_second_reviewer_goes_through_the_queue_with_keys_on_a_narrow_screen(page, served):
    sign_in(page, served, "reviewer")
    page.get_by_role("link", name="Review of mappings").click()
    first = page.locator("h1").inner_text()
    total = int(page.get_by_text(re.compile(r"^1 of \d+$")).inner_text().split()[-1])
    page.get_by_label("Keys:").wait_for()
    shot(page, "review")
    page.set_viewport_size({"width": 390, "height": 800})
    page.keyboard.press("j")
    page.get_by_text(f"2 of {total}").wait_for()
    page.get_by_label("Keys:").wait_for()
    assert page.evaluate("document.activeElement.tagName") == "H1"
    page.keyboard.press("k")
    page.get_by_text(f"1 of {total}").wait_for()
    page.get_by_label("Keys:").wait_for()
    page.keyboard.press("r")
    page.keyboard.type("jak")
    assert page.get_by_label("Note").input_value() == "jak", "keys rest while one types"
    page.locator("h1").focus()
    page.get_by_label("Keys:").uncheck()
    page.keyboard.press("a")
    assert page.locator("h1").inner_text() == first
    page.get_by_label("Keys:").check()
    page.keyboard.press("a")
    page.get_by_text(f"{first} is approved against the texts as they stand.").wait_for()
    assert page.get_by_text(f"1 of {total - 1}").is_visible()
    assert page.locator("h1").inner_text() != first
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto(f"{served.address}/review/?view=list")
    page.get_by_role("link", name="Choose all on this page").click()
    assert page.locator("input[name=chosen]:checked").count() == 50
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_an_officer_accepts_a_gap_until_a_day_with_a_reason(page, served):
    sign_in(page, served, "officer")
    page.goto(f"{served.address}/admin/governance/gap/?status__exact=open")
    page.locator("input.action-select").first.check()
    page.locator("select[name=action]").select_option("accept")
    page.get_by_role("button", name="Run").click()
    until = str(today() + timedelta(days=400))
    page.get_by_label("Accepted until").fill(until)
    page.get_by_label("Reason").fill("Small and short")
    page.get_by_role("button", name="Accept until a day").click()
    told = page.get_by_text(f"accepted until {until}")
    told.wait_for()
    assert told.count() == 1


def test_the_auditor_takes_the_workbook_away(page, served, tmp_path):
    sign_in(page, served, "auditor")
    page.get_by_role("link", name="Crosswalk").click()
    page.get_by_label("Focal framework").select_option("eu-ai-act")
    page.get_by_label("Reference framework").select_option("nist-ai-rmf")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    path = tmp_path / "crosswalk.xlsx"
    download.value.save_as(path)
    assert len(load_workbook(path).get_sheet_by_name("Crosswalk").to_python()) > 100


def test_an_officer_takes_a_sheet_away_changes_it_sees_the_plan_and_applies_it(page, served, tmp_path):
    sign_in(page, served, "officer")
    page.goto(f"{served.address}/admin/controls/controlmapping/")
    page.get_by_role("link", name="Import").click()
    page.get_by_role("heading", name="Sheets out and in").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="Control mappings as .csv").click()
    path = tmp_path / "mappings.csv"
    download.value.save_as(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    rows[1][5] = "3" if rows[1][5] != "3" else "4"
    rows[2][0] = "GOV-999"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows[:40])
    page.get_by_label("File").set_input_files(path)
    page.get_by_role("button", name="Show me what it would change").click()
    page.get_by_role("heading", name="Control mappings: mappings.csv").wait_for()
    assert page.locator("del").inner_text() != page.locator("ins").inner_text()
    assert page.get_by_text("there is no control “GOV-999”").is_visible()
    shot(page, "plan")
    with page.expect_download() as download:
        page.get_by_role("link", name="Give me the refused rows back as a file").click()
    assert download.value.suggested_filename == "mappings-refused.xlsx"
    page.get_by_label("Leave out the 1 refused row").check()
    page.get_by_role("button", name="Apply: 0 new, 1 changed").click()
    page.get_by_text("Applied: exactly the plan that was shown.").wait_for()


def test_a_key_is_made_shown_once_and_copied(page, served):
    sign_in(page, served, "team")
    page.get_by_role("link", name="API keys", exact=True).click()
    page.get_by_label("What will use it?").fill("Calendar on my phone")
    page.get_by_label("What may it do?").select_option(label="Opens the calendar feed only")
    page.get_by_role("button", name="Make the key").click()
    address = page.get_by_label("The address of the feed").input_value()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/calendar/ago_[0-9a-f]{8}_[\w-]+\.ics", address)
    shot(page, "keys")
    page.reload()  # sends the form again
    assert page.get_by_text("You have a key “Calendar on my phone” already.").is_visible()
    assert page.get_by_role("row", name="Calendar on my phone").count() == 1


def test_the_description_of_the_api_opens_in_the_browser_and_loads_nothing_from_outside(page, served):
    sign_in(page, served, "officer")
    page.goto(f"{served.address}/api/docs/")
    page.locator("#operations-tag-gaps").click()
    page.locator("#operations-gaps-gaps_accept_create").wait_for()
    shot(page, "api-docs")


@pytest.mark.parametrize(
    "place",
    [
        "/",
        "/register/",
        "/use-cases/UC-001/",
        "/deployments/uc-001-eu/",
        "/deployments/uc-014-eu/questions/",
        "/crosswalk/",
        "/deployments/uc-001-eu/statement/",
        "/gaps/",
        "/board/",
        "/review/",
        "/review/?view=list",
        "/keys/",
        "/sheets/",
        "/law/changes/",
        "/law/verification/",
        "/work/",
    ],
)
def test_every_page_has_one_heading_named_fields_and_a_way_past_the_menu(page, served, place):
    sign_in(page, served, "officer")
    page.goto(f"{served.address}{place}")
    shot(page, {"/use-cases/UC-001/": "use-case", "/deployments/uc-001-eu/": "duties"}.get(place, "other"))
    assert page.locator("h1").count() == 1
    assert page.evaluate(UNNAMED) == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "o-skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


def test_the_office_has_a_landmark_and_a_way_past_the_menu(page, served):
    sign_in(page, served, "officer")
    page.goto(f"{served.address}/admin/governance/gap/")
    assert page.get_by_role("main").count() == 1
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"


def test_a_question_can_be_answered_with_the_keyboard_alone(page, served):
    sign_in(page, served, "officer")
    page.goto(f"{served.address}/deployments/uc-002-cn/questions/")
    question = page.locator("[data-question]").first
    question.locator("input").first.focus()
    page.keyboard.press("Space")
    question.get_by_text("Saved", exact=True).wait_for()
    assert question.locator("input:checked").count() == 1


def test_the_pages_fit_a_narrow_screen(page, served):
    page.set_viewport_size({"width": 390, "height": 800})
    sign_in(page, served, "team")
    for place in ("/", "/register/"):
        page.goto(f"{served.address}{place}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_documents_fit_a_narrow_screen_and_the_board_report_one_sheet_of_paper(page, served):
    page.set_viewport_size({"width": 390, "height": 800})
    sign_in(page, served, "officer")
    for place in ("/deployments/uc-001-eu/statement/", "/gaps/", "/board/"):
        page.goto(f"{served.address}{place}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, place
    printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type ?/Page\b(?!s)", printed)) == 1


def test_an_officer_sees_what_the_amendment_of_2026_does_here_and_what_is_not_yet_verified(page, served):
    sign_in(page, served, "officer")
    page.get_by_role("link", name="Law", exact=True).click()
    page.get_by_label("A release").select_option(label="EU AI Act, 2026-07-24: Amended by Regulation (EU) 2026/1744")
    page.get_by_role("button", name="Show").click()
    group = page.locator("summary", has_text=re.compile(r"requirements move from 2026-08-02 to 2027-12-02")).first
    group.wait_for()
    shot(page, "changes")
    group.click()
    assert "Art. 26(1)" in page.locator("details[open]").first.inner_text()
    assert page.evaluate(UNNAMED) == []
    page.get_by_role("link", name="What is not yet verified").click()
    page.get_by_role("heading", name="How well the texts are verified").wait_for()
    assert page.get_by_text("Written from memory; no source was opened for it.").count() == 8, (
        "six rows, two instruments"
    )
    assert page.evaluate(UNNAMED) == []
    shot(page, "verification")
