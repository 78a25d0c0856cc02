#!/usr/bin/env bash
# Tries the dashboard: its JSON against Grafana's own types, then every query of every panel and
# variable in a real Prometheus that scrapes a real node_exporter, which serves what `duckops check`
# wrote of the practice stack. A query that finds nothing fails. All addresses are on 127.0.0.1.
#
#   packaging/grafana/try.sh [DUCKOPS]        needs node with npm, python3, prometheus, promtool and
#                                             prometheus-node-exporter on the PATH
set -euo pipefail
duckops=$(realpath "${1:-target/debug/duckops}")
cd "$(dirname "$0")"
dashboard=$PWD/duckops.json
work=$(mktemp -d)
started=()
cleanup() {
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
say() { printf '\n== %s\n' "$*"; }

say "the schema"
mkdir "$work/types"
python3 - "$dashboard" "$PWD/schema.ts" "$work/types/dashboard.ts" <<'PY'
import sys
dashboard, schema, out = sys.argv[1:]
with open(out, "w") as file:
    file.write(open(schema).read().replace("DASHBOARD;", open(dashboard).read() + ";"))
PY
cat >"$work/types/package.json" <<'JSON'
{ "private": true, "dependencies": { "@grafana/schema": "13.2.3", "typescript": "7.0.2" } }
JSON
(cd "$work/types" && npm install --silent --no-audit --no-fund &&
    npx tsc --noEmit --strict --skipLibCheck --module esnext --moduleResolution bundler dashboard.ts)
# That it can complain: the same with a wrong word.
sed 's/"graphTooltip": 1/"graphTooltips": 1/' "$work/types/dashboard.ts" >"$work/types/wrong.ts"
if (cd "$work/types" && npx tsc --noEmit --strict --skipLibCheck --module esnext --moduleResolution bundler wrong.ts >/dev/null); then
    echo "$0: a dashboard with a key that does not exist passes too" >&2
    exit 1
fi
echo "ok: the dashboard fits @grafana/schema, and one with an unknown key does not"

say "the practice stack, a check, node_exporter and Prometheus"
"$duckops" drill serve --scene inc-004 >"$work/serve" &
started+=($!)
for _ in $(seq 100); do grep -q DUCKOPS_API_URL "$work/serve" && break; sleep 0.1; done
eval "$(grep '^export' "$work/serve")"
case "$DUCKOPS_API_URL$AWS_ENDPOINT_URL" in
    http://127.0.0.1:*http://127.0.0.1:*) ;;
    *) echo "$0: not on loopback" >&2; exit 1 ;;
esac
export DUCKOPS_STATE_DIR=$work/state HOME=$work
mkdir "$work/textfile"
check() { "$duckops" check --quiet --textfile "$work/textfile/duckops.prom" >/dev/null 2>&1 || true; }
check
"$duckops" rules >"$work/duckops.rules.yml"
read -r exporter prometheus < <(python3 - <<'PY'
import socket
sockets = [socket.socket() for _ in range(2)]
for one in sockets: one.bind(("127.0.0.1", 0))
print(*[one.getsockname()[1] for one in sockets])
PY
)
prometheus-node-exporter --web.listen-address="127.0.0.1:$exporter" --collector.disable-defaults \
    --collector.textfile --collector.textfile.directory="$work/textfile" 2>"$work/exporter.log" &
started+=($!)
cat >"$work/prometheus.yml" <<YAML
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [ $work/duckops.rules.yml ]
scrape_configs:
  - job_name: node
    static_configs: [ { targets: [ "127.0.0.1:$exporter" ] } ]
YAML
promtool check config "$work/prometheus.yml"
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/tsdb" \
    --web.listen-address="127.0.0.1:$prometheus" 2>"$work/prometheus.log" &
started+=($!)
for _ in 1 2 3; do sleep 3; check; done
sleep 3

say "every query"
python3 - "$dashboard" "http://127.0.0.1:$prometheus" <<'PY'
import json, re, sys, time, urllib.parse, urllib.request

dashboard, prometheus = json.load(open(sys.argv[1])), sys.argv[2]


def ask(path, **values):
    url = f"{prometheus}/api/v1/{path}?{urllib.parse.urlencode(values)}"
    with urllib.request.urlopen(url, timeout=10) as answer:
        told = json.load(answer)
    assert told["status"] == "success", told
    return told["data"]


values, empty, count = {}, [], 0
for variable in dashboard["templating"]["list"]:
    if variable["type"] != "query":
        continue
    query = variable["query"]["query"]
    for name, value in values.items():
        query = query.replace(f"${name}", value)
    selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", query).groups()
    found = ask(f"label/{label}/values", **{"match[]": selector})
    count += 1
    if not found:
        empty.append(query)
    values[variable["name"]] = "|".join(map(re.escape, found))
    print(f"{len(found):4} values   {query}")
now = time.time()
for panel in dashboard["panels"]:
    for target in panel["targets"]:
        query = target["expr"]
        for name, value in values.items():
            query = query.replace(f"${name}", value.replace("\\", "\\\\"))
        series = ask("query_range", query=query, start=now - 15, end=now, step=1)["result"]
        count += 1
        if not series:
            empty.append(target["expr"])
        print(f"{len(series):4} series   {panel['title']}: {target['expr']}")
fired = ask("query", query='ALERTS{alertname="DuckopsInc004Critical",alertstate="firing"}')["result"]
assert fired, "the alert of the scene does not fire"
kinds = ask("metadata")
counters = {name for name, told in kinds.items() if name.startswith("duckops") and told[0]["type"] == "counter"}
assert counters == {"duckops_fact_total"}, counters
for panel in dashboard["panels"]:
    for target in panel["targets"]:
        used = set(re.findall(r"(?:increase|rate)\((\w+)", target["expr"]))
        assert used <= counters, f"{used} is no counter"
if empty:
    sys.exit("found nothing: " + "; ".join(empty))
print(f"ok: {count} queries, each found something; the alert of the scene fires")
PY
