#!/usr/bin/env bash
# Runs the shell steps of gate/action.yml and gate/gitlab.yml as they stand, against the practice
# stack on 127.0.0.1: exit code, summary and JUnit file for a version that is safe, one that is not
# and one that nobody published. Needs python3 with PyYAML.
#
#   gate/try.sh [DUCKOPS]
set -euo pipefail
duckops=$(realpath "${1:-target/debug/duckops}")
cd "$(dirname "$0")"
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$duckops" "$work/bin/duckops"

script() { # FILE, PATH of the step
    python3 - "$@" <<'PY'
import sys, yaml
file, kind = sys.argv[1:]
document = yaml.safe_load(open(file))
if kind == "action":
    (step,) = [step for step in document["runs"]["steps"] if step.get("id") == "gate"]
    print(step["run"])
else:
    print("\n".join(document["duckops:gate"]["script"]))
PY
}
script action.yml action >"$work/action.sh"
script gitlab.yml gitlab >"$work/gitlab.sh"

serve() { # SCENE
    [ -z "$server" ] || { kill "$server"; wait "$server" 2>/dev/null || true; }
    # The shell in the background may open it late, and what stood there is of the scene before.
    : >"$work/serve"
    "$duckops" drill serve --scene "$1" >"$work/serve" &
    server=$!
    for _ in $(seq 100); do grep -q DUCKOPS_API_URL "$work/serve" && break; sleep 0.1; done
    eval "$(grep '^export' "$work/serve")"
    case "$DUCKOPS_API_URL$AWS_ENDPOINT_URL" in
        http://127.0.0.1:*http://127.0.0.1:*) ;;
        *) echo "$0: not on loopback" >&2; exit 1 ;;
    esac
    export DUCKOPS_STATE_DIR=$work/state-$1 HOME=$work
}
try() { # WHICH, VERSION, STRICT, the exit code that is due
    local which=$1 version=$2 strict=$3 due=$4 code=0
    rm -f "$work"/summary "$work"/output "$work"/*.xml "$work"/*.md
    touch "$work/summary" "$work/output"
    case $which in
        action)
            (cd "$work" && env DUCKOPS="$duckops" TO="$version" STRICT="$strict" DEPLOY_LOG= JUNIT=gate.xml \
                GITHUB_STEP_SUMMARY="$work/summary" GITHUB_OUTPUT="$work/output" \
                bash --noprofile --norc -eo pipefail action.sh >"$work/log" 2>&1) || code=$?
            summary=$work/summary junit=$work/gate.xml ;;
        gitlab)
            (cd "$work" && env PATH="$work/bin:$PATH" DUCKOPS_TO="$version" DUCKOPS_STRICT="$strict" \
                sh -e gitlab.sh >"$work/log" 2>&1) || code=$?
            summary=$work/duckops-gate.md junit=$work/duckops-gate.xml ;;
    esac
    [ "$code" = "$due" ] || { cat "$work/log"; echo "$0: $which, version $version, strict $strict: exit $code, expected $due" >&2; exit 1; }
    grep -q '^# ' "$summary" || { echo "$0: no markdown in the summary" >&2; exit 1; }
    python3 - "$junit" "$due" <<'PY'
import sys, xml.etree.ElementTree as ET
root, due = ET.parse(sys.argv[1]).getroot(), int(sys.argv[2])
bad = int(root.get("failures")) + int(root.get("errors"))
assert (bad > 0) == (due > 0), (root.attrib, due)
PY
    echo "ok: $which, version $version, strict $strict: exit $code: $(head -n 1 "$summary")"
}
for which in action gitlab; do
    # All is well, and version 61 serves.
    serve healthy
    try $which 61 false 0
    try $which 999 false 2
    # Version 62 breaks what it answers.
    serve inc-001
    try $which 62 false 2
    # Nobody may read what there is to judge by.
    serve alias-denied
    try $which 61 false 3
    # Safe, with cautions.
    serve drift
    try $which 61 false 0
    try $which 61 true 1
done
echo "ok: both gates end as the check does"
