#!/usr/bin/env bash
# Python in WebAssembly is CPython, so `socket.inet_pton` reads IPv6 addresses as everywhere. Pyodide 314.0.7 and
# 315.0.0-alpha.2 (CPython 3.14.2 and 3.15.0rc1) refuse every one of them as an unknown family, while `ipaddress` reads
# them: code that asks the socket takes each IPv6 visitor of a worker for a visitor without an address.
# Seen: "198.51.100.7 c6336407", "2001:db8::1 OSError", "2001:db8::1 by ipaddress 20010db8000000000000000000000001".
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
for version in 314.0.7 315.0.0-alpha.2; do
  npm init -y >npm.log && npm install --silent --no-audit --no-fund "pyodide@$version" >>npm.log 2>&1
  node -e '
  require("pyodide").loadPyodide().then((python) => python.runPython(`
import ipaddress, socket
for family, text in ((socket.AF_INET, "198.51.100.7"), (socket.AF_INET6, "2001:db8::1")):
    try:
        print(text, socket.inet_pton(family, text).hex())
    except OSError as error:
        print(text, type(error).__name__)
print("2001:db8::1 by ipaddress", ipaddress.ip_address("2001:db8::1").packed.hex())
`));' | tee seen
  diff seen - <<'SEEN'
198.51.100.7 c6336407
2001:db8::1 OSError
2001:db8::1 by ipaddress 20010db8000000000000000000000001
SEEN
done
