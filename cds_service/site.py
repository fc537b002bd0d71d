"""The site file: what the settings add to the knowledge at start (decision 4, CDS_SITE_FILE; docs/site-file.md)."""

from pathlib import Path

from cds_service.errors import StartRefused
from treatment_algorithm.knowledge_base import KnowledgeBase
from treatment_algorithm.knowledge_errors import KnowledgeError
from treatment_algorithm.site_codes import with_site_file


def knowledge_of_site(knowledge: KnowledgeBase, site_file: Path | None) -> KnowledgeBase:
    """The knowledge as this site uses it: with the codes and orderables of its file, unchanged without one.

    Raises StartRefused for a file that cannot be read or is wrong, with file and line: a service that reads a site's
    codes wrongly or not at all is worse than none.
    """
    if site_file is None:
        return knowledge
    try:
        return with_site_file(knowledge, site_file)
    except KnowledgeError as error:
        raise StartRefused(f"The site file (CDS_SITE_FILE) is wrong. {error}") from None
    except OSError as error:
        raise StartRefused(f"The site file (CDS_SITE_FILE) cannot be read: {error.strerror}.") from None
