"""What a visitor does on the workbench in two minutes, one step a function, each with what must then be seen."""

import json
import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page

from scripts.browser import Watched
from scripts.tally import Tally

Step = Callable[[Tally, Watched], None]
_CALCINOSIS = "L94.2"
_DILTIAZEM, _WARFARIN = "830874", "855332"
_ATRIAL_FIBRILLATION = "49436004"


def settled(page: Page) -> None:
    """Wait until the last call and its trace have been drawn."""
    page.wait_for_selector('#cards[aria-busy="false"]')


def after(page: Page, act: Callable[[], object]) -> None:
    """Do something that fires a hook, and wait for cards and trace."""
    with page.expect_response(lambda answer: answer.url.endswith("/api/evaluate")):
        act()
    settled(page)


def choose(page: Page, name: str) -> None:
    """Open the chart of a demo patient."""
    after(page, lambda: page.locator(f'.patient[data-name="{name}"]').click())


def switch(page: Page, change: str) -> Locator:
    """A switch of the bar "what changes if"."""
    return page.locator(f'#change-list input[value="{change}"]')


def prescribe(page: Page, drug: str, reason: str = "") -> None:
    """Open the order form, choose a drug, then a reason: one call each."""
    after(page, lambda: page.locator("#prescribe").click())
    after(page, lambda: page.locator("#drug").select_option(drug))
    if reason:
        after(page, lambda: page.locator("#reason").select_option(reason))


def the_page_opens_on_a_card(tally: Tally, seen: Watched) -> None:
    """0 s: a patient is selected, the hook has fired, nothing had to be installed or filled in."""
    page = seen.page
    tally.check(page.locator(".card.info").count() == 1, "the page opens with a card")
    tally.check("ms" in page.locator("#latency").inner_text(), "the latency of the call is shown")
    tally.check(page.get_by_text("Synthetic data").is_visible(), "the data is called synthetic")
    tally.check(page.get_by_text("Draft rules, not yet reviewed").first.is_visible(), "the rules are called drafts")
    body = json.loads(seen.bodies("/calcinosis-patient-view")[0])
    tally.check(
        set(body) == {"hook", "hookInstance", "context", "prefetch"},
        "the call is a CDS Hooks request",
        str(body.keys()),
    )
    card = page.locator("#announcement").inner_text()
    tally.check(card.startswith("1 card"), "a screen reader is told of the card", card)


def a_card_leads_to_the_chart_and_to_the_rule(tally: Tally, seen: Watched) -> None:
    """15 s: every phrase, entry and rule of the card leads to where it comes from."""
    page = seen.page
    page.locator(".detail .phrase").first.click()
    shown = json.loads(page.locator("#dialog pre").inner_text())
    tally.check(shown["resourceType"] == "Condition", "a phrase leads to its resource")
    page.keyboard.press("Escape")
    for chip in page.locator(".card .chip.basis").all():
        chip.click()
        reference = str(chip.get_attribute("title"))
        kind, _, identity = reference.partition("/")
        found = json.loads(page.locator("#dialog pre").inner_text())
        tally.check((found["resourceType"], found["id"]) == (kind, identity), f"{reference} is shown as it stands")
        page.keyboard.press("Escape")
    for chip in page.locator(".card .chip.rule").all():
        chip.click()
        rule = page.locator(f"#rule-{chip.inner_text()}")
        tally.check(rule.get_attribute("open") is not None, f"{chip.inner_text()} opens in the trace")
        tally.check(rule.locator(".sources li").count() > 0, f"{chip.inner_text()} names its sources")
    links = page.locator("#why a").evaluate_all("(all) => all.map((one) => one.href)")
    anchors = {link.partition("#")[2] for link in links if "/guideline" in link}
    guideline = page.request.get(f"{seen.base}/guideline").text()
    missing = [anchor for anchor in anchors if f'id="{anchor}"' not in guideline]
    tally.check(bool(anchors) and not missing, "every link to the guideline page has its anchor", str(missing))


def a_change_of_the_chart_changes_the_card(tally: Tally, seen: Watched) -> None:
    """35 s: diltiazem, then the same with an AV block, then without."""
    page = seen.page
    choose(page, "ssc-localized-nifedipine")
    prescribe(page, _DILTIAZEM, _CALCINOSIS)
    tally.check(page.locator(".card.critical").count() == 0, "diltiazem: nothing critical at first")
    after(page, lambda: switch(page, "av-block").check())
    card = page.locator(".card.critical")
    tally.check(card.count() == 1, "with an AV block the card is critical")
    tally.check(card.locator(".indicator").inner_text().strip().endswith("critical"), "it says so in a word")
    tally.check(
        re.search("AV block|atrioventricular block", card.inner_text(), re.I) is not None, "it says what was found"
    )
    tally.check("new: critical" in page.locator("#change-effect").inner_text(), "the bar says what changed")
    tally.check("if=av-block" in page.url, "the switch stands in the address")
    after(page, lambda: switch(page, "av-block").uncheck())
    tally.check(page.locator(".card.critical").count() == 0, "without it the critical card is gone")
    choose(page, "dm-untreated")
    after(page, lambda: switch(page, "no-medications").check())
    tally.check(
        page.get_by_text("medications: not obtained").count() == 1, "what was not obtained is a gap, not an absence"
    )
    after(page, lambda: switch(page, "no-conditions").check())
    fault = page.locator("#cards .fault").inner_text()
    tally.check(
        "412" in fault and "nothing to say" not in fault, "without conditions the answer is 412, and shown so", fault
    )


