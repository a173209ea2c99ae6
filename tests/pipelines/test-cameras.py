# SPDX-License-Identifier: MIT
#
# test-cameras.py CLIPTAG [RTSP-LOOP]: `cliptag cameras` labels streams, and a lost camera comes back without the others
# noticing; the table on a terminal and in a pipe; what is refused and how.
#
# Each wait has a limit that only a broken program reaches.
import atexit
import fcntl
import json
import os
import pty
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

LIMIT = 120  # seconds
cameras = [sys.argv[1], "cameras"]
server = sys.argv[2] if len(sys.argv) > 2 else None
started = []


def end_all():
    """A test that fails leaves nobody behind, who would keep the pipe open that its report goes through."""
    for process in started:
        if process.poll() is None:
            process.kill()


atexit.register(end_all)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def start(*arguments, **options):
    process = subprocess.Popen(arguments, text=True, **options)
    started.append(process)
    return process


def check(condition, *what):
    if not condition:
        print("FAILED:", *what)
        sys.exit(1)


def refused(status, *arguments):
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=LIMIT)
    check(done.returncode == status, arguments, "exit status", done.returncode, done.stderr)
    check(done.stderr.count("\n") == 1 and not done.stdout, arguments, done.stdout, done.stderr)
    return done.stderr


def make_recording(path, encoder):
    subprocess.run(
        ["gst-launch-1.0", "-q", "videotestsrc", "num-buffers=50", "pattern=ball", "!",
         "video/x-raw,format=I420,width=160,height=120,framerate=25/1", "!", *encoder, "!", "filesink",
         "location=" + path], check=True, timeout=LIMIT)


class Server:
    def __init__(self, port, *files):
        self.process = start(server, "--port", str(port), *files, stdout=subprocess.PIPE)
        self.uris = [self.process.stdout.readline().strip() for _ in files]
        check(all(self.uris), "the server printed no address")
        self.port = int(self.uris[0].split(":")[2].split("/")[0])

    def end(self, number):
        self.process.send_signal(number)
        return self.process.wait(LIMIT)


class Lines:
    """What `cliptag cameras --json` prints of each stream; every line of it is kept."""

    def __init__(self, *arguments):
        self.process = start(*cameras, "--json", *arguments, stdout=subprocess.PIPE)
        self.lines, self.changed = [], threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(json.loads(line))
                self.changed.notify_all()

    def wait(self, what, found):
        """Until `found` holds for the latest lines: {stream: line}."""
        end = time.monotonic() + LIMIT
        with self.changed:
            while True:
                latest = {line["stream"]: line for line in self.lines if "stream" in line}
                if found(latest):
                    return latest
                check(time.monotonic() < end and self.process.poll() is None, "no sign of:", what, latest)
                self.changed.wait(1)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(LIMIT)


def plays(line):
    return line is not None and line["problem"] is None and line["frames"] > 0 and line["label"] is not None


def test_refusals(folder):
    refused(2, *cameras)
    refused(2, *cameras, "no-uri")
    refused(2, *cameras, "--bad", "rtsp://127.0.0.1/0")
    refused(2, *cameras, "--repeat", "0", "rtsp://127.0.0.1/0")
    refused(2, *cameras, "--transport", "pigeon", "rtsp://127.0.0.1/0")
    check("no such property" in refused(2, *cameras, "--set", "no-such=1", "rtsp://127.0.0.1/0"), "no such property")
    check("PROPERTY=VALUE" in refused(2, *cameras, "--set", "prompts", "rtsp://127.0.0.1/0"), "no value")
    refused(2, *cameras, "--set", "frame-rate=-5", "rtsp://127.0.0.1/0")
    refused(2, *cameras, "--frame-rate", "often", "rtsp://127.0.0.1/0")
    refused(2, *cameras, "--frame-rate", "-1", "rtsp://127.0.0.1/0")
    refused(2, *cameras, "--precision", "int9", "rtsp://127.0.0.1/0")
    refused(2, *cameras, "--threads", "1025", "rtsp://127.0.0.1/0")
    if server:
        text = os.path.join(folder, "text.mp4")
        with open(text, "w") as file:
            file.write("no video\n")
        refused(2, server)
        refused(2, server, "--port", "65536", text)
        refused(2, server, os.path.join(folder, "missing.mp4"))
        refused(1, server, "--port", "0", text)
        check("--port" in subprocess.check_output([server, "--help"], text=True), "--help")


def test_settings(folder):
    """What cliptagger cannot work with ends the program at once, and says why: no camera is to blame."""
    prompts = os.path.join(folder, "none.txt")
    with open(prompts, "w") as file:
        file.write("# nothing\n")
    uris = "rtsp://user:secret@127.0.0.1:1/door", "file:///no/such/file"
    for arguments, word in ((["--model", folder], folder), (["--model", "/no/such\n\u009bfolder"], "/no/such\\n\\u009bfolder"),
                            (["--prompts", ";"], "no prompts"), (["--prompts-file", prompts], prompts),
                            (["--background", prompts], prompts)):
        done = subprocess.run([*cameras, *arguments, *uris], capture_output=True, text=True, timeout=LIMIT)
        check(done.returncode == 1 and not done.stdout, arguments, done.returncode, done.stdout)
        check(done.stderr.count("\n") == 1 and word in done.stderr, arguments, done.stderr)
    for setting in "max-age=5x", "max-age=s", "max-age=-3s", "max-age=1e30h", "stats-interval=5 weeks":
        done = subprocess.run([*cameras, "--set", setting, *uris], capture_output=True, text=True, timeout=LIMIT)
        check(done.returncode == 2 and "such as 5s" in done.stderr and done.stderr.count("\n") == 1, setting, done.stderr)
    for setting in "max-age=5s", "max-age=250 ms", "max-age=0.5min", "max-age=5000000000", "stats-interval=1h":
        done = subprocess.run([*cameras, "--json", "--seconds", "0.1", "--set", setting, *uris], capture_output=True,
                              text=True, timeout=LIMIT)
        check(done.returncode == 0, setting, done.stderr)


