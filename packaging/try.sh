#!/usr/bin/env bash
# Installs the .deb and the .rpm of target/dist each into a clean root, looks at what is there,
# runs it, and removes it again. Needs root, debootstrap and rpm. Nothing outside a temporary
# folder is touched.
#
#   packaging/try.sh [DEB [RPM]]
set -euo pipefail
cd "$(dirname "$0")/.."
deb=${1:-$(ls -t target/dist/*.deb | head -n 1)}
rpm=${2:-$(ls -t target/dist/*.rpm | head -n 1)}
work=$(mktemp -d)
# The root of a package manager must be readable for the users in it.
chmod 755 "$work"
. packaging/root.sh
trap 'remove_root "$work/deb" && rm -rf --one-file-system "$work"' EXIT

say() { printf '\n== %s\n' "$*"; }
expect() {
    local what=$1 wanted=$2 found=$3
    [ "$wanted" = "$found" ] || { echo "$0: $what: expected '$wanted', found '$found'" >&2; exit 1; }
    echo "ok: $what: $found"
}
# What a tree holds of the package, by path and kind, owner and mode.
listed() { (cd "$1" && find . -path ./proc -prune -o \( -type f -o -type l -o -type d \) -printf '%p %y %U:%G %m\n' | sort); }

say "a clean Debian root"
make_root "$work/deb" stable systemd,acl,ca-certificates
listed "$work/deb" >"$work/before"

say "install $deb"
cp "$deb" "$work/deb/tmp/duckops.deb"
chroot "$work/deb" dpkg --install /tmp/duckops.deb
rm "$work/deb/tmp/duckops.deb"
chroot "$work/deb" dpkg --verify duckops
expect "version" "duckops $(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)" "$(chroot "$work/deb" duckops --version)"
expect "state folder" "duckops:duckops 700" "$(chroot "$work/deb" stat -c '%U:%G %a' /var/lib/duckops)"
expect "configuration folder" "root:duckops 750" "$(chroot "$work/deb" stat -c '%U:%G %a' /etc/duckops)"
expect "collector" "user:duckops:rwx" "$(chroot "$work/deb" getfacl -p /var/lib/prometheus/node-exporter 2>/dev/null | grep duckops)"
expect "shell of the user" "/usr/sbin/nologin" "$(chroot "$work/deb" getent passwd duckops | cut -d: -f7)"
chroot "$work/deb" test -s /usr/share/man/man1/duckops.1.gz
chroot "$work/deb" bash -n /usr/share/bash-completion/completions/duckops
chroot "$work/deb" duckops runbook test | tail -n 1
say "the units, by systemd"
chroot "$work/deb" systemd-analyze verify --man=no /usr/lib/systemd/system/duckops-check.service /usr/lib/systemd/system/duckops-check.timer
chroot "$work/deb" systemd-analyze security --offline=true --no-pager duckops-check.service | tail -n 1
say "as the user of the unit: the practice stack, and the state folder"
chroot "$work/deb" setpriv --reuid=duckops --regid=duckops --clear-groups \
    env HOME=/var/lib/duckops DUCKOPS_STATE_DIR=/var/lib/duckops duckops drill inc-004 >"$work/drill" || true
grep -m1 'CRITICAL' "$work/drill"
chroot "$work/deb" setpriv --reuid=duckops --regid=duckops --clear-groups \
    touch /var/lib/prometheus/node-exporter/duckops.prom

say "remove"
echo 'DUCKOPS_CHECK_OPTIONS=--for 3/5' >>"$work/deb/etc/default/duckops"
chroot "$work/deb" dpkg --remove duckops
expect "binary" "gone" "$([ -e "$work/deb/usr/bin/duckops" ] || echo gone)"
expect "settings of the operator" "there" "$([ -e "$work/deb/etc/default/duckops" ] && echo there)"
say "purge"
chroot "$work/deb" dpkg --purge duckops
listed "$work/deb" >"$work/after"
# dpkg's own records, the user, and the collector's folder, which is node_exporter's, may stay.
left=$(comm -13 <(cut -d' ' -f1 "$work/before") <(cut -d' ' -f1 "$work/after") |
    grep -vE '^\./(var/lib/(dpkg|prometheus)|var/log|var/cache|run/systemd|etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$)' || true)
expect "what is left" "" "$left"

say "a clean root for $rpm"
mkdir -p "$work/rpm"
rpm --root "$work/rpm" --initdb
# Neither a shell nor the C library is there: what is tried is which files come, with which owner
# and mode, and that all of them go.
rpm --root "$work/rpm" --install --nodeps --noscripts "$rpm"
rpm --root "$work/rpm" --verify --nodeps duckops
rpm --root "$work/rpm" --query --requires duckops | sort -u
rpm --root "$work/rpm" --query --scripts duckops >/dev/null
(cd "$work/rpm" && find usr/bin usr/lib etc -type f -printf '%m %p\n' | sort)
expect "modes" "755" "$(stat -c %a "$work/rpm/usr/bin/duckops")"
cmp "$work/rpm/usr/bin/duckops" target/packaging/duckops
rpm --root "$work/rpm" --erase --nodeps --noscripts duckops
expect "what is left" "" "$(find "$work/rpm" -type f -path '*duckops*' | head)"
say "both packages were installed, used and removed"