def order_calls_look_like_a_real_client(tally: Tally, seen: Watched) -> None:
    """55 s: three calls for one order, none of them valid FHIR; the suggestion is applied and reported."""
    page = seen.page
    choose(page, "dm-metoprolol")
    prescribe(page, _DILTIAZEM, _CALCINOSIS)
    drafts = [_draft(body) for body in seen.bodies("/calcinosis-order-select")]
    tally.check(len(drafts) == 3, "one call for each change of the form", str(len(drafts)))
    tally.check("medicationCodeableConcept" not in drafts[0], "the first call names no drug")
    tally.check(all("intent" not in draft for draft in drafts), "a draft has no intent")
    tally.check(isinstance(drafts[2]["reasonCode"], dict), "its reason is no list")
    tally.check(page.locator(".card.warning").count() == 1, "diltiazem with metoprolol is a warning")
    page.get_by_role("button", name="Order a 12-lead ECG before signing").click()
    page.wait_for_selector("#feedback li")
    tally.check("12-lead" in page.locator("#orders").inner_text(), "the ECG stands among the draft orders")
    told = _feedback(seen)
    tally.check(
        told["outcome"] == "accepted" and len(told["acceptedSuggestions"]) == 1, "the service is told", str(told)
    )
    tally.check("200" in page.locator("#feedback li").first.inner_text(), "and has stored it")
    after(page, lambda: page.locator("#sign").click())
    signed = json.loads(seen.bodies("/calcinosis-order-sign")[0])["context"]
    tally.check("selections" not in signed and len(signed["draftOrders"]["entry"]) == 2, "order-sign sends every draft")


def a_suggestion_can_take_the_order_away(tally: Tally, seen: Watched) -> None:
    """The draft goes, and the EHR calls again."""
    page = seen.page
    choose(page, "dm-av-block")
    prescribe(page, _DILTIAZEM, _CALCINOSIS)
    after(page, lambda: page.locator(".accept").filter(has_text="Remove").click())
    tally.check(page.locator("#orders li").count() == 0, "removing the order empties the list of drafts")
    tally.check(page.locator(".card.critical").count() == 0, "and its card is gone")


def a_card_is_dismissed_with_a_reason(tally: Tally, seen: Watched) -> None:
    """The reason that the service offers goes back to it as code and system."""
    page = seen.page
    page.locator(".dismissal summary").click()
    page.get_by_label("Reason for dismissing").select_option(index=1)
    page.locator(".dismiss").click()
    page.wait_for_selector(".card.dismissed")
    page.wait_for_selector("#feedback li")
    told = _feedback(seen)
    reason = told.get("overrideReason", {}).get("reason", {})
    tally.check(told["outcome"] == "overridden" and set(reason) == {"code", "system"}, "the reason is sent", str(told))
    tally.check("200" in page.locator("#feedback li").first.inner_text(), "and stored")
    tally.check(page.evaluate("document.activeElement.closest('.card') !== null"), "the focus stays with the card")


def silence_is_said(tally: Tally, seen: Watched) -> None:
    """75 s: warfarin without and with another reason."""
    page = seen.page
    choose(page, "dm-warfarin-order")
    prescribe(page, _WARFARIN)
    tally.check(page.locator(".card").count() == 1, "warfarin without a reason: a card")
    after(page, lambda: page.locator("#reason").select_option(_ATRIAL_FIBRILLATION))
    text = page.locator("#cards").inner_text()
    tally.check(
        page.locator(".card").count() == 0 and "Evaluated, nothing to say" in text,
        "for atrial fibrillation: none",
        text,
    )
    tally.check(re.search(r"\d+ rules were asked", text) is not None, "and how many rules were asked", text)


def a_view_can_be_mailed(tally: Tally, seen: Watched) -> None:
    """The address alone brings back patient, drug, reason and switches."""
    page = seen.page
    choose(page, "dm-metoprolol")
    prescribe(page, _DILTIAZEM, _CALCINOSIS)
    after(page, lambda: switch(page, "pregnant").check())
    address, cards = page.url, page.locator(".card h3").all_inner_texts()
    page.goto("about:blank")
    page.goto(address)
    settled(page)
    tally.check(
        page.locator(".card h3").all_inner_texts() == cards and bool(cards), "the address brings back the same cards"
    )
    tally.check(switch(page, "pregnant").is_checked(), "and the switches")


def an_engineer_finds_what_to_connect(tally: Tally, seen: Watched) -> None:
    """110 s: curl, discovery, scopes, prefetch; and all of it without a mouse."""
    page = seen.page
    page.locator("#curl > summary").focus()
    page.keyboard.press("Enter")
    command = page.locator("#curl pre").inner_text()
    tally.check(
        command.startswith(f"curl -s {seen.base}/cds-services/calcinosis-patient-view"), "a curl line repeats the call"
    )
    page.locator("#connect").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#dialog table")
    text = page.locator("#dialog").inner_text()
    wanted = (f"{seen.base}/cds-services", "patient/Condition.read", "{{context.patientId}}", "calcinosis-order-sign")
    tally.check(all(word in text for word in wanted), "discovery, services, scopes and prefetch are there")
    page.keyboard.press("Escape")
    tally.check(page.evaluate("document.activeElement.id") == "connect", "the focus is back where it was")


def _draft(body: str) -> dict[str, Any]:
    draft: dict[str, Any] = json.loads(body)["context"]["draftOrders"]["entry"][0]["resource"]
    return draft


def _feedback(seen: Watched) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads(seen.bodies("/feedback")[-1])["feedback"][0]
    return entry


STEPS: tuple[Step, ...] = (
    the_page_opens_on_a_card,
    a_card_leads_to_the_chart_and_to_the_rule,
    a_change_of_the_chart_changes_the_card,
    order_calls_look_like_a_real_client,
    a_suggestion_can_take_the_order_away,
    a_card_is_dismissed_with_a_reason,
    silence_is_said,
    a_view_can_be_mailed,
    an_engineer_finds_what_to_connect,
)
