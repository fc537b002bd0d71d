"""The CDS Clients that this service trusts: one entry of CDS_TRUSTED_CLIENTS each (SEC-2, SEC-7, SEC-8, decision 4).

A client is found by the issuer of its token, and by the tenant where one issuer speaks for several organisations.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, model_validator

from cds_service.ehr.allow_list import AllowList, BaseUrl, build_allow_list, parse_base_url
from cds_service.ehr.json_web_keys import Keys, UnusableKeySet, read_key_set
from cds_service.errors import StartRefused
from treatment_algorithm.knowledge_errors import KnowledgeError
from treatment_algorithm.knowledge_files import line_of, read_models, refuse_repeated_keys

Algorithm = Literal["ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
"""Asymmetric signatures only: `none` and HS* can not even be configured (JWT-4, JWT-5)."""

_LOOPBACK = re.compile(r"127\.\d+\.\d+\.\d+|localhost|\[::1\]")
_Text = Annotated[str, StringConstraints(min_length=1, max_length=2048)]


class ClientEntry(BaseModel):
    """One client as the file writes it; docs/trusted-clients.md explains each member."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,62}$")]
    issuer: _Text
    key_set_url: _Text | None = None
    key_set: _Text | None = None
    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1)] = ("ES384", "RS384")
    audiences: tuple[_Text, ...] = ()
    fhir_servers: tuple[_Text, ...] = ()
    tenants: tuple[_Text, ...] = ()
    site_file: _Text | None = None

    @model_validator(mode="after")
    def _has_keys(self) -> "ClientEntry":
        if self.key_set_url is None and self.key_set is None:
            raise ValueError("a client needs key_set_url or key_set")
        return self


class ClientFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    clients: Annotated[tuple[ClientEntry, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class TrustedClient:
    """A CDS Client and what it may do.

    `keys`: its public keys when they were given as a file, None when they are fetched from `key_set_url`.
    `allow_list`: the FHIR servers that a request of it may name. `tenants`: empty when the token's is not looked at.
    `site_file`: that of its own, None for that of the service.
    """

    name: str
    issuer: str
    key_set_url: str | None
    keys: Keys | None
    algorithms: frozenset[str]
    audiences: frozenset[str]
    allow_list: AllowList
    tenants: frozenset[str]
    site_file: Path | None = None


@dataclass(frozen=True, slots=True)
class TrustedClients:
    """The table of clients, by issuer."""

    by_issuer: Mapping[str, tuple[TrustedClient, ...]]

    def find(self, issuer: str, tenant: str | None) -> TrustedClient | None:
        """The client of this issuer and tenant, None when there is none (JWT-9, JWT-21)."""
        open_to_all = None
        for client in self.by_issuer.get(issuer, ()):
            if tenant in client.tenants:
                return client
            if not client.tenants:
                open_to_all = client
        return open_to_all

    def __iter__(self) -> Iterator[TrustedClient]:
        return (client for clients in self.by_issuer.values() for client in clients)


def load_trusted_clients(file: Path, allowed: AllowList, production: bool) -> TrustedClients:
    """The clients of a file; `allowed` are the FHIR servers that every client may name beside its own.

    Raises StartRefused with file and line for a member that does not exist, a URL that cannot be used, a key set that
    holds no usable key, or two clients that one token could mean.
    """
    try:
        entries = read_models(file, TypeAdapter(ClientFile)).clients
        text = file.read_text(encoding="utf-8")
        refuse_repeated_keys(file.name, text)
        seen: list[ClientEntry] = []
        clients: dict[str, tuple[TrustedClient, ...]] = {}
        for number, entry in enumerate(entries):
            try:
                _refuse_second_meaning(entry, seen)
                client = _client(entry, file.parent, allowed, production)
            except _Wrong as wrong:
                raise KnowledgeError(file.name, line_of(text, ("clients", number, wrong.member)), str(wrong)) from None
            seen.append(entry)
            clients[entry.issuer] = (*clients.get(entry.issuer, ()), client)
    except UnicodeDecodeError:
        raise StartRefused("The file of trusted clients (CDS_TRUSTED_CLIENTS) is not UTF-8.") from None
    except KnowledgeError as error:
        raise StartRefused(f"The file of trusted clients (CDS_TRUSTED_CLIENTS) is wrong. {error}") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StartRefused(f"The file of trusted clients (CDS_TRUSTED_CLIENTS) cannot be read: {reason}.") from None
    return TrustedClients(MappingProxyType(clients))


class _Wrong(Exception):
    """A member of an entry that cannot be used."""

    def __init__(self, member: str, message: str) -> None:
        super().__init__(message)
        self.member = member


def _client(entry: ClientEntry, folder: Path, allowed: AllowList, production: bool) -> TrustedClient:
    if entry.key_set_url is not None:
        _refuse_open_url(entry.key_set_url, production)
    return TrustedClient(
        name=entry.name,
        issuer=entry.issuer,
        key_set_url=entry.key_set_url,
        keys=None if entry.key_set is None else _keys(folder / entry.key_set),
        algorithms=frozenset(entry.algorithms),
        audiences=frozenset(audience.removesuffix("/") for audience in entry.audiences),
        allow_list=AllowList(allowed.bases | _bases(entry.fhir_servers, production)),
        tenants=frozenset(entry.tenants),
        site_file=None if entry.site_file is None else folder / entry.site_file,
    )


def _keys(file: Path) -> Keys:
    try:
        return read_key_set(file.read_bytes())
    except UnusableKeySet as error:
        raise _Wrong("key_set", str(error)) from None
    except OSError as error:
        raise _Wrong("key_set", f"the key set cannot be read: {error.strerror}") from None


def _bases(urls: Iterable[str], production: bool) -> frozenset[BaseUrl]:
    try:
        return build_allow_list(urls if production else (), () if production else urls).bases
    except ValueError as error:
        raise _Wrong("fhir_servers", str(error)) from None


def _refuse_open_url(url: str, production: bool) -> None:
    base = parse_base_url(url)
    if base is None:
        raise _Wrong("key_set_url", "it is no http or https URL, or has a query or a fragment")
    if base.scheme != "https" and (production or not _LOOPBACK.fullmatch(base.host)):
        raise _Wrong("key_set_url", "it is not https (plain http is for loopback outside production)")


def _refuse_second_meaning(entry: ClientEntry, seen: Iterable[ClientEntry]) -> None:
    """One token must mean one client: tenants of one issuer are disjoint, and at most one takes the rest."""
    for other in seen:
        if other.name == entry.name:
            raise _Wrong("name", f"{entry.name} stands here twice")
        if other.issuer != entry.issuer:
            continue
        if not entry.tenants and not other.tenants:
            raise _Wrong("issuer", f"{other.name} has this issuer already, and neither names tenants")
        if set(entry.tenants) & set(other.tenants):
            raise _Wrong("tenants", f"{other.name} has one of these tenants already")
