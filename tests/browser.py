# SPDX-License-Identifier: Apache-2.0
"""A headless chromium, driven over a pipe (Chrome DevTools Protocol): no port,
no network, nothing but the standard library."""
import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

LIMIT = 60  # seconds that anything may take


class Browser:
    def __init__(self, program='chromium'):
        self.folder = tempfile.mkdtemp(prefix='rkb-browser.')
        to_them, self.write_fd = os.pipe()
        self.read_fd, from_them = os.pipe()
        # It reads descriptor 3 and writes 4.
        command = ('exec "$0" "$@" 3<&%d 4>&%d' % (to_them, from_them))
        # Own group, so that its helpers end with it.
        self.process = subprocess.Popen(
            ['sh', '-c', command, program, '--headless', '--no-sandbox',
             '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars',
             '--no-first-run',
             '--disable-background-networking', '--disable-extensions',
             '--remote-debugging-pipe', '--user-data-dir=' + self.folder,
             'about:blank'],
            pass_fds=(to_them, from_them), start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(to_them)
        os.close(from_them)
        self.buffer = b''
        self.number = 0
        self.session = None
        self.events = []
        self.faults = []    # errors on the console, exceptions, refusals
        self.requests = []  # URLs that were asked for
        target = self.call('Target.createTarget', url='about:blank')
        self.session = self.call('Target.attachToTarget', flatten=True,
                                 targetId=target['targetId'])['sessionId']
        for domain in ('Page', 'Runtime', 'Log', 'Network'):
            self.call(domain + '.enable')

    def _message(self, until):
        while b'\0' not in self.buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.read_fd], [], [],
                                              left)[0]:
                raise TimeoutError('the browser does not answer')
            part = os.read(self.read_fd, 1 << 16)
            if not part:
                raise EOFError('the browser ended')
            self.buffer += part
        text, self.buffer = self.buffer.split(b'\0', 1)
        return json.loads(text)

    def _note(self, m):
        method, p = m.get('method'), m.get('params', {})
        self.events.append(m)
        if method == 'Runtime.exceptionThrown':
            self.faults.append(p['exceptionDetails'].get(
                'exception', {}).get('description', str(p)))
        elif method == 'Runtime.consoleAPICalled' and p['type'] in (
                'error', 'warning', 'assert'):
            self.faults.append(str(p['args']))
        elif method == 'Log.entryAdded' and p['entry']['level'] in (
                'error', 'warning'):
            self.faults.append(p['entry']['text'])
        elif method == 'Network.requestWillBeSent':
            self.requests.append(p['request']['url'])

    def call(self, method, **params):
        self.number += 1
        m = {'id': self.number, 'method': method, 'params': params}
        if self.session:
            m['sessionId'] = self.session
        os.write(self.write_fd, json.dumps(m).encode() + b'\0')
        until = time.monotonic() + LIMIT
        while True:
            m = self._message(until)
            if m.get('id') == self.number:
                if 'error' in m:
                    raise RuntimeError('%s: %s' % (method, m['error']))
                return m['result']
            self._note(m)

    def wait(self, event):
        until = time.monotonic() + LIMIT
        while True:
            for i, m in enumerate(self.events):
                if m.get('method') == event:
                    del self.events[:i + 1]
                    return m
            self._note(self._message(until))

    def view(self, width, height, dark=False, script=True, touch=False):
        self.call('Emulation.setDeviceMetricsOverride', width=width,
                  height=height, deviceScaleFactor=1, mobile=touch)
        self.call('Emulation.setEmulatedMedia', media='', features=[
            {'name': 'prefers-color-scheme',
             'value': 'dark' if dark else 'light'}])
        self.call('Emulation.setScriptExecutionDisabled', value=not script)

    def open(self, path):
        """Seconds until the page has been loaded."""
        self.faults.clear()
        self.requests.clear()
        self.events.clear()
        self.call('Page.navigate', url='about:blank')
        self.wait('Page.loadEventFired')
        start = time.monotonic()
        url = path if '://' in path else 'file://' + os.path.abspath(path)
        self.call('Page.navigate', url=url)
        self.wait('Page.loadEventFired')
        return time.monotonic() - start

    def run(self, expression):
        r = self.call('Runtime.evaluate', expression=expression,
                      returnByValue=True, awaitPromise=True)
        if 'exceptionDetails' in r:
            raise RuntimeError(r['exceptionDetails']['exception'].get(
                'description', str(r)))
        return r['result'].get('value')

    def key(self, key, text=None, shift=False):
        codes = {'Enter': 13, 'Escape': 27, 'Tab': 9, 'ArrowLeft': 37,
                 'ArrowRight': 39, ' ': 32}
        p = {'key': key, 'code': key, 'modifiers': 8 if shift else 0,
             'windowsVirtualKeyCode': codes.get(key, ord(key[0].upper()))}
        text = text or {'Enter': '\r', ' ': ' '}.get(key)
        if text:
            p['text'] = text
        self.call('Input.dispatchKeyEvent', type='keyDown', **p)
        self.call('Input.dispatchKeyEvent', type='keyUp', **p)

    def type(self, text):
        self.call('Input.insertText', text=text)

    def settle(self):
        """Until two frames have been drawn."""
        self.run('new Promise(d => requestAnimationFrame(() => '
                 'requestAnimationFrame(d)))')

    def picture(self, path, whole=False):
        r = self.call('Page.captureScreenshot', format='png',
                      captureBeyondViewport=whole)
        with open(path, 'wb') as f:
            f.write(base64.b64decode(r['data']))

    def print(self, path):
        r = self.call('Page.printToPDF', printBackground=False,
                      preferCSSPageSize=True)
        with open(path, 'wb') as f:
            f.write(base64.b64decode(r['data']))

    def close(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        os.close(self.write_fd)
        os.close(self.read_fd)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
