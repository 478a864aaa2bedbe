"""Callers known by the certificate that they show in TLS."""
import hashlib
import http.client
import json
import signal
import ssl
import subprocess
import unittest

from node_support import ANSWER_S, organisations


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=ANSWER_S)


class Certificates(unittest.TestCase):
    def setUp(self):
        (self.a, self.b) = self.enterContext(organisations("hospital-a", "hospital-b"))
        for name in ("ca", "stranger"):
            self.authority(name)
        self.certificate("server", "ca", "subjectAltName=IP:127.0.0.1")
        self.certificate("app", "ca", "extendedKeyUsage=clientAuth")
        self.certificate("unknown", "ca", "extendedKeyUsage=clientAuth")
        self.certificate("forged", "stranger", "extendedKeyUsage=clientAuth")
        self.certificate("web", "ca", "extendedKeyUsage=serverAuth")
        self.certificate("old", "ca", "extendedKeyUsage=clientAuth", "-not_before", "20200101000000Z", "-not_after", "20210101000000Z")
        for name, roles in (("app", "[schedule, read]"), ("forged", "[admin]"), ("web", "[admin]"), ("old", "[admin]")):
            pem = self.a.folder.joinpath(f"{name}.crt").read_text()
            digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
            self.a.callers.append(f"  - name: {name}\n    certificate-sha256: {digest}\n    roles: {roles}\n")
        self.a.add_caller("lab", "schedule")
        self.a.configure([self.b], more="tls:\n  certificate: server.crt\n  key: server.key\n  client-ca: ca.crt\n")
        self.a.start()

    def path(self, name):
        return self.a.folder / name

    def key(self, name):
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.path(f"{name}.key"))
        self.path(f"{name}.key").chmod(0o600)

    def authority(self, name):
        self.key(name)
        openssl("req", "-x509", "-new", "-key", self.path(f"{name}.key"), "-subj", f"/CN={name}", "-days", "2", "-out", self.path(f"{name}.crt"))

    def certificate(self, name, by, extension, *times):
        self.key(name)
        request, config = self.path(f"{name}.csr"), self.path(f"{name}.ext")
        config.write_text(f"{extension}\n")
        openssl("req", "-new", "-key", self.path(f"{name}.key"), "-subj", f"/CN={name}", "-out", request)
        if not times:
            openssl("x509", "-req", "-in", request, "-CA", self.path(f"{by}.crt"), "-CAkey", self.path(f"{by}.key"), "-CAcreateserial",
                    "-days", "2", "-extfile", config, "-out", self.path(f"{name}.crt"))
            return
        # `openssl x509` of version 3.0 cannot say from when to when; `openssl ca` can.
        ca = self.path("ca.cnf")
        ca.write_text(f"[ca]\ndefault_ca=x\n[x]\ndatabase={self.path('index')}\nserial={self.path('serial')}\nnew_certs_dir={self.a.folder}\n"
                      "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
        self.path("index").write_text("")
        self.path("serial").write_text("1000\n")
        openssl("ca", "-batch", "-config", ca, "-cert", self.path(f"{by}.crt"), "-keyfile", self.path(f"{by}.key"), "-in", request,
                "-startdate", times[1], "-enddate", times[3], "-extfile", config, "-notext", "-out", self.path(f"{name}.crt"))

    def ask(self, name, headers=None):
        context = ssl.create_default_context(cafile=self.path("ca.crt"))
        if name:
            context.load_cert_chain(self.path(f"{name}.crt"), self.path(f"{name}.key"))
        host, port = self.a.url.removeprefix("http://").split(":")
        connection = http.client.HTTPSConnection(host, int(port), timeout=ANSWER_S, context=context)
        try:
            connection.request("GET", "/computations", headers=headers or {})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def test_who_is_known(self):
        self.assertEqual(self.ask("app"), (200, []))
        for name in ("unknown", "forged", "web", "old", None):
            try:
                status, body = self.ask(name)
            except (ssl.SSLError, OSError, http.client.HTTPException):
                self.assertIsNotNone(name)  # nobody else's certificate is asked for
                continue
            self.assertEqual(status, 401, name)
            self.assertIn("certificate", body["details"])
        # A token decides, whatever certificate comes with it.
        self.assertEqual(self.ask("unknown", self.a.auth("lab")), (200, []))
        self.assertEqual(self.ask("app", {"Authorization": "Bearer wrong"})[0], 401)

    def shown(self):
        host, port = self.a.url.removeprefix("http://").split(":")
        return ssl.get_server_certificate((host, int(port)), timeout=ANSWER_S)

    def reload(self, says):
        self.a.node.process.process.send_signal(signal.SIGHUP)
        self.a.node.process.read_err_until(says)

    def test_a_new_certificate_is_shown_after_a_reload(self):
        """As certificates are renewed: the file has another, the configuration is the same."""
        first = self.shown()
        self.assertEqual(first.split(), self.path("server.crt").read_text().split())
        self.certificate("server", "ca", "subjectAltName=IP:127.0.0.1")
        second = self.path("server.crt").read_text()
        self.assertEqual(self.shown(), first)
        self.reload("was read again")
        self.assertEqual(self.shown().split(), second.split())
        self.assertEqual(self.ask("app"), (200, []))
        # One that does not fit its key changes nothing.
        self.path("server.crt").write_text(self.path("app.crt").read_text())
        self.reload("goes on as before.*do not belong together")
        self.assertEqual(self.shown().split(), second.split())


if __name__ == "__main__":
    unittest.main()
