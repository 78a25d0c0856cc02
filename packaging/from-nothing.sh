#!/usr/bin/env bash
# From nothing to an alert, each step printed: a clean Debian root, the package installed in it, a
# configuration, the check by the command line of its unit and as its user, its textfile read by a
# real node_exporter, the alert seen in a real Prometheus, and a drill. The stack is the practice
# stack on 127.0.0.1. Needs root and debootstrap, and prometheus, promtool and
# prometheus-node-exporter on the PATH.
#
#   packaging/from-nothing.sh [DEB]
set -euo pipefail
cd "$(dirname "$0")/.."
deb=${1:-$(find target/dist -name '*.deb' | sort | tail -n 1)}
work=$(mktemp -d)
chmod 755 "$work"
root=$work/root
pids=()
cleanup() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    remove_root "$root" && rm -rf --one-file-system "$work"
}
. packaging/root.sh
trap cleanup EXIT
step=0
say() { step=$((step + 1)); printf '\n== %s. %s\n' "$step" "$*"; }
shown() { echo "\$ $*" >&2; "$@"; }

say "a clean root"
make_root "$root" stable systemd,acl,ca-certificates
(. "$root/etc/os-release" && echo "$PRETTY_NAME")

say "the package"
cp "$deb" "$root/tmp/duckops.deb"
shown chroot "$root" dpkg --install /tmp/duckops.deb
shown chroot "$root" duckops --version

say "the practice stack, with an incident, in place of production"
chroot "$root" duckops drill serve --scene inc-004 >"$work/serve" &
pids+=($!)
for _ in $(seq 100); do grep -q DUCKOPS_API_URL "$work/serve" && break; sleep 0.1; done
# Where the practice stack is, and the keys for it; state, history and configuration are those of
# the installation.
mapfile -t variables < <(sed -n 's/^export //p' "$work/serve" | tr -d "'\"" | grep -E '^(DUCKOPS_API_URL|DUCKOPS_ACCOUNT|AWS_[A-Z0-9_]+)=')
for one in "${variables[@]}"; do
    case $one in
        *_URL=http://127.0.0.1:* | *_URL_*=http://127.0.0.1:*) ;;
        *_URL*) echo "$0: $one is not on loopback" >&2; exit 1 ;;
    esac
done
# For production the keys would be those of a role; here they stand in the file that the unit reads.
printf '%s\n' "${variables[@]}" >>"$root/etc/default/duckops"
tail -n "${#variables[@]}" "$root/etc/default/duckops"

say "the configuration"
# A channel that writes down what it is told, in place of a chat or a pager.
printf '#!/bin/sh\ncat >>/var/lib/duckops/told\n' >"$root/usr/local/bin/page"
chmod 755 "$root/usr/local/bin/page"
url=$(printf '%s\n' "${variables[@]}" | sed -n 's/^DUCKOPS_API_URL=//p')
shown chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin XDG_CONFIG_HOME=/etc HOME=/root DUCKOPS_STATE_DIR=/root/state "${variables[@]}" \
    duckops init --profile none --api-url "$url" --channel command:/usr/local/bin/page --governance-log none
# It holds no secret, and the user of the unit has to read it.
chgrp --reference="$root/etc/duckops" "$root/etc/duckops/config.toml"
chmod 640 "$root/etc/duckops/config.toml"
cat "$root/etc/duckops/config.toml"
echo "DUCKOPS_CHECK_OPTIONS=--notify" >>"$root/etc/default/duckops"

say "the check, by the command line of its unit, as its user"
unit=$root/usr/lib/systemd/system/duckops-check.service
line=$(sed -n 's/^ExecStart=//p' "$unit")
user=$(sed -n 's/^User=//p' "$unit")
mapfile -t environment < <(sed -n 's/^Environment=//p' "$unit"; grep -v '^#' "$root/etc/default/duckops" | grep '=')
echo "\$ $line"
check() {
    code=0
    # The unit's variables and nothing else; systemd splits the last one at its spaces, as sh does.
    chroot --userspec="$user:$user" "$root" /usr/bin/env -i PATH=/usr/bin:/bin HOME=/var/lib/duckops \
        "${environment[@]}" /bin/sh -c "$line" || code=$?
}
check
echo "exit $code"
[ "$code" = 2 ] || { echo "$0: the incident of the scene is critical: 2 was expected" >&2; exit 1; }
textfile=$root/var/lib/prometheus/node-exporter/duckops.prom
ls -l "$textfile"
grep -c '^duckops_' "$textfile"
echo "told: $(head -c 300 "$root/var/lib/duckops/told" | head -n 2)"
[ -s "$root/var/lib/duckops/told" ] || { echo "$0: nobody was told" >&2; exit 1; }

say "node_exporter serves it, Prometheus scrapes it, with the rules of duckops"
shown chroot "$root" /usr/bin/env "${environment[@]}" duckops rules >"$work/duckops.rules.yml"
read -r exporter prometheus < <(python3 - <<'PY'
import socket
sockets = [socket.socket() for _ in range(2)]
for one in sockets: one.bind(("127.0.0.1", 0))
print(*[one.getsockname()[1] for one in sockets])
PY
)
prometheus-node-exporter --web.listen-address="127.0.0.1:$exporter" --collector.disable-defaults \
    --collector.textfile --collector.textfile.directory="$(dirname "$textfile")" 2>"$work/exporter.log" &
pids+=($!)
cat >"$work/prometheus.yml" <<YAML
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [ $work/duckops.rules.yml ]
scrape_configs:
  - job_name: node
    static_configs: [ { targets: [ "127.0.0.1:$exporter" ] } ]
YAML
promtool check rules "$work/duckops.rules.yml"
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/tsdb" \
    --web.listen-address="127.0.0.1:$prometheus" 2>"$work/prometheus.log" &
pids+=($!)

say "the alert"
ask() { python3 -c '
import json, sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=5) as answer: told = json.load(answer)["data"]
for alert in told["alerts"]:
    print(alert["state"], alert["labels"]["alertname"], alert["annotations"]["summary"])
' "http://127.0.0.1:$prometheus/api/v1/alerts" 2>/dev/null; }
for _ in $(seq 60); do ask | grep -q '^firing DuckopsInc004Critical' && break; sleep 0.5; done
ask
ask | grep -q '^firing DuckopsInc004Critical' || { echo "$0: the alert does not fire" >&2; exit 1; }

say "what the person on call does, and practice"
chroot --userspec="$user:$user" "$root" /usr/bin/env -i PATH=/usr/bin:/bin HOME=/var/lib/duckops "${environment[@]}" \
    duckops triage inc-004 | head -n 5 || true
chroot --userspec="$user:$user" "$root" /usr/bin/env -i PATH=/usr/bin:/bin HOME=/tmp duckops drill inc-001 | head -n 4 || true

say "done: from an empty root to an alert and its next action"
