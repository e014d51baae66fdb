# SPDX-License-Identifier: Apache-2.0
# The shape of each format, with a name that holds every special character.
. "$TOP/tests/data/report/open.sh"
for r in 'dl' 'bright' 'validity' 'efficiency' 'paper rankvicuna'; do
    for f in json csv md tex html; do
        report $r -o out.$f
    done
    # JSON: valid, and every row has every column.
    sqlite3 :memory: "SELECT json_valid(readfile('out.json'))" |
        grep -qx 1 || echo "$r: bad JSON"
    sqlite3 :memory: "SELECT DISTINCT (SELECT count(*) FROM json_each(r.value))
        = json_array_length(t.value, '\$.columns')
        FROM json_each(readfile('out.json'), '\$.tables') AS t,
        json_each(t.value, '\$.rows') AS r" | grep -qx 1 || echo "$r: columns"
    # CSV: as many fields a line as its head, by sqlite's own reader.
    n=$(sqlite3 :memory: "SELECT sum(json_array_length(value, '\$.rows') + 1)
        FROM json_each(readfile('out.json'), '\$.tables')")
    [ "$(grep -c . out.csv)" -eq "$n" ] || echo "$r: CSV has not $n lines"
    # Markdown: rows of one table have equally many bars that are not escaped.
    sed 's/\\|//g' out.md | awk -v r="$r" '
        /^\|/ { n = gsub(/\|/, ""); if (was && n != was)
            print r ": Markdown row of " n " bars, not " was; was = n; next }
        { was = 0 }'
    # LaTeX: braces pair; the specials are escaped; rows have their columns.
    perl -ne '
        BEGIN { $depth = 0 }
        s/^%.*//;
        $n = length $1 if /\\begin\{tabular\}\{([lr]+)\}/;
        $is_row = /\\\\$/;
        s/\\[\\{}&%\$#_]//g;
        $depth += tr/{// - tr/}//;
        print "unescaped: $_" if /[#_~^]/ || (/&/ && !$is_row);
        if ($is_row) {
            $cells = 1 + tr/&//;
            $cells += $1 - 1 while /\\multicolumn\{(\d+)\}/g;
            print "$cells cells, not $n: $_" if $cells != $n;
        }
        END { print "braces: $depth\n" if $depth }' out.tex
    # HTML: every element is closed in order; no script.
    perl -0777 -ne '
        s/<!DOCTYPE html>//; s/<meta[^>]*>//g;
        my @open;
        while (m{<(/?)([a-z][a-z0-9]*)[^>]*>}g) {
            if (!$1) { push @open, $2; next }
            my $o = pop @open // "";
            print "html: $o closed by $2\n" if $o ne $2;
        }
        print "html: open: @open\n" if @open;
        print "html: script\n" if /<script|javascript|https?:/;' out.html
done
report dl -o out.tex
grep -o '^a\\_b.* & bm25' out.tex
report dl -o out.html
grep -o 'a_b&amp;.*--s' out.html
report dl -o out.md
grep -o 'a_b.*--s' out.md
