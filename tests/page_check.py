# SPDX-License-Identifier: Apache-2.0
"""page_check.py PAGE ODD [FOLDER]: what tests/long/page.sh wants of a page with
1,000 queries and of one with odd names. Screenshots go to FOLDER."""
import os
import sys
import time

from browser import Browser

failed = 0


def check(what, got, want=True):
    global failed
    if got != want:
        failed += 1
        print('page: %s: %r, want %r' % (what, got, want))


class Page:
    def __init__(self, browser, path, folder):
        self.b, self.path, self.folder = browser, path, folder

    def open(self, *view, **more):
        self.b.view(*view, **more)
        return self.b.open(self.path)

    def clean(self, what):
        check(what + ': errors', self.b.faults, [])
        check(what + ': asked for', len(self.b.requests), 1)

    def shot(self, name, **more):
        if self.folder:
            self.b.settle()
            self.b.picture(os.path.join(self.folder, name + '.png'), **more)

    def texts(self, selector):
        return self.b.run('Array.from(document.querySelectorAll(%r), '
                          'e => e.textContent)' % selector)

    def focus(self):
        return self.b.run('document.activeElement.getAttribute("aria-label")'
                          ' || document.activeElement.textContent')

    # The page watches what comes near the screen.
    def until(self, expression):
        end = time.monotonic() + 10
        while not self.b.run('!!(%s)' % expression):
            if time.monotonic() > end:
                raise TimeoutError(expression)
            self.b.settle()


VISIBLE = "#runs tbody tr:not([hidden]) td:first-child"
HEAD = ("Array.from(document.querySelectorAll('#runs thead button'))"
        ".find(b => b.textContent === 'nDCG@10')")
PAIR = "document.querySelector('#c0 .pair .queries')"


def load(p):
    took = min(p.open(1400, 1000) for _ in range(3))
    print('page: loaded in %.0f ms' % (took * 1000))
    check('load under a second', took < 1)
    p.clean('load')
    check('runs', len(p.texts(VISIBLE)), 5)
    check('ids are unique', p.b.run(
        '(ids => new Set(ids).size === ids.length)(Array.from('
        'document.querySelectorAll("[id]"), e => e.id))'))
    check('every reference has its target', p.b.run(
        'Array.from(document.querySelectorAll("use")).every(u => document'
        '.getElementById(u.getAttribute("xlink:href").slice(1)))'))
    check('figures', len(p.texts('svg.plot')), 2)
    check('as wide as the window', p.b.run(
        'document.documentElement.scrollWidth'), 1400)
    p.shot('top')


def sort(p):
    def column():
        return p.b.run(
            "(n => Array.from(document.querySelectorAll('#runs tbody tr'), "
            "r => parseFloat(r.cells[n].textContent)))(Array.from(document"
            ".querySelectorAll('#runs thead th'), h => h.textContent)"
            ".indexOf('nDCG@10'))")
    before = column()
    for want, state in ((sorted(before, reverse=True), 'descending'),
                        (sorted(before), 'ascending'), (before, None)):
        p.b.run(HEAD + '.focus()')
        p.b.key('Enter')
        check('sorted ' + str(state), column(), want)
        check('aria-sort', p.b.run(HEAD + ".parentNode.getAttribute("
                                   "'aria-sort')"), state)


def filter_runs(p):
    p.b.run('document.body.focus()')
    p.b.key('/', '/')
    check("'/' goes to the filter", p.focus(), 'Filter runs')
    p.b.type('RANDOM-3 big')
    check('filtered', p.texts(VISIBLE), ['random-3'])
    check('count', p.texts('#overview output'), ['1 of 5 runs'])
    p.b.run("(i => { i.value = ''; i.dispatchEvent(new Event('input')); })("
            "document.querySelector('input'))")
    check('all again', len(p.texts(VISIBLE)), 5)


def queries(p):
    p.b.run("document.querySelector('#c0 .pair').scrollIntoView("
            "{behavior: 'instant'})")
    p.until(PAIR + ".querySelector(':scope > .tools button')")
    p.shot('comparison')
    p.b.run(PAIR + ".querySelector(':scope > .tools button').focus()")
    start = time.monotonic()
    p.b.key('Enter')
    check('count', p.texts('#c0 .pair:first-of-type output'), ['1000 queries'])
    check('all queries in time', time.monotonic() - start < 1)
    check('focus', p.focus(), 'Filter queries')
    rows = '#c0 .queries tbody tr'
    check('the first hundred', p.b.run(
        PAIR + ".querySelectorAll('tbody tr').length"), 100)
    p.b.type('asked-17-times')
    n = p.b.run(PAIR + ".querySelectorAll('tbody tr').length")
    check('filtered', n, 11)
    check('by text', all('asked-17-times' in t for t in p.texts(rows)[:n]))
    diffs = [float(t) for t in p.texts(
        '#c0 .pair:first-of-type .queries tbody td:last-child')[:n]]
    check('largest difference first', diffs, sorted(diffs, reverse=True))
    p.shot('queries')
    return n


