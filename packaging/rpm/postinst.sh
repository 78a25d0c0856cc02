# shellcheck shell=sh
if command -v systemd-sysusers >/dev/null; then systemd-sysusers duckops.conf || :; fi
if command -v systemd-tmpfiles >/dev/null; then systemd-tmpfiles --create duckops.conf || :; fi
if [ -d /run/systemd/system ]; then systemctl daemon-reload || :; fi
