"""The throw-away server of try.sh: HTTP for the install tree, kickstart and reports, and a listener on 8250 for the agent.
usage: try-server.py ADDRESS FOLDER LOG    FOLDER holds os/ and ks/. One line of LOG per request, fields split by tabs:
client kind, method, path, status, remark. It says only what was asked; try.sh judges."""
import http.server
import os
import socketserver
import sys
import threading
import urllib.parse

address, folder, log_path = sys.argv[1:]
log = open(log_path, "a", buffering=1)


def kind(agent):
    for name in ("libdnf", "(anaconda)", "curl/"):
        if name in agent:
            return name.strip("()/")
    return agent or "none"


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *args):
        super().__init__(*args, directory=folder)

    def log_request(self, code="-", size="-"):
        watched = ("X-Anaconda-Architecture", "X-RHN-Provisioning-MAC-0", "X-System-Serial-Number", "Cache-Control")
        remark = [f"{n}={self.headers[n]}" for n in watched if self.headers[n]]
        status = int(code)
        log.write("\t".join([kind(self.headers["User-Agent"] or ""), self.command, self.path, str(status), *remark]) + "\n")

    def log_message(self, *args):
        pass

    def do_GET(self):
        """As the base class, and for RPMs ranges; while FOLDER/cut exists, the next RPM is cut off half-way, once."""
        path = self.translate_path(self.path)
        if not path.endswith(".rpm") or not os.path.exists(path):
            return super().do_GET()
        body = open(path, "rb").read()
        start = int((self.headers["Range"] or "bytes=0-").split("=")[1].split("-")[0])
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.end_headers()
        if len(body) > 1000000 and os.path.exists(cut := os.path.join(folder, "cut")):
            os.remove(cut)
            body = body[: len(body) // 2]
            self.close_connection = True
        self.wfile.write(body[start:])

    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.path += "?" + form.get("phase", ["?"])[0]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        log.write(f"# {form}\n")


class Agent(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            log.write("agent\t" + line.decode())


socketserver.ThreadingTCPServer.allow_reuse_address = True
agents = socketserver.ThreadingTCPServer((address, 8250), Agent)
threading.Thread(target=agents.serve_forever, daemon=True).start()
http.server.ThreadingHTTPServer((address, 80), Handler).serve_forever()
