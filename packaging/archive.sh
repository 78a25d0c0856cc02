#!/usr/bin/env bash
# Puts a binary into target/dist/duckops-TARGET.tar.gz, with its manual pages, its completions and
# the licence.
#
#   packaging/archive.sh BINARY TARGET
set -euo pipefail
binary=$(realpath "$1")
target=$2
cd "$(dirname "$0")/.."
packaging/stage.sh "$binary" >/dev/null
name=duckops-$target
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/$name" target/dist
cp -r target/packaging/. "$folder/$name"
cp LICENSE README.md CHANGELOG.md "$folder/$name"
# The same bytes whoever packs them: no owner, no time but that of the last commit.
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
find "$folder" -exec touch --no-dereference --date="@$epoch" {} + 2>/dev/null ||
    find "$folder" -exec touch -h -t "$(date -r "$epoch" +%Y%m%d%H%M.%S)" {} +
(cd "$folder" && find "$name" -type f | LC_ALL=C sort | tar -cf - -T - | gzip -n) >"target/dist/$name.tar.gz"
ls -l "target/dist/$name.tar.gz"
