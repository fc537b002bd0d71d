"""The service against an R4 server that nobody here wrote: the demo patients in it, hook requests without prefetch.

    python -m scripts.check_real_fhir COPY    COPY: a copy of the repository, of which demo/ and deploy/ are used

Needs npm and a registry (demo/fhir-server/package-lock.json brings a Node of its own); skipped with the reason without.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.loader.load import read_resources
from scripts import real_fhir_cards, real_fhir_medications, real_fhir_refusals
from scripts.demo_fhir_server import DemoFhirServer, NotHere, install, running
from scripts.http_calls import call
from scripts.real_fhir_cards import Bench
from scripts.real_fhir_requests import TOKEN, read_requests
from scripts.serving import clean_environment, free_port, serving
from scripts.tally import Tally

_START_SECONDS = 60.0
_LOAD_SECONDS = 120.0
# The server is one thread that looks at every resource for every search; what is checked here is not its speed.
_DEADLINE_SECONDS = "20"
_CHECKS = (
    real_fhir_cards.same_as_prefetched,
    real_fhir_cards.without_a_server,
    real_fhir_cards.key_by_key,
    real_fhir_cards.round_trips,
    real_fhir_cards.page_by_page,
    real_fhir_cards.first_pages_as_prefetch,
    real_fhir_cards.absolute_references,
    real_fhir_refusals.tokens,
    real_fhir_refusals.narrow_scopes,
    real_fhir_refusals.refused_types,
    real_fhir_refusals.unknown_patient,
    real_fhir_medications.separate_medications,  # last: it changes the charts on the server
)


def _load(copy: Path, fhir: DemoFhirServer) -> str:
    """Run the loader of the containers; what it said last."""
    command = [sys.executable, "deploy/loader/load.py", "demo/patients", "--base", fhir.base]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=_LOAD_SECONDS, check=False)
    lines = (done.stdout + done.stderr).strip().splitlines()
    if done.returncode:
        raise RuntimeError("\n".join(lines[-10:]))
    return lines[-1].replace(fhir.base, "the FHIR server")


@contextmanager
def _service(place: Path, fhir: DemoFhirServer) -> Iterator[tuple[str, Path]]:
    """The service as it is started by hand, allowed to call `fhir` back; its address, and its log."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    env = clean_environment(
        CDS_PORT=str(port), CDS_ALLOW_HTTP_FHIR=fhir.base, CDS_DEADLINE_SECONDS=_DEADLINE_SECONDS, CDS_LOG_LEVEL="debug"
    )
    command = [sys.executable, "-m", "cds_service.cli", "serve"]
    with serving(command, place, env, f"{address}/readyz", _START_SECONDS) as log:
        yield address, log


def _check(copy: Path, fhir_folder: Path, place: Path, tally: Tally) -> None:
    with running(fhir_folder) as fhir:
        tally.check(True, _load(copy, fhir))
        patients = {one["id"] for one in read_resources(copy / "demo/patients") if one["resourceType"] == "Patient"}
        requests = tuple(read_requests(copy / "demo/hook-requests", patients))
        with _service(place, fhir) as (address, log):
            services = call("GET", f"{address}/cds-services").content["services"]
            templates = {service["hook"]: service["prefetch"] for service in services}
            bench = Bench(address, fhir, requests, templates, tally)
            for check in _CHECKS:
                fhir.behave(token=TOKEN)
                fhir.asked()
                check(bench)
            written = log.read_text(encoding="utf-8", errors="replace")
            tally.check(bool(written) and TOKEN not in written, "the service's log does not hold the token")


def main() -> int:
    """Exit code 0 when every check holds, or the server cannot be had here."""
    parser = argparse.ArgumentParser(description="Check the service against a FHIR server of others.")
    parser.add_argument("copy", type=Path)
    copy: Path = parser.parse_args().copy.resolve()
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="calcinosis-cds-fhir-") as folder:
        place = Path(folder)
        fhir_folder = place / "fhir-server"
        kept_out = shutil.ignore_patterns("node_modules")
        shutil.copytree(copy / "demo/fhir-server", fhir_folder, ignore=kept_out)
        try:
            install(fhir_folder)
            _check(copy, fhir_folder, place, tally)
        except NotHere as reason:
            tally.skip("a FHIR server of others", str(reason))
        except (RuntimeError, OSError, subprocess.SubprocessError) as fault:
            tally.check(False, "the FHIR server and the service run", str(fault))
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
