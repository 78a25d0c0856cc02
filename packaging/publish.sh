# shellcheck shell=bash
# To be sourced. Reads where duckops is published, and what follows from it:
#   REPOSITORY  the address of the repository, which is the homepage too
#   OWNER       whose it is
#   VERSION     the version of the manifest
#   DOWNLOADS   where the files of that version are
# Ends the script where the address is not known yet.
tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# The workflow of a repository knows its own address.
REPOSITORY=${DUCKOPS_REPOSITORY:-$(sed -n 's/^REPOSITORY=//p' "$tree/packaging/publish.env")}
VERSION=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$tree/Cargo.toml" | head -n 1)
if [ -z "$REPOSITORY" ]; then
    echo "$0: refused: where duckops is published is not known: REPOSITORY in packaging/publish.env is empty" >&2
    exit 64
fi
if ! [[ $REPOSITORY =~ ^https://[A-Za-z0-9.-]+/([A-Za-z0-9_./-]+)/duckops$ ]]; then
    echo "$0: refused: REPOSITORY in packaging/publish.env is not https://HOST/OWNER/duckops: $REPOSITORY" >&2
    exit 64
fi
OWNER=${BASH_REMATCH[1]}
DOWNLOADS=$REPOSITORY/releases/download/v$VERSION
export REPOSITORY OWNER VERSION DOWNLOADS
