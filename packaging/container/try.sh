#!/usr/bin/env bash
# Tries the recipe without a container engine: carries out the second stage of the Dockerfile step by
# step in a clean Debian root, then runs its command in there as its user against the practice stack
# on 127.0.0.1, through an outage of the stack, and its health check. Needs root, debootstrap and
# python3. The first stage is the ordinary release build, whose binary is given.
#
#   packaging/container/try.sh [BINARY]
set -euo pipefail
binary=$(realpath "${1:-target/packaging/duckops}")
cd "$(dirname "$0")/../.."
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
say() { printf '\n== %s\n' "$*"; }

say "FROM: a clean root"
make_root "$root" bookworm

python3 - packaging/container/Dockerfile "$root" "$binary" "$work/recipe.env" <<'PY'
import json, os, re, shutil, subprocess, sys

dockerfile, root, binary, out = sys.argv[1:]
text = re.sub(r"\\\n\s*", " ", open(dockerfile).read())
steps = [line for line in text.splitlines() if line and not line.startswith("#")]
last = max(i for i, step in enumerate(steps) if step.startswith("FROM "))
assert steps[last].split()[1].endswith("debian:bookworm-slim"), steps[last]
found = {}
for step in steps[last + 1 :]:
    word, rest = step.split(" ", 1)
    print(f"\n== {step}", flush=True)
    if word == "RUN":
        subprocess.run(["chroot", root, "/bin/sh", "-c", rest], check=True)
    elif word == "COPY":
        *sources, place = [part for part in rest.split() if not part.startswith("--")]
        for source in sources:
            source = binary if "--from=build" in rest else source
            target = root + place
            if place.endswith("/"):
                os.makedirs(target, exist_ok=True)
            shutil.copy(source, target)
    elif word == "ENV":
        found.setdefault("ENV", []).extend(rest.split())
    elif word == "HEALTHCHECK":
        found["HEALTH"] = json.loads(rest[rest.index("CMD ") + 4 :])[0]
    elif word == "CMD":
        found["CMD"] = json.loads(rest)[0]
    elif word in ("USER", "WORKDIR", "VOLUME"):
        found[word] = rest
    else:
        sys.exit(f"this script does not know {word}")
with open(out, "w") as file:
    file.write(f"variables=({' '.join(found['ENV'])})\nuser={found['USER']}\nfolder={found['WORKDIR']}\n")
    file.write(f"command={found['CMD']}\nhealth={found['HEALTH']}\n")
PY
variables=() user='' folder='' command='' health=''
# shellcheck source=/dev/null
. "$work/recipe.env"

inside() { # as the container runs: its user, its variables and nothing else
    chroot --userspec="$user" "$root" /usr/bin/env -i PATH=/usr/bin:/bin "${variables[@]}" "${extra[@]}" \
        /bin/sh -c 'cd "$1" && shift && exec "$@"' sh "$folder" "$@"
}
extra=()
say "its user and its folders"
inside id
inside touch /var/lib/duckops/probe
inside rm /var/lib/duckops/probe
if inside touch /usr/bin/probe 2>/dev/null; then echo "$0: the user may write /usr/bin" >&2; exit 1; fi
test -s "$root/etc/ssl/certs/ca-certificates.crt"
inside duckops --version

say "before the first check there is no health"
if inside "$health"; then exit 1; fi

say "the command, every 2 s, on the practice stack"
"$binary" drill serve --scene healthy >"$work/serve" &
stack=$!
pids+=("$stack")
for _ in $(seq 100); do grep -q DUCKOPS_API_URL "$work/serve" && break; sleep 0.1; done
mapfile -t extra < <(sed -n 's/^export //p' "$work/serve" | tr -d "'\"" | grep -E '^(DUCKOPS_API_URL|DUCKOPS_ACCOUNT|AWS_[A-Z0-9_]+)=')
extra+=(DUCKOPS_INTERVAL=2)
for one in "${extra[@]}"; do
    case $one in
        *_URL=http://127.0.0.1:* | *_URL_*=http://127.0.0.1:* | DUCKOPS_INTERVAL=*) ;;
        *_URL*) echo "$0: $one is not on loopback" >&2; exit 1 ;;
    esac
done
inside "$command" >"$work/watch" 2>&1 &
watcher=$!
pids+=("$watcher")
ended() { sed -n 's/^duckops_last_run_timestamp_seconds{.*} //p' "$root/var/lib/duckops-textfile/duckops.prom"; }
for _ in $(seq 150); do [ -s "$root/var/lib/duckops-textfile/duckops.prom" ] && break; sleep 0.2; done
inside "$health"
first=$(ended)

say "the stack goes away: the check says so, and the container stays healthy"
kill "$stack"
wait "$stack" 2>/dev/null || true
sleep 8
grep -q 'duckops_run_verdict{.*verdict="ok"} 0' "$root/var/lib/duckops-textfile/duckops.prom"
[ "$(ended)" -gt "$first" ]
inside "$health"
kill -0 "$watcher"

say "the watcher ends on TERM, and its health with it"
watch=$(pgrep -P "$watcher" -f "$command" || echo "$watcher")
kill -TERM "$watch"
wait "$watcher" || true
sleep 8
if inside "$health"; then echo "$0: healthy although nobody checks" >&2; exit 1; fi
say "the recipe holds"
