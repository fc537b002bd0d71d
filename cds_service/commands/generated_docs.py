"""`calcinosis-cds generated-docs`: write the documents that are made from the knowledge, or say which are old."""

import json
from pathlib import Path
from typing import Annotated

import typer

from cds_service.commands.ending import found, refuse
from cds_service.documents.clinical_knowledge import clinical_knowledge
from cds_service.documents.fhir_access import fhir_access_page
from treatment_algorithm.knowledge_base import knowledge_folder, load_knowledge
from treatment_algorithm.knowledge_errors import KnowledgeError
from treatment_algorithm.site_file import site_file_schema

FOLDER = Path("docs")
SCHEMA = "site-file.schema.json"
Check = Annotated[bool, typer.Option("--check", help="Write nothing; exit status 1 if a document is not current.")]
Target = Annotated[Path, typer.Option("--folder", metavar="FOLDER", help="Where the documents stand.")]


def generated_docs(check: Check = False, folder: Target = FOLDER) -> None:
    """Write clinical-knowledge.md, scopes.md and site-file.schema.json.

    Every ID of the clinical specification; the queries and SMART scopes; the form of a site file, for editors.

    Run it in the root of the project after every change of the knowledge or its stories.
    """
    try:
        documents = _documents()
    except KnowledgeError as error:
        refuse(f"the knowledge is not sound. {error}")
    if not check and not folder.is_dir():
        refuse(f"there is no folder {folder}: run this in the root of the project")
    old = [file for file, text in documents.items() if not _holds(folder / file, text)]
    for file, text in documents.items():
        if check:
            state = "not current: run calcinosis-cds generated-docs" if file in old else "current"
            typer.echo(f"{folder / file} is {state}")
        else:
            (folder / file).write_text(text, encoding="utf-8")
            typer.echo(f"{folder / file} written")
    found(check and bool(old))


def _documents() -> dict[str, str]:
    """File name -> text, all from the knowledge as it is shipped."""
    folder = knowledge_folder()
    knowledge = load_knowledge(folder)
    return {
        "clinical-knowledge.md": clinical_knowledge(knowledge, folder),
        "scopes.md": fhir_access_page(knowledge),
        SCHEMA: json.dumps(site_file_schema(knowledge), indent=2) + "\n",
    }


def _holds(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == text
