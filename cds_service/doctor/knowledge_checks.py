"""The knowledge and the site file as this installation would use them."""

from collections.abc import Iterator

from cds_service.doctor.check import Check, fail, ok, warn
from cds_service.errors import StartRefused
from cds_service.settings import Settings
from cds_service.site import knowledge_of_site, refuse_draft_knowledge
from treatment_algorithm.knowledge_base import KnowledgeBase


def check_knowledge(knowledge: KnowledgeBase, settings: Settings) -> Iterator[Check]:
    """Draft or approved, and whether the site file can be read."""
    yield _review(knowledge, settings)
    if settings.site_file is None:
        yield ok("site file", "None (CDS_SITE_FILE): local codes are not known, drafts name ingredients.")
        return
    try:
        knowledge_of_site(knowledge, settings.site_file)
    except StartRefused as refusal:
        yield fail("site file", str(refusal))
    else:
        yield ok("site file", "Read without complaint.")


def _review(knowledge: KnowledgeBase, settings: Settings) -> Check:
    version = knowledge.manifest.version
    if not knowledge.draft:
        return ok("knowledge", f"Version {version}, every rule approved.")
    try:
        refuse_draft_knowledge(settings, knowledge.draft)
    except StartRefused as refusal:
        return fail("knowledge", f"Version {version}. {refusal}")
    sentence = f"Version {version} holds draft rules that no clinician has reviewed"
    if settings.production:
        return warn("knowledge", f"{sentence}; CDS_ALLOW_DRAFT_KNOWLEDGE allows them in production.")
    return ok("knowledge", f"{sentence}: for evaluation only.")
