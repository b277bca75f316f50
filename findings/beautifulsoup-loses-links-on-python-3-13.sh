#!/usr/bin/env bash
# The same BeautifulSoup should find the same links on every Python. Its "html.parser" is Python's own, and that of
# CPython 3.13.2 reads `&timestamp=` in an `href`, which HTML allows, as "×tamp=", where browsers change nothing. It
# also takes the <![endif]--> with which some templates end the part for everyone except Outlook for a section that
# lasts until the next "]>": links in between are lost, and readers of the page that it writes see pieces of comments.
# The parser of CPython 3.14.2 does what browsers do. The cost: tracking that works on a laptop breaks links on an older
# server.
# Seen, by BeautifulSoup 4.15.0 in Pyodide 0.29.5: two links, one with "×tamp"; in Pyodide 314.0.8: all three.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check --target site beautifulsoup4==4.15.0 soupsieve==2.8
cat >seen.js <<'JS'
require("pyodide").loadPyodide().then((python) => {
  python.FS.mkdir("/site")
  python.FS.mount(python.FS.filesystems.NODEFS, { root: "site" }, "/site")
  python.runPython(`
import platform, sys
sys.path.append("/site")
from bs4 import BeautifulSoup
html = """<a href="https://shop.example/one?id=1&timestamp=2">one</a>
<!--[if !mso]><!--><a href="https://shop.example/two">two</a><![endif]-->
<a href="https://shop.example/three">three</a>
<!--[if mso]><b>Outlook</b><![endif]-->"""
page = BeautifulSoup(html, "html.parser")
print(platform.python_version(), *(link["href"].removeprefix("https://shop.example") for link in page.find_all("a")))
print(str(page).splitlines()[-1])
`)
})
JS
npm init -y >npm.log
for version in 0.29.5 314.0.8; do
  npm install --silent --no-audit --no-fund "pyodide@$version" >>npm.log 2>&1
  node seen.js
done | tee seen
diff seen - <<'SEEN'
3.13.2 /one?id=1×tamp=2 /two
<!--[if mso?><b>Outlook</b>&lt;![endif]--&gt;
3.14.2 /one?id=1&timestamp=2 /two /three
<!--[if mso]><b>Outlook</b><![endif]-->
SEEN
