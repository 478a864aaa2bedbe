"""Calls that the house does not use, files that do not belong, and words that do not belong in it."""
import pathlib
import re
import sys

# What printf is asked for and WebAssembly's knows.
CONVERSION = r'%(?:%|0?(?:\*|\d+)?(?:(?:l|ll|z)?[diuxX]|[cp]|"\s*PRI[dux]\d+)|(?:\*|\d+)?(?:\.(?:\*|\d*))?s)'
# pattern, where it is allowed, why
RULES = [
    (r"\b(?:sprintf|strcpy|strcat|gets|strtok|atoi|atol|alloca)\s*\(", (), "use the bounded or checked form"),
    (r"\b(?:rand|srand|random|drand48)\s*\(", (), "randomness comes from crypto/prg.h"),
    (r"(?<![\w_>.])(?:malloc|calloc|realloc|free|strdup)\s*\(", ("src/base/mem.c", "src/wasm/libs/heap.c", "src/cli", "src/channel", "src/mpc/session/wave.c",
                                                                "src/api/constants.c", "src/lang", "src/relay", "src/node"), "memory comes from base/mem.h"),
    (r"\b(?:printf|puts|putchar)\s*\(", ("src/cli",), "nothing below cli prints"),
    (r"\b(?:exit|_Exit|quick_exit)\s*\(", (), "nothing exits but main"),
    (r"\babort\s*\(\s*\)", ("src/base/assert.c",), "only a broken invariant aborts"),
    (r"#\s*include\s*<curl/", ("src/channel/http/http.c", "src/channel/http/courier.c", "src/channel/http/url.c",
                               "src/channel/http/probe.c"),
     "a host without libcurl brings its own http_caller"),
    (r"\bmemcmp\s*\(", ("src/base", "src/circuit", "src/lang", "src/httpd", "src/channel", "src/relay",
                         "src/cli", "src/data", "src/node/policy", "src/node/run"),
     "compare with crypto/ct.h"),
    (rf'"(?:[^"%\\]|\\.|{CONVERSION})*%(?!{CONVERSION[1:]})', ("src/cli", "src/data", "src/relay", "src/httpd", "src/node", "src/lang/front/token.h"),
     "WebAssembly's printf does not know it (wasm/libs/printf.c; for fractions CLOCK_SECONDS of base/clock.h)"),
]
MAX_BYTES = 400_000


def without_comments(text):
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)
    return re.sub(r"//[^\n]*", "", text)


def main():
    wrong = []
    files = [p for p in pathlib.Path(".").rglob("*") if p.is_file() and p.parts[0] not in ("build", ".git")]
    sources = [p for p in files if p.suffix in (".c", ".h") and p.parts[0] == "src"]
    for path in sources:
        for number, line in enumerate(without_comments(path.read_text()).splitlines(), 1):
            for pattern, allowed, why in RULES:
                if re.search(pattern, line) and not str(path).startswith(tuple(allowed) or ("\0",)):
                    wrong.append(f"{path}:{number}: {line.strip()}: {why}")
    for path in files:
        if path.exists() and path.stat().st_size > MAX_BYTES:
            wrong.append(f"{path}: {path.stat().st_size} bytes; no large files in the tree")
    print("\n".join(wrong) or f"{len(sources)} sources are clean")
    return 1 if wrong or not sources else 0


sys.exit(main())
