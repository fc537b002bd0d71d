"""What each demo request is to show: written from the clinical evidence paper (sections 2.3 to 2.5 and 3), not from
the program's answers.

`rules` are the scenarios, recommendations and order rules, all of them and no others. `safety` are safety rules that
have to be among the fired ones: a chart may meet more of them when more are checked. `says` are words of the detail.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Expected:
    """One card."""

    indicator: str
    rules: frozenset[str]
    safety: frozenset[str] = frozenset()
    says: tuple[str, ...] = ()


def card(indicator: str, rules: str, safety: str = "", *, says: tuple[str, ...] = ()) -> Expected:
    """A card whose rules are given as words."""
    return Expected(indicator, frozenset(rules.split()), frozenset(safety.split()), says)


# SC-ACTIVE, decision 15: a steroid-sparing agent is current, so R-ESCALATE stands in place of R-INTENSIFY.
ON_METHOTREXATE = card("info", "SC-ACTIVE R-ESCALATE R-DILT R-REFER", "SAFE-DILT-PED", says=("12 weeks",))
DILTIAZEM_ON_METOPROLOL = card("warning", "OS-DILT", "SAFE-DILT-BB SAFE-DILT-MYO", says=("Metoprolol", "ECG"))
DILTIAZEM_IN_AV_BLOCK = card("critical", "OS-DILT", "SAFE-DILT-AVB", says=("second-degree AV block",))
WARFARIN = card("warning", "OS-LIMITED", says=("One small controlled trial was negative",))
DRUGS_UNREADABLE = card(
    "info", "SC-ACTIVE R-INTENSIFY R-DILT R-REFER", says=("2 medication entries", "if not already taken")
)

EXPECTED: dict[str, tuple[Expected, ...]] = {
    # The three that the README calls.
    "patient-view.json": (ON_METHOTREXATE,),
    "order-select.json": (DILTIAZEM_ON_METOPROLOL,),
    "order-sign.json": (DILTIAZEM_IN_AV_BLOCK,),
    # 2.3 and 2.4, each patient.
    "patient-view.jdm-new-prednisolone.json": (
        card(
            "info",
            "SC-ACTIVE R-INTENSIFY R-DILT R-REFER",
            "SAFE-DILT-PED",
            says=("add methotrexate", "creatine kinase above its range (1 Oct 2026)"),
        ),
    ),
    "patient-view.jdm-on-methotrexate.json": (ON_METHOTREXATE,),
    "patient-view.jdm-refractory.json": (
        # IVIG is taken, so it is no option; screened, so no test is missing.
        card("info", "SC-REFRACT R-DILT R-STS R-RTX R-TNF R-REFER", "SAFE-DILT-PED", says=("in no order",)),
    ),
    "patient-view.jdm-etanercept-order.json": (
        card("info", "SC-REFRACT R-DILT R-IVIG R-STS R-RTX R-TNF R-REFER", "SAFE-DILT-PED", says=("severity",)),
    ),
    "patient-view.jdm-prevention-prednisolone.json": (card("info", "SC-PREV R-PREV R-REFER"),),
    "patient-view.dm-untreated.json": (
        card("info", "SC-ACTIVE R-INTENSIFY R-DILT R-REFER", says=("high-dose corticosteroid plus methotrexate",)),
    ),
    "patient-view.dm-refractory-severe.json": (
        # Diltiazem is taken already; anti-TNF is never an option in adult-onset disease (SAFE-TNF-DM).
        card(
            "info",
            "SC-REFRACT R-IVIG R-STS R-RTX R-REFER",
            "SAFE-TNF-DM",
            says=("Anti-TNF not suggested", "methotrexate, mycophenolate"),
        ),
    ),
    "patient-view.dm-localized-ulcerated.json": (
        # Decision 40: diltiazem stands on the local card only.
        card("info", "SC-ACTIVE R-ESCALATE R-REFER"),
        card("info", "SC-LOCAL R-SURG R-NPWT R-DILT", says=("27 of 28", "Negative pressure wound therapy")),
    ),
    "patient-view.dm-remission.json": (card("info", "SC-ACTIVE-Q R-ASSESS R-REFER"),),
    "patient-view.dm-av-block.json": (
        card("info", "SC-ACTIVE R-INTENSIFY R-REFER", "SAFE-DILT-AVB", says=("Diltiazem not suggested",)),
    ),
    "patient-view.dm-metoprolol.json": (
        card("info", "SC-ACTIVE R-ESCALATE R-DILT R-REFER", "SAFE-DILT-BB", says=("Metoprolol",)),
    ),
    # Azathioprine is on hold: named first.
    "patient-view.dm-warfarin-order.json": (
        card("info", "SC-ACTIVE R-ESCALATE R-DILT R-REFER", says=("clarify before anything is added",)),
    ),
    "patient-view.dm-pregnant.json": (
        card(
            "info",
            "SC-ACTIVE R-REFER",
            "SAFE-MTX-PREG SAFE-DILT-PREG",
            says=("Methotrexate and mycophenolate not suggested", "Diltiazem not suggested"),
        ),
    ),
    # Diltiazem is taken and a referral to rheumatology is open: neither is suggested again.
    "patient-view.dm-diltiazem.json": (card("info", "SC-ACTIVE R-ESCALATE"),),
    "patient-view.ssc-localized-nifedipine.json": (
        card(
            "info",
            "SC-LOCAL SC-SSC R-SURG R-DILT",
            "SAFE-DILT-DHP SAFE-SURG-DIGIT",
            says=("pain 6/10 (2 Nov 2026)", "3 of 12"),
        ),
    ),
    "patient-view.calcinosis-unknown-cause.json": (
        card("info", "SC-IDIO R-WORKUP", says=("recognised by name", "calcium, phosphate, PTH")),
    ),
    "patient-view.calciphylaxis-ckd5-warfarin.json": (
        card("info", "SC-META R-WORKUP R-REFER", says=("Warfarin", "discontinue when calciphylaxis is diagnosed")),
    ),
    # Decision 6: what was read counts, the gap is named.
    "patient-view.dm-unreadable-entries.json": (DRUGS_UNREADABLE,),
    "patient-view.dm-broken-entries.json": (DRUGS_UNREADABLE,),
    # Silence.
    "patient-view.ssc-not-localized.json": (),
    "patient-view.dm-without-calcinosis.json": (),
    "patient-view.near-miss-chondrocalcinosis.json": (),
    "patient-view.near-miss-deceased.json": (),
    "patient-view.near-miss-family-history.json": (),
    "patient-view.near-miss-resolved-calcinosis.json": (),
    "patient-view.near-miss-rheumatoid-arthritis.json": (),
    "patient-view.near-miss-suspected-calcinosis.json": (),
    # 2.5 and 3, each selected order.
    "order-select.diltiazem-on-metoprolol.json": (DILTIAZEM_ON_METOPROLOL,),
    "order-select.sandbox-diltiazem.json": (DILTIAZEM_ON_METOPROLOL,),
    "order-select.diltiazem-av-block.json": (DILTIAZEM_IN_AV_BLOCK,),
    "order-select.metoprolol-on-diltiazem.json": (card("warning", "OS-INTER", "SAFE-DILT-BB"),),
    "order-select.warfarin-for-calcinosis.json": (WARFARIN,),
    "order-select.colchicine-for-calcinosis.json": (card("info", "OS-LIMITED", says=("used by experts",)),),
    "order-select.minocycline-for-calcinosis.json": (card("info", "OS-CASEREP"),),
    "order-select.etanercept-juvenile.json": (
        card("warning", "OS-ETN R-REFER", "SAFE-TNF-TB SAFE-TNF-HBV SAFE-TNF-DM", says=("infliximab or adalimumab",)),
    ),
    "order-select.rituximab-unscreened.json": (card("warning", "OS-RTX", "SAFE-RTX-HBV", says=("26 weeks",)),),
    "order-select.infliximab-adult.json": (card("warning", "OS-TNF R-REFER", "SAFE-TNF-DM SAFE-TNF-TB SAFE-TNF-HBV"),),
    "order-select.methotrexate-pregnant.json": (card("critical", "OS-MTX R-REFER", "SAFE-MTX-PREG"),),
    "order-select.prednisolone-alone.json": (card("info", "OS-CS R-REFER", says=("add methotrexate",)),),
    "order-sign.warfarin-and-paracetamol.json": (WARFARIN,),
    # D-5: a sensible diltiazem order with its checks on record gets no card. OS-OTHER; no drug chosen; no calcinosis.
    "order-select.diltiazem-checked.json": (),
    "order-select.paracetamol.json": (),
    "order-select.sandbox-first-call.json": (),
    "order-select.methotrexate-rheumatoid-arthritis.json": (),
    "order-select.colchicine-chondrocalcinosis.json": (),
}
