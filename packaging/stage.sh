#!/usr/bin/env bash
# Fills target/packaging with what both packages hold beside the files of the repository: the
# binary, the manual pages and the completions, which the binary prints itself.
#
#   packaging/stage.sh BINARY
set -euo pipefail
binary=$(realpath "$1")
cd "$(dirname "$0")/.."
staged=target/packaging
rm -rf "$staged"
mkdir -p "$staged/man" "$staged/completions"
cp "$binary" "$staged/duckops"
"$binary" man --out "$staged/man" >/dev/null
gzip --no-name --best "$staged"/man/*.1
"$binary" completions bash >"$staged/completions/duckops"
"$binary" completions zsh >"$staged/completions/_duckops"
"$binary" completions fish >"$staged/completions/duckops.fish"
find "$staged" -type f -printf '%s\t%p\n'
