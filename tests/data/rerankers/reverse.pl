# SPDX-License-Identifier: Apache-2.0
# A program under test: answers with the candidates upside down.
$| = 1;
print qq({"rerankbench":1,"ready":true}\n);
while (<STDIN>) {
    my ($id) = /^{"id":(\d+)/;
    my $n = () = /\{"docid":/g;
    print qq({"id":$id,"order":[), join(',', reverse 0 .. $n - 1), "]}\n";
}
