#!/usr/bin/env bash
# An optional parser should make a server faster and nothing else. With httptools 0.9.0 installed, uvicorn 0.54.0 reads
# `GET http://host/path`, which RFC 9112 (3.2.2) has every server accept, as the path; without it, the whole URL is the
# path, so no route matches and a client that sends it gets a 404. hypercorn 0.18.0 does the same. Known upstream as
# Kludex/uvicorn#3097.
# Seen: 200 for both forms with httptools, 404 for the absolute form without it and in hypercorn.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check uvicorn==0.54.0 httptools==0.9.0 hypercorn==0.18.0 starlette==1.10.0
cat > seen.py <<'PYTHON'
import asyncio, socket
import uvicorn
from hypercorn.asyncio import serve as hypercorn
from hypercorn.config import Config
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

app = Starlette(routes=[Route("/c/a", lambda request: Response())])

async def statuses(port):
    seen = []
    for target in ("/c/a", "http://track.example/c/a"):
        for _ in range(100):
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                break
            except ConnectionRefusedError:
                await asyncio.sleep(0.1)
        writer.write(f"GET {target} HTTP/1.1\r\nHost: track.example\r\nConnection: close\r\n\r\n".encode())
        seen.append((await reader.readline()).split()[1].decode())
        writer.close()
    return " ".join(seen)

def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]

async def by_uvicorn(parser):
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", http=parser, lifespan="off"))
    task = asyncio.create_task(server.serve())
    seen = await statuses(port)
    server.should_exit = True
    await task
    return seen

async def by_hypercorn():
    config, end, port = Config(), asyncio.Event(), free_port()
    config.bind, config.errorlog = [f"127.0.0.1:{port}"], None
    task = asyncio.create_task(hypercorn(app, config, mode="asgi", shutdown_trigger=end.wait))
    seen = await statuses(port)
    end.set()
    await task
    return seen

print("uvicorn, whatever is installed:", asyncio.run(by_uvicorn("auto")))
print("uvicorn, httptools:", asyncio.run(by_uvicorn("httptools")))
print("uvicorn, h11:", asyncio.run(by_uvicorn("h11")))
print("hypercorn:", asyncio.run(by_hypercorn()))
PYTHON
env/bin/python seen.py | tee seen
diff seen - <<'SEEN'
uvicorn, whatever is installed: 200 200
uvicorn, httptools: 200 200
uvicorn, h11: 200 404
hypercorn: 200 404
SEEN
