#!/usr/bin/env bash
# A redirect should send the `Location` that it is given. aiohttp 3.14.5 reads it with yarl 1.25.1 and writes it again:
# escapes that a query does not need are decoded (%2F, %3A, %40), the path's dots are resolved, and a lone ? is dropped. A
# URL that is signed as text arrives with a wrong signature. Known upstream as aio-libs/aiohttp#5319.
# Seen: starlette 1.10.0 and falcon 4.4.0 send the same bytes, aiohttp's `HTTPFound` others, its `Response` the same.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check aiohttp==3.14.5 yarl==1.25.1 starlette==1.10.0 falcon==4.4.0
env/bin/python -c '
import falcon
from aiohttp import web
from starlette.responses import RedirectResponse
url = "https://shop.example/go?to=https%3A%2F%2Fblog.example%2F%3Fa%3D1%26b&by=ann%40shop.example&sig=q%2Bk%3D"
print("starlette", RedirectResponse(url).headers["location"] == url)
print("falcon", falcon.HTTPFound(url).headers["location"] == url)
print("aiohttp, Response", web.Response(status=302, headers={"Location": url}).headers["Location"] == url)
print("aiohttp, HTTPFound", web.HTTPFound(url).headers["Location"])
print("aiohttp, HTTPFound", web.HTTPFound("https://shop.example/a/../b?").headers["Location"])
' | tee seen
diff seen - <<'SEEN'
starlette True
falcon True
aiohttp, Response True
aiohttp, HTTPFound https://shop.example/go?to=https://blog.example/?a%3D1%26b&by=ann@shop.example&sig=q%2Bk%3D
aiohttp, HTTPFound https://shop.example/b
SEEN
