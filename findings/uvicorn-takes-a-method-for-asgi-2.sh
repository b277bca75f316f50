#!/usr/bin/env bash
# An application that is a coroutine method of an object should be served as the same function is: hypercorn 0.18.0 and
# starlette 1.10.0 do. uvicorn 0.54.0 tells ASGI 3 by functions and by `__call__`, so it takes a bound method for ASGI 2,
# calls it with the scope alone and answers each request with 500; `--interface asgi3` or a function around it helps.
# Seen: 200 from uvicorn for the function, 500 for the method, 200 for the method with the interface named.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check uvicorn==0.54.0 hypercorn==0.18.0 starlette==1.10.0 httpx==0.28.1
cat > seen.py <<'PYTHON'
import asyncio, socket, sys
import httpx, uvicorn
from hypercorn.asyncio import serve as hypercorn
from hypercorn.config import Config
from starlette.applications import Starlette
from starlette.routing import Mount

async def answer(send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})

class Host:
    async def handle(self, scope, receive, send):
        if scope["type"] == "http":
            await answer(send)

async def function(scope, receive, send):
    await Host().handle(scope, receive, send)

async def status(port):
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(100):
            try:
                return (await client.get(f"http://127.0.0.1:{port}/")).status_code
            except httpx.ConnectError:
                await asyncio.sleep(0.1)

def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]

async def by_uvicorn(app, interface="auto"):
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", interface=interface, lifespan="off"))
    task = asyncio.create_task(server.serve())
    seen = await status(port)
    server.should_exit = True
    await task
    return seen

async def by_hypercorn(app):
    config, end, port = Config(), asyncio.Event(), free_port()
    config.bind, config.errorlog = [f"127.0.0.1:{port}"], None
    task = asyncio.create_task(hypercorn(app, config, mode="asgi", shutdown_trigger=end.wait))
    seen = await status(port)
    end.set()
    await task
    return seen

method = Host().handle
print("uvicorn, function", asyncio.run(by_uvicorn(function)))
print("uvicorn, method", asyncio.run(by_uvicorn(method)))
print("uvicorn, method, asgi3", asyncio.run(by_uvicorn(method, "asgi3")))
print("uvicorn, method mounted in starlette", asyncio.run(by_uvicorn(Starlette(routes=[Mount("/", app=method)]))))
print("hypercorn, method", asyncio.run(by_hypercorn(method)))
PYTHON
env/bin/python seen.py | tee seen
diff seen - <<'SEEN'
uvicorn, function 200
uvicorn, method 500
uvicorn, method, asgi3 200
uvicorn, method mounted in starlette 200
hypercorn, method 200
SEEN
