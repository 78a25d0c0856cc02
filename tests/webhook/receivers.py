"""Receivers on loopback that speak TLS, each with a certificate of its own kind, and what an
authority has to say: SSL_CERT_FILE for whoever is to trust it. Prints `ca PATH`, then
`KIND PORT` for each, and `ready`; for every delivery `got KIND STATUS`. Ends with its standard
input. The signatures are checked with the hmac of the standard library."""

import datetime
import hashlib
import hmac
import http.server
import os
import ssl
import sys
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SECRET, FOLDER = sys.argv[1].encode(), sys.argv[2]
NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def made(subject, issuer, key, signer, first, last, host=None):
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + first)
        .not_valid_after(NOW + last)
        .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
    )
    if host:
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(signer, hashes.SHA256())


def pem(path, *parts):
    path = os.path.join(FOLDER, path)
    with open(path, "wb") as file:
        for part in parts:
            if hasattr(part, "public_bytes") and not hasattr(part, "private_bytes"):
                file.write(part.public_bytes(serialization.Encoding.PEM))
            else:
                file.write(
                    part.private_bytes(
                        serialization.Encoding.PEM,
                        serialization.PrivateFormat.PKCS8,
                        serialization.NoEncryption(),
                    )
                )
    return path


def authority(text):
    key = ec.generate_private_key(ec.SECP256R1())
    return key, made(text, text, key, key, -DAY * 9, DAY * 9)


def receiver(kind, context):
    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            due = "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
            right = hmac.compare_digest(due, self.headers["X-Space-Duck-Signature"])
            status = 200 if right else 401
            print("got", kind, status, flush=True)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_):
            pass  # handshakes are meant to fail

    server = Server(("127.0.0.1", 0), Receiver)
    if context:
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(kind, server.server_address[1], flush=True)


key, ca = authority("ca")
other_key, other_ca = authority("other")
print("ca", pem("ca.pem", ca), flush=True)
own = ec.generate_private_key(ec.SECP256R1())
for kind, issuer, signer, first, last, host in [
    ("good", "ca", key, -DAY, DAY, "localhost"),
    ("expired", "ca", key, -DAY * 3, -DAY, "localhost"),
    ("early", "ca", key, DAY, DAY * 3, "localhost"),
    ("name", "ca", key, -DAY, DAY, "hook.example.invalid"),
    ("issuer", "other", other_key, -DAY, DAY, "localhost"),
    ("self", "localhost", own, -DAY, DAY, "localhost"),
]:
    certificate = made("localhost", issuer, own, signer, first, last, host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem(kind + ".pem", own, certificate))
    receiver(kind, context)
receiver("plain", None)
print("ready", flush=True)
sys.stdin.read()
