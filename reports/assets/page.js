// SPDX-License-Identifier: Apache-2.0
// What the page can do beyond being read: sort, filter, open a query. Texts are
// only ever set as text; page_json.c says what the data's letters mean.
'use strict';
(function () {
    var data = null;
    var dialog = document.querySelector('dialog');
    var texts_open = false;
    var state = null; // of the open query: group, left, right, list, at

    function load() {
        if (!data)
            data = JSON.parse(document.getElementById('data').textContent);
        return data;
    }

    function make(tag, attributes) {
        var e = document.createElement(tag);
        for (var name in attributes || {}) {
            var v = attributes[name];
            if (name.slice(0, 2) === 'on') e.addEventListener(name.slice(2), v);
            else if (v === true) e.setAttribute(name, '');
            else if (v !== false && v !== undefined) e.setAttribute(name, v);
        }
        for (var i = 2; i < arguments.length; i++)
            if (arguments[i] !== null && arguments[i] !== undefined)
                e.append(arguments[i]);
        return e;
    }

    // ---- numbers ----------------------------------------------------------

    function shown(v) {
        return v === null || v === undefined ? '-' : v.toFixed(data.digits);
    }
    function signed(v) {
        return v === null ? '-' :
            (v < 0 ? '' : '+') + shown(v === 0 ? 0 : v);
    }
    function milliseconds(v) {
        return (v < 1 ? v.toFixed(4) : v < 100 ? v.toFixed(2) : v.toFixed(0)) +
            ' ms';
    }

    // ---- sorting and filtering ----------------------------------------------

    // What has no value comes last either way.
    function compare(x, y, down) {
        if (x === null || y === null) return (x === null) - (y === null);
        var c = typeof x === 'number' ? x - y : x < y ? -1 : x > y ? 1 : 0;
        return down ? -c : c;
    }

    function cell_key(cell) {
        var text = cell.textContent;
        if (!cell.classList.contains('n')) return text.toLowerCase();
        var v = parseFloat(text);
        return isNaN(v) ? null : v;
    }

    // Heads become buttons; `sort(column, down)` has column -1 for the order
    // in which the rows came. Numbers start with the largest.
    function sortable(heads, sort) {
        heads.forEach(function (th, column) {
            var number = th.classList.contains('n');
            var button = make('button', { type: 'button', onclick: function () {
                var was = th.getAttribute('aria-sort');
                var first = number ? 'descending' : 'ascending';
                var second = number ? 'ascending' : 'descending';
                var now = !was ? first : was === first ? second : null;
                heads.forEach(function (h) { h.removeAttribute('aria-sort'); });
                if (now) th.setAttribute('aria-sort', now);
                sort(now ? column : -1, now === 'descending');
            } });
            button.append.apply(button, Array.from(th.childNodes));
            th.append(button);
        });
    }

    function sortable_table(table) {
        var bodies = Array.from(table.tBodies);
        var rows = bodies.map(function (b) { return Array.from(b.rows); });
        var all = [].concat.apply([], rows);
        var heads = Array.from(table.tHead.rows[table.tHead.rows.length - 1]
            .cells);

        sortable(heads, function (column, down) {
            if (column < 0) {
                bodies.forEach(function (b, i) {
                    b.append.apply(b, rows[i]);
                });
                return;
            }
            var keyed = all.map(function (row) {
                return [cell_key(row.cells[column]), row];
            });
            keyed.sort(function (x, y) { return compare(x[0], y[0], down); });
            bodies[0].append.apply(bodies[0],
                keyed.map(function (k) { return k[1]; }));
        });
        return all;
    }

    function filter_box(label, apply) {
        return make('input', { type: 'search', placeholder: label,
            'aria-label': label, oninput: function () { apply(this.value); } });
    }

    function has_words(text, words) {
        return words.every(function (w) { return text.includes(w); });
    }
    function words_of(text) {
        return text.toLowerCase().split(/\s+/).filter(Boolean);
    }

    function overview() {
        var box = document.getElementById('runs');
        var rows = sortable_table(box.querySelector('table'));
        var texts = rows.map(function (r) {
            return Array.from(r.cells, function (c) { return c.textContent; })
                .join(' ').toLowerCase();
        });
        var count = make('output', { 'aria-live': 'polite' });

        function apply(text) {
            var words = words_of(text), n = 0;
            rows.forEach(function (row, i) {
                row.hidden = !has_words(texts[i], words);
                n += !row.hidden;
            });
            count.textContent = n === rows.length ? n + ' runs'
                : n + ' of ' + rows.length + ' runs';
        }
        apply('');
        box.before(make('div', { class: 'tools' },
            filter_box('Filter runs', apply), count));
    }

    // ---- the queries of a comparison ------------------------------------------

    function pair_of(index) {
        var p = load().pairs[index], g = data.groups[p[0]];
        return { group: p[0], a: p[1], b: p[2], measure: p[3], g: g };
    }

    // Rows {q: index, a, b, diff}, largest difference first.
    function rows_of(pair) {
        function value(q, run) {
            return pair.measure < 0 || run < 0 ? null : q.v[pair.measure][run];
        }
        var rows = pair.g.queries.map(function (q, i) {
            var a = value(q, pair.a), b = value(q, pair.b);
            var none = a === null || (pair.b >= 0 && b === null);
            return { q: i, a: a, b: b,
                diff: none ? null : pair.b < 0 ? a : a - b };
        });
        return rows.sort(function (x, y) {
            return compare(x.diff, y.diff, true) ||
                compare(pair.g.queries[x.q].q, pair.g.queries[y.q].q, false);
        });
    }

    function opener(pair, list, at) {
        return make('button', { type: 'button', class: 'link',
            onclick: function () { open(pair, list(), at); } },
            pair.g.queries[list()[at]].q);
    }

    // The whole list in place of the few that stand there without a script.
    function whole_table(box, pair) {
        var STEP = 100, rows = rows_of(pair), base = rows.slice();
        var words = [], limit = STEP, list = [];
        var body = make('tbody');
        var more = make('button', { type: 'button', class: 'button',
            onclick: function () { limit += 10 * STEP; fill(); } });
        var below = make('div', { class: 'tools' }, more);
        var count = make('output', { 'aria-live': 'polite' });
        var texts = pair.g.queries.some(function (q) { return q.t; });
        var names = ['query', pair.g.runs[pair.a].name];
        if (texts) names.splice(1, 0, 'text');
        if (pair.b >= 0) names.push(pair.g.runs[pair.b].name, 'difference');
        var heads = names.map(function (n, i) {
            return make('th', { scope: 'col', class: i > +texts ? 'n' : false }, n);
        });

        function fill() {
            var found = rows.filter(function (r) {
                var q = pair.g.queries[r.q];
                return has_words((q.q + ' ' + (q.t || '')).toLowerCase(),
                    words);
            });
            list = found.map(function (r) { return r.q; });
            body.replaceChildren.apply(body, found.slice(0, limit)
                .map(function (r, i) {
                    var q = pair.g.queries[r.q];
                    var row = make('tr', {}, make('th', { scope: 'row' },
                        opener(pair, function () { return list; }, i)),
                        texts ? make('td', {}, q.t || '') : null,
                        make('td', { class: 'n' }, shown(r.a)));
                    if (pair.b >= 0)
                        row.append(make('td', { class: 'n' }, shown(r.b)),
                            make('td', { class: 'n' }, signed(r.diff)));
                    return row;
                }));
            below.hidden = found.length <= limit;
            more.textContent = 'Show more of ' + found.length;
            count.textContent = found.length === rows.length
                ? rows.length + ' queries'
                : found.length + ' of ' + rows.length + ' queries';
        }

        sortable(heads, function (column, down) {
            rows = base.slice();
            if (column >= 0)
                rows.sort(function (x, y) {
                    function key(r) {
                        var q = pair.g.queries[r.q];
                        return [q.q, (q.t || '').toLowerCase(), r.a, r.b,
                            r.diff][column > 0 && !texts ? column + 1 : column];
                    }
                    return compare(key(x), key(y), down);
                });
            fill();
        });
        var filter = filter_box('Filter queries', function (text) {
            words = words_of(text);
            fill();
        });
        box.replaceChildren(make('div', { class: 'tools' }, filter, count),
            make('table', {}, make('thead', {},
                make('tr', {}, ...heads)), body),
            below);
        fill();
        filter.focus();
    }

    // Ids in the short list become buttons, once it comes near the screen.
    function short_table(box) {
        var pair = pair_of(+box.dataset.pair), rows = rows_of(pair);
        var list = rows.map(function (r) { return r.q; });
        var table = box.querySelector('table');
        var n = list.length, at = {};

        list.forEach(function (q, i) { at[pair.g.queries[q].q] = i; });
        var ends = box.querySelectorAll('tbody > tr');
        ends.forEach(function (row) {
            var th = row.cells[0], i = at[th.textContent];
            if (i === undefined) return;
            th.replaceChildren(opener(pair, function () { return list; }, i));
        });
        if (table && ends.length === n)
            sortable_table(table);
        else
            box.append(make('div', { class: 'tools' },
                make('button', { type: 'button', class: 'button',
                    onclick: function () { whole_table(box, pair); } },
                    n === 1 ? 'The query' : 'All ' + n + ' queries')));
        var picture = box.parentNode.querySelector('.skyline svg');
        if (!picture) return;
        // The others come last.
        var n_known = rows.filter(function (r) { return r.diff !== null; })
            .length;
        picture.style.cursor = 'pointer';
        picture.addEventListener('click', function (e) {
            var r = picture.getBoundingClientRect();
            var i = Math.floor((e.clientX - r.left) / r.width * n_known);
            open(pair, list, Math.max(0, Math.min(n_known - 1, i)));
        });
    }

    // ---- one query --------------------------------------------------------------

    // Orders to choose from: runs, then first stages (set s is -1 - s).
    function order_of(g, q, which) {
        var set = which < 0 ? -1 - which : g.runs[which].set;
        var order = which < 0 ? 0 : q.r[which];
        if (order !== 0) return order;
        var out = [];
        q.s[set].forEach(function (rank, doc) {
            if (rank >= 0 && rank < data.top) out[rank] = doc;
        });
        return out;
    }

    function chooser(g, chosen, label, change) {
        var select = make('select', { 'aria-label': label,
            onchange: function () { change(+select.value); } });
        g.runs.forEach(function (r, i) {
            select.append(make('option', { value: i, selected: i === chosen },
                r.name));
        });
        g.sets.forEach(function (name, s) {
            select.append(make('option', { value: -1 - s,
                selected: -1 - s === chosen }, 'first stage: ' + name));
        });
        return select;
    }

    function facts(g, q, which) {
        if (which < 0) return 'as the candidates came';
        var parts = g.measures.map(function (name, m) {
            return name + ' ' + shown(q.v[m][which]);
        });
        if (q.l && q.l[which] !== null) parts.push(milliseconds(q.l[which]));
        if (q.w && q.w[which])
            parts.push(q.w[which][0] +
                (q.w[which][1] ? ': ' + q.w[which][1] : ''));
        return parts.join(' \u00b7 ');
    }

    function grade_chip(q, doc) {
        var g = q.g ? q.g[doc] : undefined;
        if (g === undefined || g === null || g === '.')
            return make('span', { class: 'grade', title: 'not judged' },
                '\u00b7');
        g = +g;
        return make('span', { class: 'grade g' + Math.max(0, Math.min(4, g)) },
            String(g));
    }

    // Where the document stands in the other order: its rank there on the left,
    // how far it came on the right. `set` tells ranks beyond the first 20 where
    // the other order is that of a first stage.
    function move_cell(q, doc, rank, other, set, left) {
        if (!other) return make('td', { class: 'n' });
        var there = other.indexOf(doc);
        if (there < 0 && set !== null) there = q.s[set][doc];
        if (there < 0) return make('td', { class: 'n' },
            other.length < data.top || set !== null ? 'none'
                : '> ' + data.top);
        if (left) return make('td', { class: 'n' }, String(there + 1));
        var d = there - rank;
        return make('td', { class: d > 0 ? 'n up' : d < 0 ? 'n down' : 'n' },
            d > 0 ? '\u2191' + d : d < 0 ? '\u2193' + -d : '=');
    }

    function order_table(g, q, which, other, left) {
        var order = order_of(g, q, which), against = order_of(g, q, other);
        var ids = (Array.isArray(q.d) ? q.d : q.d.split(' '))
            .map(function (id) { return (q.p || '') + id; });
        // Beyond the first 20, only ranks of a first stage are known.
        var set = other < 0 ? -1 - other
            : q.r[other] === 0 ? g.runs[other].set : null;
        if (!order) return make('p', {}, 'No order: there is no answer to ' +
            'this query.');
        var body = make('tbody');
        order.forEach(function (doc, rank) {
            var text = g.texts[ids[doc]];
            var cell = text === undefined ? ids[doc]
                : make('details', { open: texts_open }, make('summary', {},
                    ids[doc]),
                    make('p', {}, text));
            var row = make('tr', { 'data-doc': doc },
                make('td', { class: 'n' }, String(rank + 1)),
                make('td', { class: 'doc' }, cell),
                make('td', { class: 'n' }, grade_chip(q, doc)),
                move_cell(q, doc, rank, against, set, left));
            function mark(on) {
                return function () {
                    dialog.querySelectorAll('[data-doc="' + doc + '"]')
                        .forEach(function (r) {
                            r.classList.toggle('same', on);
                        });
                };
            }
            row.addEventListener('mouseenter', mark(true));
            row.addEventListener('mouseleave', mark(false));
            body.append(row);
        });
        return make('table', {}, make('thead', {}, make('tr', {},
            make('th', { scope: 'col', class: 'n' }, '#'),
            make('th', { scope: 'col' }, 'document'),
            make('th', { scope: 'col', class: 'n' }, 'grade'),
            make('th', { scope: 'col', class: 'n' }, left ? 'on the right'
                : 'moved'))), body);
    }

    function answers(q, which) {
        var kept = q.a && q.a[which];
        if (!kept) return null;
        var box = make('details', { class: 'answers' }, make('summary', {},
            kept.length === 1 ? '1 answer' : kept.length + ' answers'));
        kept.forEach(function (c) {
            box.append(make('p', {}, 'call ' + c[0] + (c[1] ? ', ' + c[1] : '')),
                make('pre', {}, c[2]));
        });
        return box;
    }

    function side(g, q, which, other, label, change) {
        var left = label === 'left order';
        return make('section', { class: 'side', 'aria-label': label },
            chooser(g, which, label, change),
            make('p', {}, facts(g, q, which)),
            q.d === undefined
                ? make('p', {}, 'The orders of this query are not on the page.')
                : order_table(g, q, which, other, left),
            answers(q, which));
    }

    function step(by) {
        var at = state.at + by;
        if (at < 0 || at >= state.list.length) return;
        state.at = at;
        draw(by > 0 ? 'next' : 'previous');
    }

    // `focus` names the control that keeps the focus over a redraw.
    function draw(focus) {
        var g = state.g, q = g.queries[state.list[state.at]];
        function choose(name) {
            return function (which) {
                state[name] = which;
                draw(name === 'left' ? 'left order' : 'right order');
            };
        }
        function button(label, text, by) {
            return make('button', { type: 'button', class: 'button',
                'aria-label': label, title: label,
                disabled: state.at + by < 0 ||
                    state.at + by >= state.list.length,
                onclick: function () { step(by); } }, text);
        }
        dialog.replaceChildren(
            make('div', { class: 'q-head' },
                make('h2', { id: 'q-title' }, q.t ? q.t + ' ' : '',
                    make('span', {}, q.q)),
                make('div', { class: 'tools' },
                    button('previous query', '\u2190', -1),
                    make('span', {}, (state.at + 1) + ' of ' +
                        state.list.length),
                    button('next query', '\u2192', 1),
                    Object.keys(g.texts).length ? make('button', {
                        type: 'button', class: 'button',
                        'aria-label': 'texts', 'aria-pressed': String(texts_open),
                        onclick: function () {
                            texts_open = !texts_open;
                            draw('texts');
                        } }, texts_open ? 'Hide texts' : 'Show texts') : null,
                    make('button', { type: 'button', class: 'button',
                        onclick: function () { dialog.close(); } }, 'Close'))),
            make('div', { class: 'q-body' }, make('div', { class: 'sides' },
                side(g, q, state.left, state.right, 'left order',
                    choose('left')),
                side(g, q, state.right, state.left, 'right order',
                    choose('right')))));
        var target = focus && dialog.querySelector('[aria-label^="' + focus +
            '"]:is(button, select):not(:disabled)');
        (target || dialog.querySelector('.q-head .button:last-child')).focus();
        history.replaceState(null, '', '#q=' + [state.group, state.left,
            state.right, encodeURIComponent(q.q)].join('/'));
    }

    // The baseline on the left, the run on the right.
    function open(pair, list, at) {
        state = { g: pair.g, group: pair.group, list: list, at: at,
            left: pair.b < 0 ? -1 - pair.g.runs[pair.a].set : pair.b,
            right: pair.a };
        if (!dialog.open) dialog.showModal();
        draw();
    }

    function open_link() {
        var m = /^#q=(\d+)\/(-?\d+)\/(-?\d+)\/(.*)$/.exec(location.hash);
        var g = m && load().groups[+m[1]];
        if (!g) return;
        var list = g.queries.map(function (q, i) { return i; });
        var qid = decodeURIComponent(m[4]);
        var at = g.queries.findIndex(function (q) { return q.q === qid; });
        var left = +m[2], right = +m[3];
        function known(w) { return w < 0 ? g.sets[-1 - w] : g.runs[w]; }
        if (at < 0 || !known(left) || !known(right)) return;
        state = { g: g, group: +m[1], list: list, at: at, left: left,
            right: right };
        if (!dialog.open) dialog.showModal();
        draw();
    }

    dialog.addEventListener('close', function () {
        history.replaceState(null, '', location.pathname + location.search);
        state = null;
    });
    dialog.addEventListener('click', function (e) {
        if (e.target === dialog) dialog.close();
    });
    dialog.addEventListener('keydown', function (e) {
        if (e.target.matches('select, input') || e.altKey || e.ctrlKey ||
            e.metaKey)
            return;
        if (e.key === 'ArrowLeft') step(-1);
        else if (e.key === 'ArrowRight') step(1);
        else return;
        e.preventDefault();
    });
    document.addEventListener('keydown', function (e) {
        if (e.key !== '/' || dialog.open || e.target.matches('select, input'))
            return;
        document.querySelector('input[type="search"]').focus();
        e.preventDefault();
    });

    overview();
    document.querySelectorAll('main section > .table:not(#runs) table')
        .forEach(sortable_table);
    var watch = new IntersectionObserver(function (entries) {
        entries.forEach(function (e) {
            if (!e.isIntersecting) return;
            watch.unobserve(e.target);
            short_table(e.target);
        });
    }, { rootMargin: '600px' });
    document.querySelectorAll('.queries').forEach(function (box) {
        watch.observe(box);
    });
    window.addEventListener('hashchange', open_link);
    open_link();
})();
