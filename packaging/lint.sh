#!/usr/bin/env bash
# Checks what is no Rust: workflows by actionlint, scripts by shellcheck, runbooks and configuration
# by taplo with the schemas that duckops prints, hooks and templates as YAML.
#
#   packaging/lint.sh [DUCKOPS]      needs actionlint, shellcheck, taplo and python3 with PyYAML
set -euo pipefail
duckops=$(realpath "${1:-target/debug/duckops}")
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

actionlint .github/workflows/*.yml
echo "ok: workflows"

shellcheck --external-sources --severity=warning packaging/*.sh packaging/*/*.sh packaging/deb/* \
    packaging/container/watch packaging/container/health gate/try.sh
echo "ok: scripts"

python3 - .pre-commit-hooks.yaml .gitlab-ci.yml gate/*.yml .github/dependabot.yml packaging/container/compose.yml <<'PY'
import sys, yaml
for file in sys.argv[1:]:
    yaml.safe_load(open(file))
PY
echo "ok: YAML"

"$duckops" schema --runbook >"$work/runbook.schema.json"
"$duckops" schema --config >"$work/config.schema.json"
taplo check --schema "file://$work/runbook.schema.json" runbooks/*.toml
taplo check --schema "file://$work/config.schema.json" contrib/config.toml
# As an editor finds it: by the first line of a new runbook.
"$duckops" runbook new inc-900 --runbooks "$work/own" >/dev/null
taplo check "$work/own/inc-900.toml"
sed 's/^severity = .*/severity = "P9"/' "$work/own/inc-900.toml" >"$work/own/inc-901.toml"
if taplo check "$work/own/inc-901.toml" 2>"$work/said"; then
    echo "$0: taplo takes a runbook with a wrong severity" >&2
    exit 1
fi
grep -q P9 "$work/said"
echo "ok: runbooks and configuration, and a wrong runbook is refused"

# The hooks as pre-commit runs them.
mkdir "$work/hooks" && (cd "$work/hooks" && "$duckops" runbook new inc-902 --runbooks runbooks >/dev/null)
python3 - <<'PY' >"$work/hooks/run"
import shlex, yaml
for hook in yaml.safe_load(open(".pre-commit-hooks.yaml")):
    print(hook["entry"], shlex.join(hook["args"]))
PY
(cd "$work/hooks" && mkdir bin && ln -s "$duckops" bin/duckops && PATH=$PWD/bin:$PATH sh -e run >/dev/null)
echo 'verdict = 1' >>"$work/hooks/runbooks/inc-902.toml"
if (cd "$work/hooks" && PATH=$PWD/bin:$PATH sh -e run >/dev/null 2>&1); then
    echo "$0: the hooks pass a broken runbook" >&2
    exit 1
fi
echo "ok: the hooks"
