#!/usr/bin/env bash
# A bot detector that knows browsers should know the desktop mail clients people read with. isbot 5.2.3 and
# crawlerdetect 0.4.2 are used on opens as well as on page views, and disagree with each other and with themselves:
# Thunderbird and Outlook are people to both, Evolution and Airmail are bots to isbot, Airmail is one to crawlerdetect,
# and Gmail's image proxy, which fetches because a person opened the mail, is a bot to both.
# Seen: see the table at the end (True: called a bot).
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check crawlerdetect==0.4.2
npm init -y >npm.log && npm install --silent --no-audit --no-fund isbot@5.2.3 >>npm.log 2>&1
cat >agents.json <<'JSON'
{
  "Thunderbird": "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Thunderbird/153.0",
  "Outlook": "Mozilla/4.0 (compatible; ms-office; MSOffice rmj)",
  "Evolution": "Evolution/3.46.4",
  "Airmail": "Airmail 5.7",
  "Gmail": "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
}
JSON
cat >ask.js <<'JS'
const { isbot } = require("isbot");
const agents = require("./agents.json");
console.log(JSON.stringify(Object.fromEntries(Object.entries(agents).map(([name, agent]) => [name, isbot(agent)]))));
JS
node ask.js >isbot.json
cat >ask.py <<'PY'
import json

from crawlerdetect import CrawlerDetect

with open("agents.json") as agents, open("isbot.json") as answers:
    isbot = json.load(answers)
    for name, agent in json.load(agents).items():
        print(f"{name:12} isbot {isbot[name]!s:6} crawlerdetect {CrawlerDetect(user_agent=agent).isCrawler()}")
PY
env/bin/python ask.py | tee seen
diff seen - <<'SEEN'
Thunderbird  isbot False  crawlerdetect False
Outlook      isbot False  crawlerdetect False
Evolution    isbot True   crawlerdetect False
Airmail      isbot True   crawlerdetect True
Gmail        isbot True   crawlerdetect True
SEEN
