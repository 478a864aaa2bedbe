"""The flags by which the Rust project's server has its requests carry tokens mean the same here (exchanges.jsonl, scenario jwt):
requests to the other nodes and to `output` carry a JWT, ES256, with iss, iat, exp and the claims that were given."""
import base64
import hmac
import json
import pathlib
import subprocess
import tempfile
import time
import unittest

from node_support import call, collector, nodes, organisations, policies, schedule


def decode(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class Tokens(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.key = self.folder / "key.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", self.key],
                       check=True, capture_output=True, timeout=60)

    def token(self, ns, out):
        p = policies([n.url for n in ns], outputs=[f"{out.url}/0", f"{out.url}/1"])
        for c in [schedule(n.url, q) for n, q in zip(ns, p)]:
            answer = c.wait()
            self.assertEqual(answer.status, 200, answer)
        out.wait("/0")
        headers = next(h for path, h, _, _ in out.posts if path == "/0")
        scheme, token = headers["Authorization"].split(" ")
        self.assertEqual(scheme, "Bearer")
        header, claims, signature = token.split(".")
        self.assertEqual(decode(header), {"typ": "JWT", "alg": "ES256"})
        self.assertEqual(len(base64.urlsafe_b64decode(signature + "==")), 64)
        return decode(claims)

    def test_flags(self):
        with nodes(2, f"--jwt-key={self.key}", "--jwt-iss=hospital", "--jwt-exp=600", '--jwt-claims={"roles":["TEST"]}') as ns, \
                collector() as out:
            claims = self.token(ns, out)
            self.assertEqual((claims["iss"], claims["roles"], claims["exp"] - claims["iat"]), ("hospital", ["TEST"], 600))
            self.assertLess(abs(claims["iat"] - time.time()), 60)

    def test_none_for_a_place_that_nobody_allowed(self):
        """Who is denied would else have given himself the node's token."""
        with organisations("a", "b") as (a, b), collector() as out:
            a.add_caller("lab", "schedule")
            a.add_caller("officer", "approve")
            a.configure([b])
            a.start(f"--jwt-key={self.key}")
            p = policies([a.url, b.url], outputs=[f"{out.url}/0", None])[0]
            a.schedule("lab", p)
            a.wait_state("officer", p["computation_id"], "pending")
            self.assertEqual(a.call("officer", "POST", f"/computations/{p['computation_id']}/deny", {"why": "no"}).status, 200)
            out.wait("/0")
            self.assertNotIn("Authorization", out.posts[0][1])

    def test_variables(self):
        env = {"POLYTUNE_JWT_KEY": str(self.key), "POLYTUNE_JWT_CLAIMS": '{"a":1}', "POLYTUNE_CONCURRENCY": "3"}
        with nodes(2, env=env) as ns, collector() as out:
            claims = self.token(ns, out)
            self.assertEqual((claims["iss"], claims["a"], claims["exp"] - claims["iat"]), ("polytune", 1, 300))

    def test_what_is_wrong(self):
        from support import USAGE, polytune
        done = polytune("node", "--insecure-allow-all", "--jwt-claims={}")
        self.assertEqual(done.status, USAGE)
        self.assertIn("--jwt-key", done.err)
        done = polytune("node", "--insecure-allow-all", f"--jwt-key={self.key}", "--jwt-claims=[]")
        self.assertEqual(done.status, USAGE)
        (self.folder / "no").write_text("no key")
        self.assertNotEqual(polytune("node", "--insecure-allow-all", f"--jwt-key={self.folder / 'no'}").status, 0)


class Callers(unittest.TestCase):
    """Who comes with a JWT of an issuer of the configuration."""

    def setUp(self):
        self.a, self.b = self.enterContext(organisations("a", "b"))
        self.key, self.public = self.a.folder / "issuer.key", self.a.folder / "issuer.pem"
        for arguments in (("genpkey", "-algorithm", "ed25519", "-out", self.key), ("pkey", "-in", self.key, "-pubout", "-out", self.public)):
            subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)
        self.public.chmod(0o600)
        self.a.callers.append("  - {name: lab, jwt-subject: lab@a, roles: [schedule]}\n")
        self.a.configure([self.b], more="issuers:\n  - {issuer: login, audience: node-a, algorithm: EdDSA, key: issuer.pem}\n")
        self.a.start()

    def signature(self, text):
        (self.a.folder / "text").write_bytes(text)
        done = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.key, "-in", self.a.folder / "text"], check=True,
                              capture_output=True, timeout=60)
        return done.stdout

    def status(self, claims=None, alg="EdDSA", sign=None):
        claims = {"iss": "login", "aud": "node-a", "sub": "lab@a", "exp": int(time.time()) + 300, **(claims or {})}
        encode = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=")
        text = b".".join(encode(json.dumps(part).encode()) for part in ({"alg": alg, "typ": "JWT"}, {k: v for k, v in claims.items() if v}))
        token = b".".join((text, encode((sign or self.signature)(text)))).decode()
        return call(self.a.url, "GET", "/computations", headers={"Authorization": "Bearer " + token}).status

    def test_who_is_known(self):
        self.assertEqual(self.status(), 200)
        for claims in ({"exp": int(time.time()) - 120}, {"exp": None}, {"aud": "node-b"}, {"iss": "other"}, {"sub": "lab"}, {"sub": None}):
            self.assertEqual(self.status(claims), 401, claims)
        by_public_key = lambda text: hmac.digest(self.public.read_bytes(), text, "sha256")
        self.assertEqual(self.status(alg="HS256", sign=by_public_key), 401)
        self.assertEqual(self.status(alg="none", sign=lambda _: b""), 401)
        self.assertEqual(self.status(sign=lambda _: bytes(64)), 401)


if __name__ == "__main__":
    unittest.main()
