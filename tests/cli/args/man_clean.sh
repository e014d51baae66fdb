# SPDX-License-Identifier: Apache-2.0
# mandoc and groff format every page without a warning. The pages have no date
# on purpose.
command -v mandoc >/dev/null || command -v groff >/dev/null || {
    echo "missing package: mandoc or groff"
    exit 77
}
for command in '' $("$RERANKBENCH" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
    "$RERANKBENCH" help --man $command >page.1
    if command -v mandoc >/dev/null; then
        mandoc -T lint -W warning page.1 | grep -v 'missing date'
        mandoc -T utf8 page.1 >shown
        grep -q '^OPTIONS' shown || grep -q O.*P.*T.*I.*O.*N.*S shown ||
            echo "$command: nothing is shown"
    fi
    if command -v groff >/dev/null; then
        groff -man -ww -z -T utf8 page.1 2>&1
    fi
done
