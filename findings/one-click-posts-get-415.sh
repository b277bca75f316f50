#!/usr/bin/env bash
# A route that needs only the URL should answer a POST whatever its body is. With RFC 8058 (3.2), mailbox providers
# press the one-click button by posting a form, multipart or urlencoded. Fastify 5.12.8 reads neither by default and
# answers 415; hapi 21.4.10 answers 415 to multipart. The handler does not run, although it never reads the body. The
# cost: people who unsubscribed get the next message too, and report it as spam. A test that posts without a body
# passes.
# Seen (no body, urlencoded, multipart): 200 415 415 from Fastify, 200 200 415 from hapi; 200 200 200 from Express
# 5.3.0, Hono 4.13.19, restify 12.0.0, Starlette 1.10.0 and Falcon 4.4.0.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check starlette==1.10.0 falcon==4.4.0 httpx==0.28.1
npm init -y >npm.log
npm install --silent --no-audit --no-fund fastify@5.12.8 @hapi/hapi@21.4.10 express@5.3.0 hono@4.13.19 \
  restify@12.0.0 >>npm.log 2>&1
cat >seen.mjs <<'JS'
import { once } from "node:events"
import { createServer, request } from "node:http"
import hapi from "@hapi/hapi"
import express from "express"
import fastify from "fastify"
import { Hono } from "hono"
import restify from "restify"

const posts = [
  ["", ""],
  ["application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"],
  [
    "multipart/form-data; boundary=b",
    '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
  ],
]
async function overHttp(server) {
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return async (headers, payload) => {
    const { port } = server.address()
    const post = request({ port, host: "127.0.0.1", method: "POST", path: "/leave/1", agent: false, headers })
    post.end(payload)
    const [response] = await once(post, "response")
    response.resume()
    return response.statusCode
  }
}
const inject = (app) => async (headers, payload) =>
  (await app.inject({ method: "POST", url: "/leave/1", headers, payload: payload || undefined })).statusCode
const hapiServer = hapi.server()
hapiServer.route({ method: "POST", path: "/leave/{token}", handler: () => "left" })
const hono = new Hono().post("/leave/:token", (context) => context.text("left"))
const other = restify.createServer()
other.post("/leave/:token", (request, response, next) => { response.send("left"); next() })
const tools = {
  fastify: inject(fastify().post("/leave/:token", async () => "left")),
  hapi: inject(hapiServer),
  express: await overHttp(createServer(express().post("/leave/:token", (request, response) => response.send("left")))),
  hono: async (headers, body) => (await hono.request("/leave/1", { method: "POST", headers, body })).status,
  restify: await overHttp(other.server),
}
for (const [name, post] of Object.entries(tools)) {
  const seen = []
  for (const [type, body] of posts) {
    seen.push(await post(type ? { "content-type": type, "content-length": Buffer.byteLength(body) } : {}, body))
  }
  console.log(name, ...seen)
}
process.exit()
JS
cat >seen.py <<'PY'
import asyncio

import falcon
import httpx
from falcon.testing import TestClient
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route


class Leave:
    def on_post(self, request, response, token):
        response.text = "left"


async def leave(request):
    return Response("left")


app = falcon.App()
app.add_route("/leave/{token}", Leave())
form = {"content-type": "application/x-www-form-urlencoded"}
parts = {"content-type": "multipart/form-data; boundary=b"}
bodies = [
    ({}, b""),
    (form, b"List-Unsubscribe=One-Click"),
    (parts, b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'),
]


async def ask(headers, body):
    transport = httpx.ASGITransport(Starlette(routes=[Route("/leave/{token}", leave, methods=["POST"])]))
    async with httpx.AsyncClient(transport=transport, base_url="http://track.example") as client:
        return (await client.post("/leave/1", headers=headers, content=body)).status_code


print("starlette", *(asyncio.run(ask(headers, body)) for headers, body in bodies))
print("falcon", *(TestClient(app).simulate_post("/leave/1", headers=h, body=b).status_code for h, b in bodies))
PY
{ node --no-deprecation seen.mjs; env/bin/python seen.py; } | tee seen
diff seen - <<'SEEN'
fastify 200 415 415
hapi 200 200 415
express 200 200 200
hono 200 200 200
restify 200 200 200
starlette 200 200 200
falcon 200 200 200
SEEN
