"""The workbench: a page that calls the service as an EHR would, and shows beside each card what it rests on."""

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files
from typing import Any

from cds_service.pages.demo_charts import DemoCharts
from cds_service.pages.links import anchor_of
from cds_service.pages.page import CSS, JSON, SCRIPT, SVG, Page, finished
from cds_service.settings import Settings
from treatment_algorithm.knowledge_base import KnowledgeBase

MODULES = (
    "workbench", "element", "chart", "hook_calls", "card_view", "card_text", "why", "dialogs", "view_address",
    "view_request", "trace_marks", "chart_handover", "guideline", "lit_figures", "patient_way",
)  # fmt: skip
"""The ES modules of the workbench and of the guideline page, `assets/NAME.js`."""


class WorkbenchFiles:
    """What the page loads beside its HTML, each made once: modules, style, the rules with sources, the demo charts."""

    def __init__(self, charts: DemoCharts) -> None:
        self._charts = charts

    @cached_property
    def assets(self) -> Mapping[str, Page]:
        """File name -> page, for every module, the style sheet and the icon."""
        kinds = {**{f"{name}.js": SCRIPT for name in MODULES}, "workbench.css": CSS, "icon.svg": SVG}
        folder = files("cds_service.pages") / "assets"
        return {file: finished((folder / file).read_text(encoding="utf-8"), kind) for file, kind in kinds.items()}

    def start(self, knowledge: KnowledgeBase) -> Page:
        """GET /workbench/start.json: the rules in force with their sources, the demo charts, what can be changed."""
        return _json({**_knowledge(knowledge), **self._charts.offer()})

    @cached_property
    def charts(self) -> Mapping[str, Page]:
        """Name -> the Bundle of each demo chart."""
        return {name: _json(self._charts.chart(name)) for name in self._charts.names}


def workbench_served(settings: Settings) -> bool:
    """Whether there is a workbench: in production only with an admin token (decision 26)."""
    return settings.workbench == "on" and not (settings.production and settings.admin_token is None)


def may_enter(authorization: str | None, settings: Settings) -> bool:
    """Whether the workbench opens for this `Authorization` header.

    In production the password of HTTP Basic must be the admin token (RFC 7617); outside it is open.
    """
    if not settings.production:
        return True
    if settings.admin_token is None or authorization is None:
        return False
    scheme, _, value = authorization.partition(" ")
    try:
        given = base64.b64decode(value, validate=True).partition(b":")[2]
    except (ValueError, binascii.Error):
        return False
    token = settings.admin_token.read_bytes().strip()
    return scheme.lower() == "basic" and bool(token) and hmac.compare_digest(given, token)


def _json(content: Any) -> Page:
    return finished(json.dumps(content, ensure_ascii=False, separators=(",", ":")), JSON)


def _knowledge(knowledge: KnowledgeBase) -> dict[str, Any]:
    evidence = knowledge.evidence
    return {
        "rules": {
            rule.id: {
                "title": rule.title,
                "says": rule.says,
                "evidence": rule.evidence,
                "mark": rule.mark,
                "review": rule.review,
                "anchor": anchor_of(rule.id),
                "statements": list(rule.statements),
                "sources": list(rule.sources),
            }
            for rule in knowledge.rules
        },
        "sources": {
            source.id: {"label": source.label, "citation": source.citation, "url": source.url, "mark": source.mark}
            for source in evidence.sources.values()
        },
        "statements": {statement.id: statement.quote for statement in evidence.statements.values()},
        "features": {feature.id: feature.title for feature in knowledge.features},
    }
