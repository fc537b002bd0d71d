"""`calcinosis-cds validate-knowledge`: every complaint about the knowledge files, with file and line."""

from pathlib import Path
from typing import Annotated

import typer

from cards.text_checks import text_complaints
from cds_service.commands.ending import found, refuse
from cds_service.commands.paper import Paper
from treatment_algorithm.knowledge_base import KnowledgeBase, knowledge_folder, load_knowledge
from treatment_algorithm.knowledge_errors import KnowledgeError
from treatment_algorithm.rule_checks import rule_complaints
from treatment_algorithm.site_codes import SITE_STATUS
from treatment_algorithm.site_file import with_site_file

Folder = Annotated[
    Path | None,
    typer.Argument(metavar="[FOLDER]", help="A knowledge folder; if not given, the one that comes with the product."),
]
SiteFile = Annotated[
    Path | None,
    typer.Option("--site", metavar="FILE", help="A site file (CDS_SITE_FILE), to be checked with the knowledge."),
]


def validate_knowledge(folder: Folder = None, site: SiteFile = None) -> None:
    """Load the knowledge files, check every name, text, limit and code in them, and say what is in them.

    Checked: the form of the files; that every rule, feature, concept, sentence, source and suggestion that is named
    exists; that nothing can never speak and nothing is unused; that a code of two concepts is meant so; the lint rules
    for card texts; that every draft has a verified code and is valid FHIR R4. The first error in the form of a file
    ends the checking, all others are listed. With --site also a site file, everything in it: its first error is told.
    Exit status 0, or 1 with a complaint.
    """
    if folder is not None and not folder.is_dir():
        refuse("the argument is no folder")
    paper = Paper()
    place = knowledge_folder() if folder is None else folder
    try:
        shipped = load_knowledge(place)
        knowledge = shipped if site is None else with_site_file(shipped, site)
    except KnowledgeError as error:
        paper.line(str(error), hanging=2)
        found(True)
        return
    except OSError as error:
        # A file of the knowledge or the site is not there: its name is the operator's, no chart is near.
        refuse(f"a file cannot be read: {error.strerror}, {Path(error.filename or '').name}")
    complaints = [*rule_complaints(shipped, place), *text_complaints(shipped, place)]
    for complaint in complaints:
        paper.line(str(complaint), hanging=2)
    _print_counts(knowledge, paper)
    found(bool(complaints))


def _print_counts(knowledge: KnowledgeBase, paper: Paper) -> None:
    manifest, evidence, concepts = knowledge.manifest, knowledge.evidence, knowledge.concepts
    codes = sum(len(concepts.code_rows(concept)) for concept in concepts.concepts)
    approved = sum(rule.review == "approved" for rule in knowledge.rules)
    state = f"draft, {approved} rules approved" if approved else "draft, not reviewed by a clinician"
    if not knowledge.draft:
        state = "approved"
    paper.line(f"Knowledge {manifest.version} of {manifest.released} ({state}), content {knowledge.content_hash[:12]}")
    paper.line(
        f"{len(knowledge.scenarios)} scenarios, {len(knowledge.recommendations)} recommendations, "
        f"{len(knowledge.orders)} order rules, {len(knowledge.safety_rules)} safety rules "
        f"({len(evidence.planned_safety)} more specified, not checked), {len(knowledge.features)} features"
    )
    paper.line(
        f"{len(knowledge.cards)} card templates, {len(knowledge.suggestions)} suggestions, {len(knowledge.words)} "
        f"words, {len(evidence.sentences)} standard sentences, {len(evidence.sources)} sources"
    )
    paper.line(f"{len(concepts.concepts)} concepts with {codes} codes, {len(concepts.sets)} sets")
    of_site = {
        (row.system, row.code)
        for key in concepts.concepts
        for row in concepts.code_rows(key)
        if row.status == SITE_STATUS
    }
    if knowledge.site.file_hash:
        paper.line(f"{len(of_site)} codes of the site, {len(concepts.orderables)} of them orderables")
        site = knowledge.site
        whole = "; the whole service in shadow" if site.in_shadow else ""
        paper.line(
            f"{len(site.ids('off'))} rules off, {len(site.ids('shadow'))} in shadow, "
            f"{len(site.thresholds)} thresholds of the site's own{whole}"
        )
