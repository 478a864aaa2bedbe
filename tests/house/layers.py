"""Includes point downwards: the drawing in docs/architecture.md stays true."""
import pathlib
import re
import sys

# What each layer may include besides itself. mpc sees channels only through the interface.
ALLOWED = {
    "base": set(),
    "crypto": {"base"},
    "circuit": {"base"},
    "lang": {"base", "circuit"},
    "mpc": {"base", "circuit", "crypto", "channel/channel.h"},
    "httpd": {"base"},
    "wire": {"base"},
    "channel": {"base", "httpd", "wire"},
    "api": {"base", "circuit", "crypto", "lang", "mpc", "channel"},
    "relay": {"base", "crypto", "httpd", "wire"},
    "data": {"base"},
    "node": {"base", "crypto", "data", "httpd", "wire", "channel"},
    "cli": {"base", "data", "node", "relay/relay.h", "wire/session_name.h", "channel/slow.h", "channel/http/probe.h",
            "channel/http/relay_probe.h", "channel/http/direct_check.h", "channel/http/url.h"},
    "wasm": {"base", "channel", "lang/program_compact.h", "mpc/forecast/work.h"},
}
# Which layer a public header belongs to: it may be included there and above.
PUBLIC = {
    "status.h": "base",
    "circuit.h": "circuit",
    "channel.h": "channel",
    "network.h": "channel",
    "secure.h": "channel",
    "meter.h": "channel",
    "literal.h": "lang",
    "program.h": "lang",
    "mpc.h": "mpc",
    "plan.h": "mpc",
    "constants.h": "api",
    "private_results.h": "api",
    "polytune.h": "api",
}
ABOVE_API = {"api", "data", "node", "relay", "cli", "wasm"}


def allowed(layer, included):
    first, _, name = included.partition("/")
    if first == "polytune":
        owner = PUBLIC.get(name)
        return owner is not None and (
            owner == layer or layer in ABOVE_API or owner in ALLOWED[layer]
            or included == "polytune/channel.h" and layer == "mpc")
    return first == layer or first in ALLOWED[layer] or included in ALLOWED[layer]


def main():
    wrong, seen = [], 0
    for path in sorted(pathlib.Path("src").rglob("*.[ch]")):
        layer = path.parts[1]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not match:
                continue
            seen += 1
            if not allowed(layer, match.group(1)):
                wrong.append(f'{path}:{number}: layer {layer} must not include "{match.group(1)}"')
    for path in sorted(pathlib.Path("include").rglob("*.h")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if match and not match.group(1).startswith("polytune/"):
                wrong.append(f'{path}:{number}: a public header includes "{match.group(1)}"')
    # The check itself must be able to fail.
    assert not allowed("base", "crypto/aes.h") and not allowed("mpc", "channel/http/delivery.h")
    assert not allowed("lang", "crypto/aes.h") and not allowed("httpd", "relay/relay.h") and allowed("mpc", "channel/channel.h")
    print("\n".join(wrong) or f"{seen} includes point downwards")
    return 1 if wrong or seen == 0 else 0


sys.exit(main())
