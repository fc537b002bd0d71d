"""`calcinosis-cds review`: the pack a clinician signs, the record of the verdict, and where every rule stands."""

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import typer
import yaml

from cds_service.commands.ending import found, refuse
from cds_service.commands.paper import Paper
from treatment_algorithm.knowledge_base import KnowledgeBase, knowledge_folder, load_knowledge
from treatment_algorithm.knowledge_errors import KnowledgeError
from treatment_algorithm.knowledge_model import Rule
from treatment_algorithm.reviews import REVIEWS_FILE, Review, RuleReview, Standing, load_reviews, review_of

Folder = Annotated[
    Path | None,
    typer.Option("--knowledge", metavar="FOLDER", help="A knowledge folder; if not given, that of the product."),
]
RuleIds = Annotated[list[str] | None, typer.Option("--rule", metavar="ID", help="Only this rule; may be repeated.")]
OneRule = Annotated[str, typer.Option("--rule", metavar="ID", help="The rule that was reviewed.")]
Target = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where to write; else standard output.")]
Reviewer = Annotated[str, typer.Option("--reviewer", metavar="NAME", help="Who reviewed it.")]
On = Annotated[
    datetime.date,
    typer.Option("--date", metavar="DATE", parser=datetime.date.fromisoformat, help="When (2026-12-01)."),
]
Verdict = Annotated[Literal["approved", "changes-wanted"], typer.Option("--verdict", help="What was decided.")]
Comment = Annotated[str, typer.Option("--comment", metavar="TEXT", help="What the reviewer said.")]
Content = Annotated[
    str | None,
    typer.Option("--content", metavar="HASH", help="The content that the pack names; refused if the rule differs."),
]
Check = Annotated[bool, typer.Option("--check", help="Exit status 1 unless every rule is approved as it is.")]


def review_commands() -> typer.Typer:
    """The commands under `review`."""
    group = typer.Typer(no_args_is_help=True, help="Have rules reviewed by a clinician, and see which are.")
    group.command("pack")(pack)
    group.command("record")(record)
    group.command("status")(status)
    return group


def pack(rule: RuleIds = None, out: Target = None, knowledge: Folder = None) -> None:
    """Write the pack that a clinician reads and signs: one HTML file, to be opened in a browser or printed.

    For each rule: what it says and asks, the texts of its cards, its sources with their marks, the stories that show
    it, and what changed since its last review. Example: calcinosis-cds review pack --rule R-DILT --out pack.html
    """
    # The page templates take a while to import, and the other commands do without.
    from cds_service.review_pack.pack import review_pack

    base, folder = _opened(knowledge)
    for identity in rule or ():
        _rule(base, identity)
    try:
        text = review_pack(base, folder, load_reviews(folder), rule or ())
    except KnowledgeError as error:
        refuse(f"the stories are not sound. {error}")
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        refuse(f"the pack cannot be written: {error.strerror}")
    typer.echo(f"{out} written")


def record(
    rule: OneRule,
    reviewer: Reviewer,
    date: On,
    verdict: Verdict = "approved",
    comment: Comment = "",
    content: Content = None,
    knowledge: Folder = None,
) -> None:
    """Append a verdict to reviews.yaml of the knowledge, for the rule as it is now.

    The rule is approved while its content stays so; the last verdict of a rule counts. With --content the content
    that the signed pack names is compared first (12 digits are enough).
    """
    base, folder = _opened(knowledge)
    today = review_of(base, _rule(base, rule), ())
    if content is not None and (len(content) < 12 or not today.content.startswith(content)):
        refuse(f"{rule} is not what the pack shows: its content is {today.content}. Make a new pack.")
    if verdict == "changes-wanted" and not comment.strip():
        refuse("changes-wanted needs a --comment that says which")
    if not reviewer.strip():
        refuse("a review has a reviewer")
    entry = {
        "rule": rule,
        "content": today.content,
        "reviewer": reviewer.strip(),
        "date": date,
        "verdict": verdict,
        **({"comment": comment.strip()} if comment.strip() else {}),
        "parts": dict(today.parts),
    }
    _append(folder / REVIEWS_FILE, entry)
    typer.echo(f"{rule}: {verdict} by {reviewer.strip()} on {date.isoformat()}, content {today.content}")


def status(check: Check = False, knowledge: Folder = None) -> None:
    """List every rule with its standing: approved, changes wanted, changed since the review, or never reviewed."""
    base, folder = _opened(knowledge)
    reviews = load_reviews(folder)
    paper = Paper()
    standings = {rule.id: review_of(base, rule, reviews) for rule in base.rules}
    width = max(len(identity) for identity in standings)
    for identity, standing in standings.items():
        paper.line(f"{identity:{width}}  {_standing(standing)}", hanging=width + 2)
    counts = {kind: sum(one.standing is kind for one in standings.values()) for kind in Standing}
    paper.line(f"{len(standings)} rules: " + ", ".join(f"{count} {kind}" for kind, count in counts.items()))
    gone = _of_no_rule(reviews, standings)
    if gone:
        paper.line(f"Reviews of rules that are not there: {', '.join(gone)}")
    found(check and counts[Standing.APPROVED] < len(standings))


def _standing(one: RuleReview) -> str:
    if one.review is None:
        return str(one.standing)
    parts = [f"{what} {', '.join(names)}" for what, names in
             (("changed:", one.changed), ("new:", one.added), ("gone:", one.gone)) if names]  # fmt: skip
    by = f"{one.standing} ({one.review.reviewer}, {one.review.date.isoformat()})"
    return "; ".join([by, *parts])


def _of_no_rule(reviews: tuple[Review, ...], rules: Mapping[str, RuleReview]) -> list[str]:
    return sorted({review.rule for review in reviews} - rules.keys())


def _opened(folder: Path | None) -> tuple[KnowledgeBase, Path]:
    # The product's folder is a real one: the package is never run from an archive.
    place = Path(str(knowledge_folder())) if folder is None else folder
    if not place.is_dir():
        refuse("--knowledge names no folder")
    try:
        return load_knowledge(place), place
    except KnowledgeError as error:
        refuse(f"the knowledge is not sound. {error}")
    except OSError as error:
        refuse(f"a file of the knowledge cannot be read: {error.strerror}, {Path(error.filename or '').name}")


def _rule(knowledge: KnowledgeBase, identity: str) -> Rule:
    found_rule = next((rule for rule in knowledge.rules if rule.id == identity), None)
    if found_rule is None:
        refuse(f"there is no rule {identity}")
    return found_rule


def _append(file: Path, entry: Mapping[str, object]) -> None:
    text = yaml.safe_dump([dict(entry)], sort_keys=False, allow_unicode=True, width=120)
    try:
        before = file.read_text(encoding="utf-8") if file.is_file() else ""
        separator = "" if before.endswith("\n") or not before else "\n"
        with file.open("a", encoding="utf-8") as target:
            target.write(f"{separator}{text}")
    except OSError as error:
        refuse(f"the review cannot be written: {error.strerror}")
