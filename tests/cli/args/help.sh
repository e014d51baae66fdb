# SPDX-License-Identifier: Apache-2.0
# Every command of the overview has help that is printed although operands are
# missing. That it names all options is tested in test_cmd_list.c.
"$RERANKBENCH" --help >overview
"$RERANKBENCH" help | cmp - overview
grep -q '^usage: rerankbench COMMAND' overview
for command in $(sed -n 's/^  \([a-z]*\) .*/\1/p' overview); do
    "$RERANKBENCH" "$command" --help >help
    grep -q "^usage: rerankbench $command " help || echo "$command: no usage"
    grep -q '^  --help' help || echo "$command: no --help"
done
grep -cE '^  (eval|run|list) ' overview