def query(p, n):
    p.b.key('Tab')
    for _ in range(5):
        p.b.key('Tab')
    qid = p.focus()
    first = p.texts('#c0 .pair:first-of-type .queries tbody th')[0]
    check('tab reaches the first query', qid, first)
    p.b.key('Enter')
    check('open', p.b.run("document.querySelector('dialog').open"))
    check('its id', p.texts('#q-title span'), [qid])
    check('both orders', len(p.texts('.side tbody tr')), 40)
    check('place', p.texts('.q-head .tools span'), ['1 of %d' % n])
    check('whole ids', all(len(t) == 27 and t.startswith('msmarco_passage_')
                           for t in p.texts('td.doc')))
    check('grades', all(t in '\u00b7123' for t in p.texts('.grade')))
    p.clean('query')
    p.shot('query')
    p.b.key('ArrowRight')
    check('next', p.texts('.q-head .tools span'), ['2 of %d' % n])
    check('another', p.texts('#q-title span') != [qid])
    p.b.key('ArrowLeft')
    check('back', p.texts('#q-title span'), [qid])
    link = p.b.run('location.hash')
    p.b.key('Escape')
    check('closed', p.b.run("document.querySelector('dialog').open"), False)
    check('focus is where it was', p.focus(), qid)
    # The close event comes when the browser has time.
    p.until('location.hash === ""')
    p.b.run('location.hash = %r' % link)
    p.until("document.querySelector('dialog').open")
    check('a link opens it', p.texts('#q-title span'), [qid])
    p.b.key('Escape')
    p.clean('after a query')


def other_looks(p):
    for name, view in (('dark', dict(dark=True)), ('narrow', {})):
        wide = 360 if name == 'narrow' else 1400
        p.open(wide, 800, **view)
        p.clean(name)
        check(name + ': as wide as the window', p.b.run(
            'document.documentElement.scrollWidth'), wide)
        p.shot(name)
        ground = p.b.run('getComputedStyle(document.body).backgroundColor')
        sum_of = sum(int(x) for x in ground[4:-1].split(',')[:3])
        check(name + ': ground', sum_of < 200, name == 'dark')
        p.b.run("document.querySelector('#c0 .pair').scrollIntoView("
                "{behavior: 'instant'})")
        p.until(PAIR + ".querySelector('.movers button')")
        p.shot(name + '-comparison')
        p.b.run(PAIR + ".querySelector('.movers button').click()")
        check(name + ': open', len(p.texts('.side tbody tr')), 40)
        p.shot(name + '-query')
        p.clean(name)


def no_script(p):
    p.open(1400, 1000, script=False)
    check('no script: errors', p.b.faults, [])
    p.b.view(1400, 1000)  # to look at it with one
    check('no script: runs', len(p.texts(VISIBLE)), 5)
    check('no script: controls', len(p.texts('button, input')), 0)
    check('no script: queries', len(p.texts('.movers tbody tr')), 40)
    check('no script: figures', len(p.texts('svg')), 6)
    p.shot('no-script')


def printed(p):
    p.open(1400, 1000)
    path = os.path.join(p.folder or '.', 'page.pdf')
    p.b.print(path)
    check('print', os.path.getsize(path) > 20000)
    p.b.call('Emulation.setEmulatedMedia', media='print')
    check('print: no controls', p.b.run(
        "Array.from(document.querySelectorAll('.tools, nav')).every("
        "e => getComputedStyle(e).display === 'none')"))


def odd(p):
    p.open(1400, 1000)
    p.clean('odd names')
    check('as text', any(t.startswith('</script><b onclick=x>')
                         for t in p.texts(VISIBLE)))
    check('never as markup', len(p.texts('[onclick], main b b')), 0)
    check('collections', len(p.texts('h2')), 3)
    check('failed', '5 of 6' in p.texts('#runs td'))
    sides = "#q=0/%s/%s/q1"
    names = p.b.run("JSON.parse(document.getElementById('data').textContent)"
                    ".groups[0].runs.map(r => r.name)")
    step = next(i for i, n in enumerate(names) if n.startswith('step'))
    quick = names.index('quick')
    p.b.run('location.hash = %r' % (sides % (step, -1)))
    p.until("document.querySelector('dialog').open")
    p.b.run("document.querySelector('[aria-label=texts]').click()")
    check('texts', 'a text </p> of it' in p.texts('td.doc p'))
    check('answers', p.texts('.answers pre'), ['[2] > [1] <i>'])
    p.shot('odd-query')
    p.b.key('Escape')
    p.until('location.hash === ""')
    p.b.run('location.hash = %r' % ('#q=0/%s/%s/q2' % (step, quick)))
    p.until("document.querySelector('dialog').open")
    check('a failed query', any('failed: no <answer>' in t
                                for t in p.texts('.side p')))
    p.clean('odd names, opened')
    p.shot('failed-query')
    p.b.key('Escape')
    p.b.run("document.querySelectorAll('.queries').forEach("
            "e => e.scrollIntoView({behavior: 'instant'}))")
    p.until("document.querySelector('.queries button')")
    check('every query within reach', p.b.run(
        "Array.from(document.querySelectorAll('.queries')).filter(function (e)"
        " { var d = JSON.parse(document.getElementById('data').textContent);"
        " return e.querySelector('button') && !e.querySelector('.tools') &&"
        " e.querySelectorAll('tbody tr').length < d.groups["
        "d.pairs[+e.dataset.pair][0]].queries.length; }).length"), 0)


def main():
    big, other = sys.argv[1:3]
    folder = sys.argv[3] if len(sys.argv) > 3 else ''
    with Browser() as b:
        p = Page(b, big, folder)
        load(p)
        sort(p)
        filter_runs(p)
        query(p, queries(p))
        other_looks(p)
        no_script(p)
        printed(p)
        odd(Page(b, other, folder))
    print('page: %d checks failed' % failed if failed else 'page: all well')
    sys.exit(1 if failed else 0)


main()
