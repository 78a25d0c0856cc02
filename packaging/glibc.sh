#!/usr/bin/env bash
# Which GLIBC a binary needs, and which libraries: lists both and fails where it is newer than
# the oldest distribution that is supported.
#
#   packaging/glibc.sh BINARY [HIGHEST]      HIGHEST is 2.28 unless given: Debian 10, RHEL 8
set -euo pipefail
binary=$1
highest=${2:-2.28}
symbols=$(objdump -T "$binary" | sed -n 's/.*(\?GLIBC_\([0-9.]*\))\?.*/\1/p' | sort -uV)
if [ -z "$symbols" ]; then
    echo "$binary needs no GLIBC"
    exit 0
fi
needed=$(tail -n 1 <<<"$symbols")
echo "$binary needs GLIBC $needed; by version: $(tr '\n' ' ' <<<"$symbols")"
echo "libraries: $(objdump -p "$binary" | sed -n 's/^ *NEEDED *//p' | tr '\n' ' ')"
if [ "$(printf '%s\n' "$needed" "$highest" | sort -V | tail -n 1)" != "$highest" ]; then
    echo "$0: GLIBC $needed is newer than $highest:" >&2
    objdump -T "$binary" | grep "GLIBC_$needed" >&2
    exit 1
fi
