#!/usr/bin/env bash
# An attribute without a value should arrive in the HTML, because services such as Amazon SES leave a link untracked if
# it says `ses:no-track`. JSX gives such an attribute the value `true`, and React 19.3.1 writes `true` only for
# attributes that it knows: `ses:no-track` and Mailgun's `disable-tracking` are missing from what @react-email/render
# 2.3.1 renders. A development build warns about it; a production build, which sends the mail, says nothing. The cost:
# links that sign people in, or belong to people who refused, are tracked.
# Seen: from React, no mark except Postmark's, whose name begins with data-; all three from Preact 11.2.0, Vue 3.5.45,
# Solid 1.9.20 and jsx-email 3.2.1. React writes the mark if its value is an empty text.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y >npm.log
npm install --silent --no-audit --no-fund react@19.3.1 react-dom@19.3.1 @react-email/render@2.3.1 jsx-email@3.2.1 \
  preact@11.2.0 preact-render-to-string@6.8.2 vue@3.5.45 @vue/server-renderer@3.5.45 solid-js@1.9.20 >>npm.log 2>&1
cat >seen.mjs <<'JS'
import { render } from "@react-email/render"
import { renderToString as renderVue } from "@vue/server-renderer"
import { render as renderJsxEmail } from "jsx-email"
import { h as preact } from "preact"
import { render as renderPreact } from "preact-render-to-string"
import { createElement as react } from "react"
import { renderToString as renderSolid, ssrElement } from "solid-js/web"
import { createSSRApp, h as vue } from "vue"

const names = ["ses:no-track", "disable-tracking", "data-pm-no-track"]
const link = (value) => ({ href: "https://shop.example/", ...Object.fromEntries(names.map((name) => [name, value])) })
const tools = {
  react: (props) => render(react("a", props, "x")),
  "jsx-email": (props) => renderJsxEmail(react("a", props, "x")),
  preact: (props) => renderPreact(preact("a", props, "x")),
  vue: (props) => renderVue(createSSRApp({ render: () => vue("a", props, "x") })),
  solid: (props) => renderSolid(() => ssrElement("a", props, "x", false)),
}
for (const [name, tool] of Object.entries(tools)) {
  const html = await tool(link(true))
  console.log(`${name}:`, ...names.filter((mark) => html.includes(` ${mark}`)))
}
const html = await tools.react(link(""))
console.log("react, empty text:", ...names.filter((mark) => html.includes(` ${mark}`)))
JS
NODE_ENV=production node seen.mjs | tee seen
diff seen - <<'SEEN'
react: data-pm-no-track
jsx-email: ses:no-track disable-tracking data-pm-no-track
preact: ses:no-track disable-tracking data-pm-no-track
vue: ses:no-track disable-tracking data-pm-no-track
solid: ses:no-track disable-tracking data-pm-no-track
react, empty text: ses:no-track disable-tracking data-pm-no-track
SEEN