def test_udp(h264):
    """Without --udp no port is open but the server's own, on this machine; a client that would have UDP gets nothing."""
    ours = Server(0, h264)
    asked = ("DESCRIBE rtsp://127.0.0.1:{0}/0 RTSP/1.0\r\nCSeq: 1\r\n\r\n"
             "SETUP rtsp://127.0.0.1:{0}/0/stream=0 RTSP/1.0\r\nCSeq: 2\r\n"
             "Transport: RTP/AVP;unicast;client_port=54321-54322\r\n\r\n").format(ours.port)
    with socket.create_connection(("127.0.0.1", ours.port), LIMIT) as connection:
        connection.sendall(asked.encode())
        answer = b""
        while b"CSeq: 2" not in answer:
            part = connection.recv(65536)
            check(part, "the server hung up", answer)
            answer += part
    check(b"RTSP/1.0 461 " in answer, answer)
    ours.end(signal.SIGTERM)


def test_missing_file():
    """What cannot be played is said, without its password, and tried again."""
    lines = Lines("rtsp://user:secret@127.0.0.1:1/door?password=secret", "file:///no/such/file")
    latest = lines.wait("two problems", lambda s: len(s) == 2 and all(s[i]["problem"] != "connecting" for i in s))
    check(all(line["problem"] for line in latest.values()), latest)
    check(latest[0]["uri"] == "rtsp://127.0.0.1:1/door?password=***", latest)
    check("secret" not in json.dumps(lines.lines), lines.lines)
    check(lines.end() == 0, "exit status")


def test_reconnection(h264, theora):
    """Streams 0 and 1 lose their server; 2 and 3 are another's."""
    lost, kept = Server(0, h264), Server(0, theora)
    lines = Lines("--repeat", "2", "--frame-rate", "5", lost.uris[0], kept.uris[0])
    lines.wait("four streams", lambda s: all(plays(s.get(i)) for i in range(4)))
    begin = len(lines.lines)
    lost.end(signal.SIGKILL)
    latest = lines.wait("two lost streams", lambda s: s[0]["problem"] and s[1]["problem"])
    before = latest[2]["frames"], latest[3]["frames"]
    lost = Server(lost.port, h264)
    lines.wait("their return", lambda s: all(plays(s[i]) for i in range(4)) and s[2]["frames"] > before[0]
               and s[3]["frames"] > before[1])
    for line in lines.lines[begin:]:
        check(line.get("stream") not in (2, 3) or not line["problem"], "the others noticed:", line)
    totals = [line for line in lines.lines if "streams" in line]
    check(totals and totals[-1]["streams"] == 4 and totals[-1]["cpu_percent"] >= 0 and totals[-1]["rss_mib"] > 1, totals)
    check(lines.end() == 0, "exit status")
    check(lost.end(signal.SIGTERM) == 0 and kept.end(signal.SIGINT) == 0, "exit status of the servers")


def test_warnings(h264, folder):
    """A warning about the model or the prompts is printed once for all cameras."""
    model = os.path.join(folder, "model")
    shutil.copytree(os.path.join(os.environ["CLIPTAG_GOLDEN"], "patch32-quick"), model)
    os.unlink(os.path.join(model, "preprocessor_config.json"))
    done = subprocess.run([*cameras, "--seconds", "1", "--repeat", "2", "--model", model, "--prompts",
                           "a yard;" + "a van " * 50, "file://" + h264], capture_output=True, text=True, timeout=LIMIT)
    check(done.returncode == 0, "exit status", done.returncode, done.stderr)
    warnings = [line for line in done.stderr.splitlines() if line.startswith("cliptag cameras: warning: ")]
    check(len(warnings) == 2 and "no preprocessor_config.json" in warnings[0] and "tokens, the model reads 24" in warnings[1],
          done.stderr)


def test_table(h264):
    uri = "file://" + h264
    text = subprocess.check_output([*cameras, "--seconds", "1", "--repeat", "2", uri], text=True, timeout=LIMIT)
    check("label now" in text and " of 2 cameras" in text and "\033" not in text, text)

    # Six rows of 40 columns: the heading, a row and the total; the cursor has the last one.
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 6, 40, 0, 0))
    process = start(*cameras, "--seconds", "1", "--repeat", "8", uri, stdout=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # Linux's end of a terminal
            break
        if not part:
            break
        shown += part
    check(process.wait(LIMIT) == 0, "exit status")
    for screen in shown.decode().split("\033[H")[1:]:
        rows = screen.replace("\033[K", "").replace("\033[J", "").split("\r\n")[:-1]
        check(len(rows) == 5 and all(len(row) < 40 for row in rows), rows)
        check(" of 8 cameras" in rows[-1], rows)


with tempfile.TemporaryDirectory() as folder:
    test_refusals(folder)
    test_settings(folder)
    test_missing_file()
    recording = os.path.join(folder, "recording.mp4")
    make_recording(recording, ["x264enc", "key-int-max=10", "speed-preset=veryfast", "!", "h264parse", "!", "mp4mux"])
    test_table(recording)
    test_warnings(recording, folder)
    if not server:
        print("skipped: the tests of lost cameras (built without gst-rtsp-server)")
        sys.exit(77)
    test_udp(recording)
    other = os.path.join(folder, "recording.ogv")
    make_recording(other, ["theoraenc", "!", "oggmux"])
    test_reconnection(recording, other)
