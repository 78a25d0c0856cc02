#!/usr/bin/env bash
# Builds the release binary for older distributions and puts it into a .deb and an .rpm, under
# target/dist. Needs cargo-zigbuild with zig, cargo-deb and cargo-generate-rpm:
#
#   pip install cargo-zigbuild ziglang
#   cargo install --locked cargo-deb cargo-generate-rpm
#
#   packaging/build.sh               builds the binary and both packages
#   packaging/build.sh BINARY        packs a binary that is there already
#
# The maintainer of the packages is the owner of packaging/publish.env; as long as nobody is named
# there the packages are for trying only, and say so.
set -euo pipefail
cd "$(dirname "$0")/.."
# The oldest C library that the binary starts with: Debian 10, Ubuntu 18.10, RHEL 8.
glibc=2.28
target=x86_64-unknown-linux-gnu
dist=target/dist
mkdir -p "$dist"

if [ $# -gt 0 ]; then
    binary=$1
else
    cargo zigbuild --release --locked --target "$target.$glibc"
    binary=target/$target/release/duckops
fi
packaging/glibc.sh "$binary" "$glibc"
packaging/stage.sh "$binary"

maintainer=$(. packaging/publish.sh 2>/dev/null && echo "$OWNER <$REPOSITORY>") ||
    maintainer="not for publication"
cargo deb --no-build --no-strip --maintainer "$maintainer" --output "$dist/"
cargo generate-rpm --auto-req disabled --output "$dist/"
ls -l "$dist"
