"""PageSet: the pages of one running service, each rendered once, at its first request."""

from collections.abc import Mapping
from functools import cached_property
from importlib.metadata import version
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from cds_service.pages.about import about_context, example_request
from cds_service.pages.guideline import guideline_context
from cds_service.pages.page import CSS, JSON, Page, finished
from cds_service.pages.site_words import moved_thresholds, switched_rules
from cds_service.pages.source_attributes import source_attributes
from cds_service.pages.workbench import workbench_served
from cds_service.settings import DISTRIBUTION, Settings
from treatment_algorithm.knowledge_base import KnowledgeBase, knowledge_folder
from treatment_algorithm.source_attributes import load_source_attributes


class PageSet:
    """The guideline, the account of the service, the index, and their style sheet."""

    def __init__(self, knowledge: KnowledgeBase, settings: Settings) -> None:
        # Of what is off at the site the pages tell too.
        self._knowledge = knowledge.site.every_rule or knowledge
        self._settings = settings

    @cached_property
    def guideline(self) -> Page:
        """GET /guideline: the whole knowledge, one element with an id for every rule and every piece of evidence.

        Where there is a workbench, a patient's way can be shown on it, by the modules of the workbench.
        """
        shown = workbench_served(self._settings)
        context = {**guideline_context(self._knowledge), "path_shown": shown}
        return self._rendered("guideline.html", context, scripted=shown)

    @cached_property
    def about(self) -> Page:
        """GET /about: for whom the service is, what it reads, keeps and does not do."""
        context = {**about_context(self._knowledge, self._settings), "source": self._source_attributes}
        return self._rendered("about.html", context)

    @cached_property
    def index(self) -> Page:
        """GET /, where the workbench is off: what this is and a first call to try."""
        return self._rendered("index.html", {"example": example_request(self._settings.public_base_url)})

    @cached_property
    def workbench(self) -> Page:
        """GET /, where the workbench is on: the frame that its modules fill."""
        return self._rendered("workbench.html", {}, scripted=True)

    @cached_property
    def stylesheet(self) -> Page:
        """GET /assets/pages.css."""
        return finished((files("cds_service.pages") / "assets" / "pages.css").read_text(encoding="utf-8"), CSS)

    @cached_property
    def guideline_stylesheet(self) -> Page:
        """GET /assets/guideline.css: the figures and the paper of the guideline page."""
        return finished((files("cds_service.pages") / "assets" / "guideline.css").read_text(encoding="utf-8"), CSS)

    @cached_property
    def source_attributes(self) -> Page:
        """GET /api/source-attributes: where the rules come from and which patient data they use, as JSON."""
        return finished(msgspec.json.encode(self._source_attributes).decode(), JSON)

    @cached_property
    def _source_attributes(self) -> Mapping[str, Any]:
        declared = load_source_attributes(knowledge_folder())
        return source_attributes(declared, self._knowledge, version(DISTRIBUTION), self._settings.public_base_url)

    def _rendered(self, template: str, context: Mapping[str, Any], *, scripted: bool = False) -> Page:
        environment = Environment(
            loader=PackageLoader("cds_service.pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals["site_rules"] = self._knowledge.site.states
        standing = {
            "root": urlsplit(self._settings.public_base_url).path,
            "base_url": self._settings.public_base_url,
            "software_version": version(DISTRIBUTION),
            "manifest": self._knowledge.manifest,
            "content_hash": self._knowledge.content_hash,
            "draft": self._knowledge.draft,
            "switched": switched_rules(self._knowledge),
            "moved": moved_thresholds(self._knowledge),
            "all_in_shadow": self._knowledge.site.in_shadow,
            "own_sites": self._settings.client_auth == "required",
        }
        return finished(environment.get_template(template).render({**standing, **context}), scripted=scripted)
