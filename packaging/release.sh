#!/usr/bin/env bash
# Makes what is published with a release beside the binaries in target/dist: the crate with its
# addresses, the SBOM, the formula and the checksums of everything. Publishes nothing itself.
# Refuses as long as packaging/publish.env does not say where duckops is published, where the tag is
# not the version, and where the changelog does not know the version.
#
#   TAG=v0.1.0 packaging/release.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/publish.sh
tag=${TAG:-v$VERSION}
[ "$tag" = "v$VERSION" ] || { echo "$0: refused: the tag $tag is not v$VERSION of Cargo.toml" >&2; exit 64; }
grep -q "^## \[\?$VERSION\b" CHANGELOG.md || { echo "$0: refused: CHANGELOG.md has no section $VERSION" >&2; exit 64; }
dist=target/dist
mkdir -p "$dist"

# The manifest with its addresses, in a copy: the tree stays as it is.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git archive HEAD | tar -xf - -C "$copy"
sed -i "s|^license = \"MIT\"$|&\nrepository = \"$REPOSITORY\"\nhomepage = \"$REPOSITORY\"|" "$copy/Cargo.toml"
(cd "$copy" && cargo package --locked --no-verify --target-dir "$copy/target")
cp "$copy/target/package/duckops-$VERSION.crate" "$dist/"

cargo cyclonedx --format json --override-filename duckops-sbom
mv duckops-sbom.json "$dist/duckops-$VERSION.cdx.json"

packaging/formula.sh >"$dist/duckops.rb"
awk -v version="$VERSION" '/^## /{ inside = index($0, version) } inside' CHANGELOG.md >target/release-notes.md
(cd "$dist" && rm -f SHA256SUMS && sha256sum -- * >"../SHA256SUMS" && mv ../SHA256SUMS .)
cat "$dist/SHA256SUMS"
