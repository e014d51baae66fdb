# SPDX-License-Identifier: Apache-2.0
# Man pages and bash's completion have every command, and every option of each
# with its values, as --help has them; completion is tried in bash itself.
names() { # the long options in a listing of "  -x, --name=VALUE  help"
    sed -n 's/^  \(-[A-Za-z], \)\{0,1\}\(--[a-z0-9-]*\).*/\2/p' | sort
}
same() { # same WHAT FILE FILE
    cmp -s "$2" "$3" || { echo "$1 differs"; diff "$2" "$3"; }
}
"$RERANKBENCH" help --completion=bash >completion.bash
cat >try.bash <<'END'
source ./completion.bash
# try WORD...: what completes the last one, as bash calls it
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_rerankbench rerankbench "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
END
try() { bash try.bash rerankbench "$@"; }

"$RERANKBENCH" --help | sed -n 's/^  \([a-z]*\) .*/\1/p' >commands
try '' | grep -v '^--' | same 'commands of bash' commands -
"$RERANKBENCH" help --man |
    sed -n '/^.SH COMMANDS/,/^.SH OPTIONS/s/^\\fB\([a-z]*\)\\fR$/\1/p' |
    same 'commands of man' commands -
n=0
while read -r command; do
    "$RERANKBENCH" "$command" --help >help
    "$RERANKBENCH" help "$command" | same "$command: help COMMAND" help -
    names <help >options
    "$RERANKBENCH" help --man "$command" >page
    sed -n '/^.TP/{n;s/\\f[BIR]//g;s/\\-/-/g;s/^/  /;p;}' page | names |
        same "$command: man" options -
    try "$command" - | grep '^--' | sort | same "$command: bash" options -
    sed -n 's/^  \(-[A-Za-z]\), --.*/\1/p' help | sort >letters
    try "$command" - | grep -v '^--' | grep . | sort |
        same "$command: letters in bash" letters -
    # Every value of a choice, after a blank and after '='.
    sed -n 's/^  .*--\([a-z-]*\)=\([a-z0-9-]*|[a-z0-9|-]*\).*/\1 \2/p' help \
        >choices
    while read -r option values; do
        echo "$values" | tr '|' '\n' >values
        try "$command" "--$option" '' | same "$command --$option" values -
        try "$command" "--$option" = '' | same "$command --$option=" values -
        try "$command" "--$option" = | same "$command --$option=" values -
        n=$((n + 1))
    done <choices
done <commands
[ $n -gt 5 ] || echo "only $n choices"
try ev
try help ex
try list m
try eval --comp
try eval --compat 1
try eval -m x | grep .
try eval --files-from x | grep .
try eval qr | grep .
"$RERANKBENCH" help --man --completion=zsh 2>&1
"$RERANKBENCH" help evl 2>&1
echo "=> $?"
