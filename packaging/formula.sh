#!/usr/bin/env bash
# Prints the Homebrew formula of a release, from packaging/publish.env and the archives of
# target/dist. Refuses where an archive is missing or nothing is known of where it is published.
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/publish.sh
digest() {
    local file=target/dist/duckops-$1.tar.gz
    [ -f "$file" ] || { echo "$0: $file is missing" >&2; exit 1; }
    sha256sum "$file" | cut -d' ' -f1
}
entry() {
    cat <<RUBY
      url "$DOWNLOADS/duckops-$1.tar.gz"
      sha256 "$(digest "$1")"
RUBY
}
description=$(sed -n 's/^description = "\(.*\)"$/\1/p' Cargo.toml)
cat <<RUBY
class Duckops < Formula
  desc "${description%%:*}"
  homepage "$REPOSITORY"
  version "$VERSION"
  license "MIT"

  on_macos do
    on_arm do
$(entry aarch64-apple-darwin)
    end
    on_intel do
$(entry x86_64-apple-darwin)
    end
  end
  on_linux do
    on_arm do
$(entry aarch64-unknown-linux-musl)
    end
    on_intel do
$(entry x86_64-unknown-linux-musl)
    end
  end

  def install
    bin.install "duckops"
    man1.install Dir["man/*"]
    bash_completion.install "completions/duckops"
    zsh_completion.install "completions/_duckops"
    fish_completion.install "completions/duckops.fish"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/duckops --version")
    system bin/"duckops", "drill", "healthy"
  end
end
RUBY
