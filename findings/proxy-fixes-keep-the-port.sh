#!/usr/bin/env bash
# Middleware that replaces the proxy's address by the client's should give an IP address. Azure's Application Gateway
# writes "address:port" into X-Forwarded-For, and RFC 7239 (6) writes IPv6 addresses in Forwarded in quotes and
# brackets. Werkzeug 3.1.9, hypercorn 0.18.0, granian 2.8.9 and fastify 5.12.8 return the whole entry. The cost: no list
# of networks contains it, so scanners are counted as people, and the port makes each connection of a reader look like
# another client.
# Seen: uvicorn 0.54.0 removes the port, the four others keep it; from Forwarded, hypercorn keeps even the quotes.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check uvicorn==0.54.0 hypercorn==0.18.0 granian==2.8.9 Werkzeug==3.1.9
npm init -y >npm.log && npm install --silent --no-audit --no-fund fastify@5.12.8 >>npm.log 2>&1
cat >seen.py <<'PY'
import asyncio

from granian.utils.proxies import wrap_asgi_with_proxy_headers
from hypercorn.middleware import ProxyFixMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import EnvironBuilder, run_wsgi_app

seen = []


async def asgi(scope, receive, send):
    seen.append(scope["client"][0])


def wsgi(environ, start_response):
    seen.append(environ["REMOTE_ADDR"])
    start_response("200 OK", [])
    return []


def ask(app, header, value):
    scope = {"type": "http", "scheme": "http", "path": "/", "client": ("10.0.0.2", 5), "headers": [(header, value)]}
    asyncio.run(app(scope, None, None))
    return seen.pop()


for entry in ("203.0.113.7:51234", "[2001:db8::1]:443"):
    for name, app in (
        ("uvicorn", ProxyHeadersMiddleware(asgi, trusted_hosts="10.0.0.2")),
        ("hypercorn", ProxyFixMiddleware(asgi, mode="legacy", trusted_hops=1)),
        ("granian", wrap_asgi_with_proxy_headers(asgi, trusted_hosts="10.0.0.2")),
    ):
        print(name, ask(app, b"x-forwarded-for", entry.encode()))
    run_wsgi_app(ProxyFix(wsgi), EnvironBuilder(headers={"X-Forwarded-For": entry}).get_environ())
    print("werkzeug", seen.pop())
modern = ProxyFixMiddleware(asgi, mode="modern", trusted_hops=1)
print("hypercorn, Forwarded", ask(modern, b"forwarded", b'for="[2001:db8::1]";proto=https'))
PY
cat >seen.js <<'JS'
const app = require("fastify")({ trustProxy: "127.0.0.1" })
app.get("/", async (request) => request.ip)
const ask = (entry) => app.inject({ url: "/", headers: { "x-forwarded-for": entry } })
ask("203.0.113.7:51234").then((response) => console.log("fastify", response.body))
JS
{ env/bin/python seen.py; node seen.js; } | tee seen
diff seen - <<'SEEN'
uvicorn 203.0.113.7
hypercorn 203.0.113.7:51234
granian 203.0.113.7:51234
werkzeug 203.0.113.7:51234
uvicorn 2001:db8::1
hypercorn [2001:db8::1]:443
granian [2001:db8::1]:443
werkzeug [2001:db8::1]:443
hypercorn, Forwarded "[2001:db8::1]"
fastify 203.0.113.7:51234
SEEN
