#!/usr/bin/env bash
# Builds the image with whatever builds images here.
set -euo pipefail
cd "$(dirname "$0")/../.."
for tool in docker podman buildah; do
    if command -v "$tool" >/dev/null && "$tool" info >/dev/null 2>&1; then
        exec "$tool" build --file packaging/container/Dockerfile --tag duckops .
    fi
done
echo "$0: neither docker nor podman nor buildah works here; packaging/container/try.sh needs none" >&2
exit 1
