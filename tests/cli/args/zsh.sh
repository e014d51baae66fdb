# SPDX-License-Identifier: Apache-2.0
# The script for zsh has what --help has: zsh runs it, with the functions that
# it calls printing what they were given.
command -v zsh >/dev/null || {
    echo "missing package: zsh"
    exit 77
}
"$RERANKBENCH" help --completion=zsh >_rerankbench
cat >try.zsh <<'END'
_arguments() { print -rl -- "$@" }
_describe() { print -rl -- "${(P@)2}" }
words=("$@")
CURRENT=$#
source ./_rerankbench
END
try() { zsh -f try.zsh rerankbench "$@"; }
same() { # same WHAT FILE FILE
    cmp -s "$2" "$3" || { echo "$1 differs"; diff "$2" "$3"; }
}
"$RERANKBENCH" --help | sed -n 's/^  \([a-z]*\)  *\(.*\)/\1:\2/p' >commands
try '' | same commands commands -
for command in $(cut -d : -f 1 commands); do
    "$RERANKBENCH" "$command" --help |
        sed -n 's/^  \(-[A-Za-z], \)\{0,1\}\(--[a-z0-9-]*\).*/\2/p' |
        sort >options
    try "$command" '' >specs
    sed -n 's/^\(([^)]*)\)\{0,1\}[*]\{0,1\}\(--[a-z0-9-]*\).*/\2/p' specs |
        sort | same "$command" options -
done
try eval '' | grep -e '^--compat=' -e '^--dataset=' -e '-m+'
