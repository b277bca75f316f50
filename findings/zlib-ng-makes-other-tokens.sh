#!/usr/bin/env bash
# The same key, the same data and the same itsdangerous make the same token on every host. Where the payload is long
# enough to be compressed they need not: systems build Python with zlib or with zlib-ng, and zlib-ng 2 deflates some
# payloads differently. With itsdangerous 2.2.0 and zlib-ng 1.1.0's binding, half of a fleet makes other tokens; both
# are valid and read alike, so only a cache, a test or a "one token for all" notices.
# Seen: "500 tokens, 500 read by the other host; made differently: some" (all 500 against zlib 1.2.13).
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv && venv/bin/python -m pip install --quiet itsdangerous==2.2.0 zlib-ng==1.1.0
venv/bin/python - <<'PYTHON' | tee seen
from itsdangerous import URLSafeSerializer, url_safe
from zlib_ng import zlib_ng

signer = URLSafeSerializer("a key that both hosts have")
words = "summer winter shoes lamps newsletter campaign sale offer spring autumn".split()
payloads = [
    {"url": f"https://shop.example/{words[n % 10]}/{words[n // 10 % 10]}?utm_source={words[n % 7]}&utm_medium=email"
            f"&utm_campaign={words[n // 50]}-{words[n % 9]}-2026&utm_content={words[n % 3]}-{n}"}
    for n in range(500)
]
one = [signer.dumps(payload) for payload in payloads]
url_safe.zlib = zlib_ng  # what a system's Python does when it is built with it
other = [signer.dumps(payload) for payload in payloads]
read = sum(signer.loads(token) == payload for token, payload in zip(one, payloads))
differ = sum(a != b for a, b in zip(one, other))
print(f"{len(payloads)} tokens, {read} read by the other host; made differently: {'some' if differ else 'none'}")
PYTHON
diff seen - <<'SEEN'
500 tokens, 500 read by the other host; made differently: some
SEEN
