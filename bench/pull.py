#!/usr/bin/env python3
"""How fast `shoal pull` is against curl and sha256sum: the same bytes, from a server on this machine.

  bench/pull.py build/dev/bin/shoal [--megabytes 500] [--repeats 5] [--folder FOLDER]

Each round downloads with both, one after the other, so that a noisy machine disturbs both alike; the result is the ratio of
the medians. The bar is 0.9. The file begins as a GGUF file does; the rest is noise. Needs curl.
"""
import argparse, http.server, json, os, pathlib, shutil, statistics, subprocess, sys, tempfile, threading, time


class Handler(http.server.SimpleHTTPRequestHandler):
    """A file with ranges, sent by the kernel; Python's own handler knows no ranges."""

    def do_GET(self):
        path = pathlib.Path(self.directory) / self.path.lstrip('/')
        size = path.stat().st_size
        begin, end = 0, size
        asked = self.headers.get('Range')
        if asked:
            first, last = asked.removeprefix('bytes=').split('-')
            begin, end = int(first), int(last) + 1 if last else size
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header('Content-Range', f'bytes {begin}-{end - 1}/{size}')
        self.send_header('Content-Length', str(end - begin))
        self.send_header('Accept-Ranges', 'bytes')
        self.send_header('ETag', f'"{size}"')
        self.end_headers()
        self.wfile.flush()
        with open(path, 'rb') as file:
            try:
                while begin < end:
                    begin += os.sendfile(self.connection.fileno(), file.fileno(), begin, min(end - begin, 1 << 20))
            except OSError:
                pass  # the client has gone

    def log_message(self, *_):
        pass


def timed(command, environment=None):
    began = time.monotonic()
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f'{command}: {done.stderr}')
    return time.monotonic() - began


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument('shoal')
    options.add_argument('--megabytes', type=int, default=500)
    options.add_argument('--repeats', type=int, default=5)
    options.add_argument('--folder', help='where to work; a temporary folder by default')
    options.add_argument('--serve', help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.serve:
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), lambda *a: Handler(*a, directory=given.serve))
        print(server.server_address[1], flush=True)
        server.serve_forever()
    folder = pathlib.Path(tempfile.mkdtemp(prefix='pull-bench-', dir=given.folder))
    (folder / 'served').mkdir()
    with open(folder / 'served' / 'big.gguf', 'wb') as file:
        file.write(b'GGUF')
        for _ in range(given.megabytes):
            file.write(os.urandom(1_000_000))
    server = subprocess.Popen([sys.executable, __file__, given.shoal, '--serve', str(folder / 'served')],
                              stdout=subprocess.PIPE, text=True)
    try:
        url = f'http://127.0.0.1:{server.stdout.readline().strip()}/big.gguf'
        home = {**os.environ, 'SHOAL_HOME': str(folder / 'home')}
        times = {'curl + sha256sum': [], 'shoal pull': []}
        for _ in range(given.repeats):
            copy = folder / 'copy.gguf'
            times['curl + sha256sum'].append(timed(['sh', '-c', f'curl -s -o {copy} {url} && sha256sum {copy}']))
            copy.unlink()
            times['shoal pull'].append(timed([given.shoal, '-q', 'pull', url], home))
            timed([given.shoal, '-q', 'rm', 'big'], home)
    finally:
        server.kill()
        shutil.rmtree(folder)
    megabytes = given.megabytes
    for name, seconds in times.items():
        median = statistics.median(seconds)
        print(f'{name:18} median {median:.2f} s  {megabytes / median:.0f} MB/s  all ' +
              ' '.join(f'{each:.2f}' for each in seconds))
    medians = [statistics.median(seconds) for seconds in times.values()]
    print(json.dumps({'bytes': megabytes * 1_000_000, 'speed_of_curl_and_sha256sum': round(medians[0] / medians[1], 2),
                      'bar': 0.9}))


main()
