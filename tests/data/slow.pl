# SPDX-License-Identifier: Apache-2.0
# slow.pl SECONDS: a program under test (docs/process.md) that turns every list
# around and takes its time.
use strict;
$| = 1;
print "{\"rerankbench\":1,\"ready\":true}\n";
while (<STDIN>) {
    /^\{"id":(\d+)/ or die;
    my $id = $1;
    my $n = () = /"docid":/g;
    select(undef, undef, undef, $ARGV[0]);
    print "{\"id\":$id,\"order\":[", join(",", reverse 0 .. $n - 1), "]}\n";
}
