"""`calcinosis-cds generated-docs`: write the documents that are made from the knowledge, or say if they are old."""

from pathlib import Path
from typing import Annotated

import typer

from cds_service.commands.ending import found, refuse
from cds_service.documents.clinical_knowledge import clinical_knowledge
from treatment_algorithm.knowledge_base import knowledge_folder, load_knowledge
from treatment_algorithm.knowledge_errors import KnowledgeError

DOCUMENT = Path("docs/clinical-knowledge.md")
Check = Annotated[bool, typer.Option("--check", help="Write nothing; exit status 1 if the document is not current.")]
Target = Annotated[Path, typer.Option("--file", metavar="FILE", help="Where the document stands.")]


def generated_docs(check: Check = False, file: Target = DOCUMENT) -> None:
    """Write docs/clinical-knowledge.md: every ID of the clinical specification, its home, and its stories.

    Run it in the root of the project after every change of the knowledge or its stories.
    """
    folder = knowledge_folder()
    try:
        text = clinical_knowledge(load_knowledge(folder), folder)
    except KnowledgeError as error:
        refuse(f"the knowledge is not sound. {error}")
    if check:
        current = file.is_file() and file.read_text(encoding="utf-8") == text
        typer.echo(f"{file} is {'current' if current else 'not current: run calcinosis-cds generated-docs'}")
        found(not current)
    elif not file.parent.is_dir():
        refuse(f"there is no folder {file.parent}: run this in the root of the project")
    else:
        file.write_text(text, encoding="utf-8")
        typer.echo(f"{file} written")
