"""Which URLs are FHIR bases, which are on the list, and which next links stay under one (FHIR-10, goal G6)."""

import pytest

from cds_service.ehr.allow_list import BaseUrl, build_allow_list, parse_base_url
from tests.support.disguised_urls import BASE, DISGUISED


@pytest.mark.checklist("FHIR-10")
@pytest.mark.parametrize("url", DISGUISED)
def test_no_disguise_is_on_the_list(url: str) -> None:
    assert build_allow_list([BASE], []).admit(url) is None


@pytest.mark.parametrize("url", [BASE, f"{BASE}/", "HTTPS://EHR.example.org/fhir", "https://ehr.example.org:443/fhir"])
def test_the_same_base_written_otherwise_is_on_the_list(url: str) -> None:
    assert build_allow_list([BASE], []).admit(url) == BaseUrl("https", "ehr.example.org", 443, "/fhir")


def test_a_letter_that_only_looks_like_one_of_the_host_is_no_disguise_either() -> None:
    """The Kelvin sign is a k in lower case."""
    assert build_allow_list(["https://kings.example.org/fhir"], []).admit("https://\u212aings.example.org/fhir") is None


def test_no_server_is_on_no_list() -> None:
    assert build_allow_list([BASE], []).admit(None) is None
    assert build_allow_list([], []).admit(BASE) is None


@pytest.mark.checklist("GEN-7")
def test_plain_http_only_from_its_own_setting() -> None:
    """Decision 4: CDS_ALLOW_HTTP_FHIR."""
    with pytest.raises(ValueError, match="CDS_ALLOW_HTTP_FHIR"):
        build_allow_list(["http://127.0.0.1:8080/fhir"], [])
    listed = build_allow_list([], ["http://127.0.0.1:8080/fhir"])
    assert str(listed.admit("http://127.0.0.1:8080/fhir/")) == "http://127.0.0.1:8080/fhir"


def test_a_setting_that_is_no_base_url_is_refused() -> None:
    with pytest.raises(ValueError, match="no base URL"):
        build_allow_list(["https://ehr.example.org/fhir?tenant=1"], [])


@pytest.mark.parametrize(
    ("link", "url"),
    [
        (f"{BASE}/Condition?page=2", f"{BASE}/Condition?page=2"),
        (f"{BASE}?_getpages=1", f"{BASE}?_getpages=1"),
        ("Condition?page=2", f"{BASE}/Condition?page=2"),
        ("https://ehr.example.org:443/fhir/Condition", f"{BASE}/Condition"),
        (f"{BASE}/Condition?next=https://evil.example.org", f"{BASE}/Condition?next=https://evil.example.org"),
        (f"{BASE}/Condition?date=ge2020%2D01", f"{BASE}/Condition?date=ge2020%2D01"),
    ],
)
def test_a_link_under_the_base_is_followed(link: str, url: str) -> None:
    """FHIR-2."""
    base = parse_base_url(BASE)
    assert base is not None
    assert base.link_under(link) == url


@pytest.mark.checklist("FHIR-2")
@pytest.mark.parametrize(
    "link", [*DISGUISED[:3], *DISGUISED[5:19], "/admin", "../admin", "..;/admin", "\t/fhir", "//evil.example.org/x"]
)
def test_a_link_that_leads_elsewhere_is_not(link: str) -> None:
    """FHIR-2, goal G6."""
    base = parse_base_url(BASE)
    assert base is not None
    if link != "https://ehr.example.org/fhir/r4":
        assert base.link_under(link) is None


def test_a_base_at_the_root_has_everything_of_its_origin_under_it() -> None:
    base = parse_base_url("https://ehr.example.org/")
    assert base is not None
    assert base.link_under("https://ehr.example.org/Condition") == "https://ehr.example.org/Condition"
    assert base.link_under("https://ehr.example.org.evil.org/Condition") is None
