"""ClickHouse's HTTP interface in front of its engine, chDB: a query in the address, or in
the body; what is to be inserted in the body. One at a time. Prints its address."""

import os
import re
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from chdb.session import Session

folder = sys.argv[1]
session = Session(folder)
INSERT = re.compile(r"(INSERT INTO) (\S+) \(([^)]*)\) FORMAT (\w+)$")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Who opens a connection and says nothing does not keep the others waiting.
    timeout = 5

    def do_GET(self):
        self.answer()

    def do_POST(self):
        self.answer()

    def answer(self):
        asked = parse_qs(urlsplit(self.path).query)
        query = asked.get("query", [""])[0]
        body = self.body()
        try:
            if database := asked.get("database"):
                session.query(f"USE {database[0]}")
            if query and body:
                self.insert(query, body)
                result = b""
            else:
                result = session.query(query or body.decode()).bytes()
            self.send(200, result or b"")
        except Exception as error:
            print(f"{query[:300]}: {error}", file=sys.stderr, flush=True)
            self.send(500, str(error).encode())

    def insert(self, query, body):
        """The engine has no input of its own: it reads the rows from a file."""
        into, table, columns, form = INSERT.match(query).groups()
        described = session.query(f"DESCRIBE TABLE {table}", "TSV").bytes().decode()
        types = dict(line.split("\t")[:2] for line in described.splitlines())
        names = [name.strip() for name in columns.split(",")]
        structure = ", ".join(f"`{name}` {types[name]}" for name in names).replace("'", "\\'")
        path = os.path.join(folder, "inserted.bin")
        with open(path, "wb") as file:
            file.write(body)
        rows = f"SELECT * FROM file('{path}', '{form}', '{structure}')"
        session.query(f"{into} {table} ({columns}) {rows}")

    def body(self):
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def send(self, status, body):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


server = HTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
