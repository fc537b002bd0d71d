#!/usr/bin/env bash
# What needs more parts than the test suite: the README's commands in a clean copy, the links of the cards they give,
# the service beside FHIR servers with every fault and beside one of others, doctor, docker-compose.yml read by Compose,
# the Dockerfile's steps without an engine. Closing line: N passed, N failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

repository=$PWD
python=$repository/.venv/bin/python
place=$(mktemp -d -t calcinosis-cds-e2e-XXXXXX)
trap 'rm -rf "$place"' EXIT
copy=$place/copy
results=$place/results
mkdir "$copy"
# What a fresh clone would hold, with what is not committed yet; files deleted but not yet committed are left out.
git ls-files --cached --others --exclude-standard -z |
    while IFS= read -r -d '' file; do if [[ -e $file || -L $file ]]; then printf '%s\0' "$file"; fi; done |
    xargs -0 cp --parents --no-dereference --target-directory="$copy"

broken=0
part() { # part TITLE COMMAND...: run it, keep its output for the sum; a part that ends without its line has failed
    local title=$1 code=0
    shift
    echo "== $title"
    "$@" 2>&1 | tee "$place/part" || code=$?
    cat "$place/part" >>"$results"
    if ((code)) && ! grep -qE '^[0-9]+ passed, [1-9][0-9]* failed' "$place/part"; then
        broken=$((broken + 1))
    fi
}

part "the README's commands, then the links of every card" \
    "$python" -m scripts.run_readme "$copy" -- "$python" -m scripts.check_links "{base}" "$copy/demo/hook-requests"
part "client trust: two processes, one data base" "$python" -m scripts.check_client_trust
part "FHIR servers that fail, hang, lie and lead astray" "$python" -m scripts.check_faulty_fhir "$copy/demo"
part "a FHIR server of others: the same cards without prefetch" "$python" -m scripts.check_real_fhir "$copy"
part "nothing acknowledged is lost: kill, stop, store away" "$python" -m scripts.check_durability
part "a site file exchanged, a stop, traces: the real process" "$python" -m scripts.check_operations
part "ten thousand decisions made again" "$python" -m scripts.check_replay
part "doctor" "$python" -m scripts.check_doctor "$repository/.venv/bin/calcinosis-cds"
part "screening: memory, processes" "$python" -m scripts.check_screen
part "the workbench in a browser" "$python" -m scripts.check_workbench "$repository/.venv/bin/calcinosis-cds"
part "docker-compose.yml" "$python" -m scripts.check_compose "$copy/docker-compose.yml"
part "several replicas: compose.yaml" "$python" -m scripts.check_compose "$copy/deploy/replicas/compose.yaml"
part "Kubernetes manifests against the schemas of Kubernetes" \
    "$repository/.venv-uv/bin/uv" run --quiet --isolated --frozen --only-group manifests --python "$python" \
    python -m scripts.check_kubernetes "$copy/deploy/kubernetes"
part "Dockerfile" "$python" -m scripts.check_dockerfile "$copy" "$(readlink -f "$python")"
part "what a generator makes of the OpenAPI description" "$python" -m scripts.check_openapi
part "hostile input, a thousand requests at once, slow bodies" "$python" -m scripts.check_hostile

awk -v broken="$broken" '
    /^[0-9]+ passed, [0-9]+ failed/ { passed += $1; failed += $3; if ($6 ~ /^skipped/) skipped += $5 }
    END {
        failed += broken
        printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
        exit failed > 0
    }' "$results"
