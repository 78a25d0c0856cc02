# shellcheck shell=bash
# To be sourced by the scripts that try something in a clean Debian root.

# make_root FOLDER SUITE [PACKAGE,…]: a clean root, with /proc. With DUCKOPS_ROOTS set to a folder
# the root is kept there as an archive, and the next one of its kind is unpacked from it.
make_root() {
    local folder=$1 suite=$2 packages=${3:-} archive=
    local with=(--variant=minbase)
    [ -z "$packages" ] || with+=(--include="$packages")
    [ -z "${DUCKOPS_ROOTS:-}" ] || archive=$DUCKOPS_ROOTS/$suite-${packages//,/-}.tar
    mkdir -p "$folder"
    if [ -n "$archive" ] && [ -f "$archive" ]; then
        tar --extract --numeric-owner --file "$archive" --directory "$folder"
    else
        debootstrap "${with[@]}" "$suite" "$folder" >"$folder.log" 2>&1 || {
            tail "$folder.log" >&2
            return 1
        }
        [ -z "$archive" ] || tar --create --numeric-owner --one-file-system --file "$archive" --directory "$folder" .
    fi
    mount -t proc proc "$folder/proc"
}

# remove_root FOLDER: takes the mount away before anything is deleted; keeps what is still in use.
remove_root() {
    [ -d "$1" ] || return 0
    if mountpoint -q "$1/proc"; then umount "$1/proc" || return 1; fi
    rm -rf "$1"
}
