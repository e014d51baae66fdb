#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Does a new user succeed? Builds a fresh Debian 12 root, clones HEAD into it
# and runs `make demo` and `make check` there, with build-essential and git and
# nothing else installed. Needs root, debootstrap, git, unshare and a mirror.
#     tests/clean_root.sh [FOLDER]
# FOLDER (default: a temporary one, removed afterwards) keeps the root; it
# must be empty or absent. RERANKBENCH_TEST_DATA, if set, is copied in.
set -eu

say() {
    echo "== $*" >&2
}

[ "$(id -u)" -eq 0 ] || { echo "clean_root: must be root" >&2; exit 2; }
for tool in debootstrap git unshare chroot; do
    command -v "$tool" >/dev/null ||
        { echo "clean_root: '$tool' is missing" >&2; exit 2; }
done
src=$(cd "$(dirname "$0")/.." && pwd)
if [ $# -gt 0 ]; then
    mkdir -p "$1"
    root=$(cd "$1" && pwd)
    [ -z "$(ls -A "$root")" ] ||
        { echo "clean_root: '$root' is not empty" >&2; exit 2; }
else
    root=$(mktemp -d "${TMPDIR:-/tmp}/rkb-root.XXXXXX")
    trap 'rm -rf --one-file-system "$root"' EXIT
    trap 'exit 130' INT TERM
fi

# mktemp makes it 0700, and then no other user gets past its "/".
chmod 755 "$root"

# The mirror is the one that apt uses on this machine.
mirror() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
        "Codename: $1" | sort -u | head -n 1
}
main=$(mirror bookworm)
security=$(mirror bookworm-security)
[ -n "$main" ] ||
    { echo "clean_root: apt here knows no mirror of bookworm" >&2; exit 2; }

# Its own mounts and processes: nothing is left behind when it ends. Some tests
# open a pseudo terminal.
in_root() {
    unshare --mount --pid --fork --kill-child --mount-proc="$root/proc" \
        sh -ec 'mount -t devpts -o newinstance,ptmxmode=0666 devpts "$0/dev/pts"
            exec chroot "$0" "$@"' "$root" \
        /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

say "debootstrap"
debootstrap --variant=minbase bookworm "$root" "$main" >"$root.log" 2>&1 || {
    tail -n 20 "$root.log" >&2
    exit 1
}
rm -f "$root.log"
printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
[ -z "$security" ] || echo "deb $security bookworm-security main" \
    >>"$root/etc/apt/sources.list"

say "what a new user has: build-essential and git"
in_root apt-get -qq update
in_root apt-get -qq install -y --no-install-recommends build-essential git \
    >/dev/null

say "clone"
git clone -q --no-hardlinks "$src" "$root/src/rerankbench"
if [ -n "${RERANKBENCH_TEST_DATA-}" ]; then
    mkdir -p "$root/src/shared"
    cp -R "$RERANKBENCH_TEST_DATA" "$root/src/shared/data"
fi

failed=0
for target in demo check; do
    say "make $target"
    start=$(date +%s)
    in_root sh -ec "cd /src/rerankbench && make $target" || failed=1
    say "make $target took $(($(date +%s) - start)) s, packages included"
done
exit "$failed"
