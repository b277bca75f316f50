#!/usr/bin/env bash
# A route `/c/:token` should take every token that a URL may contain. Fastify 5.12.8 refuses a parameter of more than
# 100 characters by default: with 414 today, and in 5.0.0 with 404, as if there were no such link (fastify#6697);
# restify 12.0.0 still answers 404. The limit is their router's, and the route `/c/*` has none. The cost: tokens that
# contain their destination work for short URLs, in every test, and fail for long ones, in mail that is already sent.
# Seen (100 characters, 101 characters): 200 and 414, 404 or 404; 200 twice from Express 5.3.0, Hono 4.13.19 and `/c/*`.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >npm.log
npm install --silent --no-audit --no-fund fastify@5.12.8 old@npm:fastify@5.0.0 restify@12.0.0 express@5.3.0 \
  hono@4.13.19 >>npm.log 2>&1
cat >seen.mjs <<'JS'
import { once } from "node:events"
import { createServer, get } from "node:http"
import express from "express"
import fastify from "fastify"
import { Hono } from "hono"
import old from "old"
import restify from "restify"

async function serve(server) {
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return async (path) => {
    const request = get({ port: server.address().port, host: "127.0.0.1", path, agent: false })
    const [response] = await once(request, "response")
    response.resume()
    return response.statusCode
  }
}
const inject = (app) => async (url) => (await app.inject({ url })).statusCode
const hono = new Hono().get("/c/:token", (context) => context.text("ok"))
const other = restify.createServer()
other.get("/c/:token", (request, response, next) => { response.send("ok"); next() })
const tools = {
  "fastify 5.12.8": inject(fastify().get("/c/:token", async () => "ok")),
  "fastify 5.0.0": inject(old().get("/c/:token", async () => "ok")),
  "fastify, /c/*": inject(fastify().get("/c/*", async () => "ok")),
  hono: async (path) => (await hono.request(path)).status,
}
async function show(name, ask) {
  console.log(name, await ask(`/c/${"a".repeat(100)}`), await ask(`/c/${"a".repeat(101)}`))
}
for (const [name, ask] of Object.entries(tools)) await show(name, ask)
await show("restify", await serve(other.server))
const server = createServer(express().get("/c/:token", (request, response) => response.send("ok")))
await show("express", await serve(server))
process.exit()
JS
node --no-deprecation seen.mjs | tee seen
diff seen - <<'SEEN'
fastify 5.12.8 200 414
fastify 5.0.0 200 404
fastify, /c/* 200 200
hono 200 200
restify 200 404
express 200 200
SEEN
