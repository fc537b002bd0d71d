"""`calcinosis-cds doctor`: what is wrong with this installation, an EHR's FHIR server, or a running service."""

from pathlib import Path
from typing import Annotated

import typer

from cds_service.commands.ending import found, refuse

Ehr = Annotated[str | None, typer.Option("--ehr", metavar="URL", help="The base URL of the EHR's FHIR R4 server.")]
TokenFile = Annotated[
    Path | None,
    typer.Option("--token-file", metavar="FILE", help="An access token for --ehr; it is sent there and nowhere else."),
]
PatientId = Annotated[
    str | None,
    typer.Option(
        "--patient", metavar="ID", help="With --ehr: read this patient as a hook call would. Counts only are shown."
    ),
]
Service = Annotated[
    str | None,
    typer.Option("--service", metavar="URL", help="The running service by its public base URL, or the word "
                 "'configured' for CDS_PUBLIC_BASE_URL. It gets a call with an invented patient."),
]  # fmt: skip
Origin = Annotated[
    str | None,
    typer.Option("--origin", metavar="ORIGIN", help="With --service: may a web page of this origin call it?"),
]
JwtKey = Annotated[
    Path | None,
    typer.Option(
        "--jwt-key", metavar="FILE", help="With --service: sign test tokens with this private key (PEM or JWK)."
    ),
]
Issuer = Annotated[str | None, typer.Option("--issuer", metavar="ISS", help="With --jwt-key: the issuer (iss).")]
Kid = Annotated[str | None, typer.Option("--kid", metavar="KID", help="With --jwt-key: the key's id (kid).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def doctor(
    ehr: Ehr = None,
    token_file: TokenFile = None,
    patient: PatientId = None,
    service: Service = None,
    origin: Origin = None,
    jwt_key: JwtKey = None,
    issuer: Issuer = None,
    kid: Kid = None,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with the settings, with an EHR's FHIR server (--ehr), with a running service (--service).

    One line for each thing looked at: ok, warn or FAIL, what is wrong, and what to do. No secret and nothing of a chart
    is printed. Nothing is changed here; a service that is called records it like any other call. Exit status 0 when all
    is ok, 1 when something was found, 2 when it could not run.

    Example: calcinosis-cds doctor --ehr https://ehr.example.org/fhir/r4 --token-file token.txt --patient 123
    """
    if (token_file or patient) and ehr is None:
        refuse("--token-file and --patient need --ehr")
    if token_file and not patient:
        refuse("--token-file needs --patient: a token is only used to read a patient")
    if (origin or jwt_key) and service is None:
        refuse("--origin and --jwt-key need --service (--service configured for CDS_PUBLIC_BASE_URL)")
    if (jwt_key, issuer, kid).count(None) not in (0, 3):
        refuse("--jwt-key, --issuer and --kid belong together")
    # Data base, signatures, HTTP: a second of imports that the other commands need not pay.
    from cds_service.commands.doctor_report import Questions, report

    found(report(Questions(ehr, token_file, patient, service, origin, jwt_key, issuer or "", kid or ""), as_json))
