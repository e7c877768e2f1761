"""Places on this machine that are reached by addresses: a web server, and a store in memory."""

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder, and answers /403 and /500 with these; names of requests go to `asked`."""

    def __init__(self, *args, asked, **options):
        self.asked = asked
        super().__init__(*args, **options)

    def do_GET(self):
        self.asked.append(self.path)
        if self.path.startswith(("/403", "/500")):
            self.send_error(int(self.path[1:4]))
        else:
            super().do_GET()

    def log_message(self, *args):
        """Say nothing."""


@contextmanager
def served(folder):
    """Serve a folder on the loopback interface; give the address of its root, and a list that requests are added to."""
    asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder), asked=asked)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", asked
        finally:
            server.shutdown()
            thread.join()
