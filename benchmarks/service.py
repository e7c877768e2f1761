"""How many clips a second does the HTTP service of the guide score? On loopback, over the network's whole path.

The service is the code in docs/deployment.md. It needs what the package does not: ``pip install fastapi uvicorn``. Run
it as ``python -m benchmarks.service``, on a machine with nothing else to do; the clients share its cores.
"""

import argparse
import http.client
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from benchmarks._harness import HERE, main
from tests.checks.clips import wav_bytes

RATE, SECONDS = 16_000, 3.0
PORT = 8731


def add_arguments(parser: argparse.ArgumentParser):
    parser.add_argument("--requests", type=int, default=300, help="requests in all, at most (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=20, help="seconds a case, at most (default: %(default)s)")


def measure(results, args):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "service.py").write_text(service())
        content = wav_bytes(write_detector(Path(folder, "detector.onnx")), RATE, subtype="PCM_16")
        command = [sys.executable, "-m", "uvicorn", "service:app", "--port", str(PORT), "--log-level", "warning"]
        server = subprocess.Popen(command, cwd=folder)
        try:
            wait()
            rows = [row_of(n, content, args) for n in (1, 2, 8)]
        finally:
            server.terminate()
            server.wait()
    results.table(f"Clips of {SECONDS:g} s, {len(content) / 1e3:.0f} kB each", rows)
    best = max(float(row["a second"]) for row in rows)
    results.figure("clips a second", best, unit="/s")


def service():
    """Return the code of the service in the guide."""
    text = (HERE.parent / "docs" / "deployment.md").read_text()
    (code,) = re.findall(r"```py\n(from fastapi .*?)```", text, re.DOTALL)
    return code


def write_detector(path):
    """Write a detector with a network of the usual size, and return a clip."""
    from sklearn.pipeline import make_pipeline

    from skvoicefake import CNNLSTMClassifier, MFCCTransformer, export

    clips = [0.1 * np.random.default_rng(i).normal(size=int(SECONDS * RATE)).astype(np.float32) for i in range(4)]
    network = CNNLSTMClassifier(epochs=1, early_stopping=False, random_state=0)
    export(make_pipeline(MFCCTransformer(), network).fit(clips, ["fake", "real"] * 2), path)
    return clips[0]


def wait():
    """Wait until the service answers."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
            connection.request("GET", "/openapi.json")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the service does not start")


def row_of(n_clients, content, args):
    """Have so many clients ask one after the other, until the requests or the seconds are over."""
    latencies, errors, lock = [], [], threading.Lock()
    start = time.monotonic()

    def ask():
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        while time.monotonic() - start < args.seconds and len(latencies) + len(errors) < args.requests:
            began = time.perf_counter()
            connection.request("POST", "/score", content, {"Content-Type": "application/octet-stream"})
            response = connection.getresponse()
            response.read()
            with lock:
                (latencies if response.status == 200 else errors).append(time.perf_counter() - began)

    clients = [threading.Thread(target=ask) for _ in range(n_clients)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    seconds = time.monotonic() - start
    middle, most = 1e3 * np.quantile(latencies, [0.5, 0.99])
    return {
        "clients": str(n_clients),
        "requests": len(latencies),
        "errors": len(errors),
        "a second": f"{len(latencies) / seconds:.3g}",
        "p50, ms": f"{middle:.3g}",
        "p99, ms": f"{most:.3g}",
    }


if __name__ == "__main__":
    main(__name__)
