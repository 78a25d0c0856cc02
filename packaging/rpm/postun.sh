# shellcheck shell=sh
if [ -d /run/systemd/system ]; then systemctl daemon-reload || :; fi
if [ "$1" = 0 ]; then
    # Folders that hold nothing of anybody else's any more.
    rmdir /usr/share/doc/duckops/docs /usr/share/doc/duckops/examples /usr/share/doc/duckops \
        /usr/share/licenses/duckops 2>/dev/null || :
fi
