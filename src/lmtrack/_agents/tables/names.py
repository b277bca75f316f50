"""Agents known by name. Plain data; a new name is added here and nowhere else.

A name is a word of the user agent in lower case; with a slash at its end it must come before a version, and without
one it may. Names that hold a word of the `vocabulary` beside this (bot, crawl, http, monitor ...) need no row, unless a
row says more than the word does. Collected 2026-11 from the operators' own pages and, where they have none, from
crawler-user-agents, isbot and uap-core.
"""

from __future__ import annotations

from typing import Final


def _rows(text: str) -> dict[str, str | None]:
    """Read `Vendor: name name ...` lines; the vendor `-` is nobody in particular."""
    rows: dict[str, str | None] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        vendor, _, names = line.partition(": ")
        rows.update(dict.fromkeys(names.split(), None if vendor == "-" else vendor))
    return rows


# Image proxies of mail services: a person opened, and the service fetched for them.
MAIL_PROXIES: Final = _rows("""
    Seznam: seznamemailproxy/
    Rambler: ramblermail/
    UKR.NET: mail.ukr.net
    Superhuman: superhumanproxy
""")
GOOGLE_PROXY: Final = _rows("Google: googleimageproxy ggpht.com")
YAHOO_PROXY: Final = _rows("Yahoo: yahoomailproxy")
# Proxies that name themselves at one end of the agent only. HEY's and Fastmail's fetch when a person views the email
# (hey.com/image-proxy; fastmail.com/policies/bots, 2026-11), Fastmail's with a browser's agent before its name. The
# name alone fetches calendars that people subscribe to, and tells nothing of an email.
MAIL_PROXY_BEGINNINGS: Final = {"hey.com/imageproxy": "HEY"}
PROXIES_BEHIND_A_BROWSER: Final = _rows("Fastmail: fastmailua/")
# Those of chats and forges: no mail is read there, so nobody opened one.
SITE_PROXIES: Final = _rows("""
    Slack: slack-imgproxy
    GitHub: github-camo
    -: imgproxy/ thumbor/
""")

# Assistants that fetch because a person asked them to, and agents that act for a person: the vendors' crawler pages,
# 2025 and 2026. No person looks at the email; the robots that collect for the same vendors' models are FETCHERS.
AI_AGENTS: Final = _rows("""
    OpenAI: chatgpt-user chatgpt-agent
    Anthropic: claude-user claude-code/ claude-web
    Perplexity: perplexity-user
    Mistral: mistralai-user
    Google: google-agent google-gemininotebook google-notebooklm gemini-deep-research googleagent-mariner gemini-cli
    DuckDuckGo: duckassistbot
    Manus: manus-user
    Moonshot AI: kimi-user
    Amazon: amzn-user/ novaact amazon-novaact amazonbuyforme
    Meta: meta-externalfetcher/
    Kagi: kagi-fetcher
    Cognition: devin
    Browserbase: browserbase
    Liner: linerbot
    Phind: phindbot
""")
# Where an agent that signs its requests says its keys are (draft-ietf-webbotauth-httpsig-protocol-01, 2026-10): the
# host, or a host above it. A name in a header that anyone can write, so weak evidence.
SIGNING_HOSTS: Final = _rows("""
    OpenAI: chatgpt.com openai.com
    Anthropic: claude.ai claude.com anthropic.com
    Google: bot.goog google.com
    Perplexity: perplexity.ai
    Mistral: mistral.ai
    Amazon: amazonaws.com amazon.com
    Microsoft: microsoft.com
    Meta: meta.com
    Manus: manus.im
    Browserbase: browserbase.com
    Anchor Browser: anchorbrowser.io
    Browser Use: browser-use.com
    Cloudflare: cloudflare.com
    DuckDuckGo: duckduckgo.com
    Block: block.xyz
""")

SCANNERS: Final = _rows("""
    Barracuda: barracuda barracudacentral
    Kaspersky: kaspersky
    Avira: safesearch
    Splunk: twinwavescanner
    PhishBucket: phishbucketrust/ phishbucket
    Yandex: yandexantivirus/
    Palo Alto Networks: expanse paloaltonetworks
    urlscan: urlscan urlscan.io
    VirusTotal: virustotalcloud virustotal
    Google: google-safety
    Cisco: ciscosecureemail ironport talos
    Trend Micro: tmes trendmicro
    Proofpoint: proofpoint
    Mimecast: mimecast
    Sophos: sophos
    Forcepoint: forcepoint
    Zscaler: zscaler
    Fortinet: fortinet fortiguard fortisandbox fortimail
    Netcraft: netcraft netcraftsurveyagent/
    Hornetsecurity: hornetsecurity
    Trellix: trellix-services trellix fireeye
    Symantec: symantec messagelabs
    Check Point: checkpoint perception-point
    SiteLock: sitelock
    Acunetix: acunetix-product acunetix
    watchTowr: watchtowr
    ClamAV: clamav
    COMODO: cf-uc comodo
    -: arachni/ asnriskscorer/ bitdiscovery blackduck-fd burpcollaborator.net crusty/ fastdast feroxbuster/
    -: foregenix gobuster hardenize hydra jorgee l9explore/ l9tcpid/ leakix masscan/ nessus nikto nmap nuclei
    -: openvas securityheaders sqlmap/ whatweb/ wpscan xtate/ yunjiankong zgrab zmeu
""")

PREVIEWS: Final = _rows("""
    Slack: slackbot-linkexpanding slackbot
    Microsoft: skypeuripreview microsoftpreview/ bingpreview/
    Telegram: telegrambot
    Discord: discordbot/
    LinkedIn: linkedinbot
    X: twitterbot
    Meta: facebookexternalhit facebookcatalog/
    Iframely: iframely/
    Embedly: embedly
    Google: googlemessages/
    Viber: viberbot
    Bluesky: cardyb/ bluesky/
    Discourse: onebox
    Yahoo: linkexpander
    Valve: steamchaturllookup
    Tumblr: tumblr/
    Asana: websitemetadataretriever
""")

# Previews under others' names, by the words that the agent begins with: Messages on iPhones and Macs
# (arcjet/well-known-bots issue 36; peter.upfold.org.uk, 2019-02), and KakaoTalk (devtalk.kakao.com/t/scrap/33984).
BORROWED_PREVIEWS: Final = {
    "facebookexternalhit/ facebot twitterbot/": "Apple",
    "facebookexternalhit/ kakaotalk-scrap/": "Kakao",
}

# Fetchers whose names hold none of the words.
FETCHERS: Final = _rows("""
    Google: google-adwords-express mediapartners-google googleother google-certificates-bridge
    Google: google-cloud-scheduler google-cloud-tasks googleassociationservice google-physicalweb googleweblight
    Google: google-ads-conversions playstore-google duplexweb-google/ google-read-aloud google-extended
    Google: appengine-google google-xrawler apis-google feedfetcher-google google-inspectiontool
    Google: google-site-verification googlehc/ gsa-crawler
    OpenAI: openai
    Anthropic: anthropic-ai
    Cohere: cohere-ai
    Meta: meta-externalagent/ meta-externalads/
    Yahoo: slurp yahoocachesystem yahoowebserviceclient
    Amazon: cloudfront amazon-kendra amazon-qbusiness
    Apple: apple-pubsub/ appsiteassociation swcd itms
    Cloudflare: cloudflare-ssldetector cloudflare-speedtest cloudflare-stream-hook cloudflare-validator/
    Cloudflare: cloudflareobservatory/ cloudflare-csup cloudflare
    Salesforce: sfdc-callout/ salesforce.com
    Microsoft: microsoft-cryptoapi/ azure-logic-apps/ microsoft-flow/
    Shopify: shopify-captain-hook
    Zapier: zapier
    Make: integromat
    IFTTT: ifttt-protocol
    SendGrid: sendgrid
    SparkPost: sparkpost
    Klaviyo: klaviyo/
    Omnisend: omnisend/
    Braze: braze
    Datadog: datadog datadogsynthetics
    New Relic: newrelicsynthetics/
    Catchpoint: catchpoint gomezagent
    Dynatrace: ruxitsynthetic/
    ThousandEyes: thousandeyes
    Pingdom: pingdom.com pingdomtms/ pingdom
    StatusCake: statuscake
    Site24x7: site24x7
    Uptrends: uptrends
    WebPageTest: ptst
    GTmetrix: gtmetrix
    Splunk: rigor dejaclick/
    Qualys: ssllabs qualys
    DigiCert: digicert
    Sectigo: sectigo
    W3C: w3c-mobileok/ w3c_unicorn/
    Hatena: hatena
    Naver: yeti/
    Daum: daumoa daum
    -: gopay imagemind marketplace/ newsgathering safeassign trustly/
    -: adbeat adminlabs ahrefs algoliarecommend/ alienfarm alittle appinsights asana/ biglotron
    -: blogtrottr/ brandwatch/ browsershots btwebclient/ bushbaby bw/ collapsify collectd/ colly/
    -: com.duckduckgo.mobile.android criticalcss.com/ cypress/ dareboost datanyze determ discourse/
    -: disqus/ dlc/ dmbrowser dmbrowser-bv ds9 emailwolf eventure exodusmovement/ ezooms flashget
    -: funnelback genieo getright/ gigablast gigablastopensource/ grapeshot happywing hexometer hobbit hotjar
    -: hwcdn/ ichiro/ igetter/ instapaper/ invision iubenda-radar/ jumio kouio.com larbin legalmonster
    -: linkdex.com linktiger magpie make/ managewp marketgoo/ mediahubmx/ meltwaternews
    -: miniature.io/ mixnode monit/ monsido morningscore/ nagios netvigie newsai/ newsblur newsnow/ newspaper/
    -: nibbler ning/ nodeping novellum nuzzel nvdorz octopus offline-explorer onetrust outbrain owler panopta
    -: panscient.com penthouse phantomas/ pixalate.com/ placid.app/ postrank/ potions/ printfriendly.com
    -: prometheus/ ps_daily/ readable/ reelevant/ scooter semanticdiscovery semrush silktide sitesucker sixy.ch/
    -: snipcart/ sparkler/ spawning-ai splash stape/ teleport teoma termly testlocally/ tineye traackr.com
    -: trendiction turnitin twiceler updown.io upflow/ vaultpress vkshare webcollage/ webflow webpurify
    -: webstripper/ webzip/ wechatdevtools wesee wheresitup.com/ wordup-1 workona wotbox wpumbrella xenu xymon
    -: yacy yandeximages yanga ylt yokoygroupag/ yottaa youdao zabbix zoominfo zyborg
""")

# Words that mean something else too: the whole agent, or nothing.
# WhatsApp itself writes a longer version and a letter; `whatsapp/2` is Signal's, HalloApp's and Pleroma's (their
# sources, 2026-11).
WHOLE_PREVIEWS: Final = {"viber": "Viber", "whatsapp/2": None}
WHOLE_FETCHERS: Final = {
    "adventurer": None,
    "magellan": None,
    "coccoc": "Coc Coc",
    "coccoc/1.0 ()": "Coc Coc",
}

# Programs and libraries that fetch for whoever wrote the program.
LIBRARIES: Final = _rows("""
    -: ahc/ amaya/ anemone/ ansible apache-cxf/ apache-jmeter/ apachebench/ aria2/ autocannon aws-cli/
    -: aws-sdk-java/ axel axios/ axis/ axis2/ helm/ jax-ws jaxws-ri/ manticore refit spring-ws twisted
    -: azsdk-net azsdk-python boost.beast boto/ boto3/ botocore/ bun/ buzz/ composer/ conda/
    -: containerd/ cpprest cpprestsdk curl deno/ dnf/ docker/ dotnet/ embarcadero eventmachine excon/ faraday
    -: ffmpeg gatling/ git-lfs/ git/ go-cli go-resty/ gorequest got/ gradle grequests/ groovy/
    -: grpc-c/ grpc-go/ grpc-java-netty/ grpc-node/ grpc-python/ grpc-ruby/ guzzle/ gvfs/ hackney/ httr/
    -: httrack/ insomnia/ isahc/ jakarta jersey/ jetty/ jmeter k6/ kotlin/ ktor ktor-client lavf/
    -: lftp/ libcurl libcurl-agent/ libdnf libfetch/ libsoup/ locust luasocket lwp lwp-request/ lwp-trivial/
    -: maven mechanize minio-go/ mojolicious needle/ netty/ newrelic node-fetch node-superagent/
    -: node.js/ node/ npm/ pacman/ perl/ php pip/ pnpm/ poco/ postman postmanruntime/ powershell/ pycurl/
    -: python-requests/ python-urllib/ python/ qt-network rclone/ reactornetty/ request-promise
    -: requests-php/ requests/ reqwest rest-client/ restsharp/ resttemplate resty/ ruby rusoto/ rust/ s3fs/
    -: siege/ snoopy superagent symfony terraform/ tornado treq typhoeus uclient-fetch undici
    -: unirest-java/ weasyprint ureq/ urlgrabber/ urllib3/ vegeta vert.x vertx wget wget2/ windowspowershell/ wininet
    -: wordpress/ wrk/ www-mechanize/ xh/ xsuaa yarn/ yum/
""")

# Programs that catch, check or send mail while others are built or sold: their names hold "mail", and no person reads.
MAIL_TOOLS: Final = _rows("""
    -: emailonacid glockapps greenmail inbucket litmus mailcatcher mailcrab maildev mailhog mailinator mailosaur
    -: mailpit mailslurper mailslurp mailtrap papercut-smtp smtp4dev testmail
""")

# Mail clients, and apps that show mail, by what people call them.
MAIL_CLIENTS: Final = _rows("""
    Outlook: ms-office msoffice office outlook outlook-ios/ outlook-android/ outlook-ios-android/ macoutlook/
    Outlook: oneoutlook/ olk/
    Outlook: com.microsoft.office.outlook acompli/
    Outlook Express: outlook-express/
    Windows Mail: windowsmail/ wlmail windowslivemail/ livemail microsoft.windows.mail/
    Thunderbird: thunderbird betterbird/ icedove/
    Apple Mail: applemail apple-mail maild mobilemail/ com.apple.mail
    Gmail: android-gmail/ gmail com.google.gmail com.google.android.gm google-inbox
    Yahoo Mail: ymail yahoomobilemail/ yahoomail jp.co.yahoo.ymail/ jp.co.yahoo.android.ymail/
    AOL Mail: aolmail/
    Samsung Email: samsungemail samsung-email com.samsung.android.email.provider
    eM Client: emclient
    Evolution: evolution/
    Superhuman: superhuman
    Postbox: postbox postboxapp/
    Airmail: airmail airmailbeta/
    Mailspring: mailspring nylasmail/ nylas
    BlueMail: bluemail typemail typeapp/
    Spark: spark/ sparkmail sparkdesktop readdle-spark/
    Canary Mail: canary/ canarymail
    Newton: newton/ newtonmail cloudmagic
    Edison Mail: edisonmail/ easilydo
    Polymail: polymail/
    K-9 Mail: k-9 k9 k9mail
    FairEmail: fairemail
    Aqua Mail: aqua aquamail
    Nine: nine/ ninefolders
    MailTime: mailtime/
    myMail: mymail
    Tuta: tutanota tutanota-desktop/ tuta
    Proton Mail: protonmail proton-mail
    Fastmail: fastmail/
    HEY: hey/
    Mimestream: mimestream
    KMail: kmail kmail2
    Kontact: kontact
    Geary: geary/
    Claws Mail: claws-mail claws
    Sylpheed: sylpheed
    Trojita: trojita/
    Balsa: balsa/
    Mutt: mutt/ neomutt/
    Alpine: alpine/
    Lotus Notes: lotus-notes lotusnotes
    HCL Notes: hclnotes ibm-notes
    Barca: barca/ barcapro/
    Becky: becky
    Eudora: eudora
    IncrediMail: incredimail
    Foxmail: foxmail
    Mailbird: mailbird
    MailMate: mailmate
    MailBar: mailbar/
    Spicebird: spicebird
    Zimbra: zimbra zimbradesktop zdesktop zimbraconnectorforoutlook
    Roundcube: roundcube
    SquirrelMail: squirrelmail
    RainLoop: rainloop
    SOGo: sogo sogomail
    Mail Master: mailmaster mailmasterpc/ mailmaster_android/ mailmaster_ios/
    NetEase Mail: netease
    QQ Mail: qqmail
    GMX: gmx gmxmail/
    WEB.DE: web.de web.de-mail webde webdemail/ web.de.android.androidmail
    T-Online: t-onlinemail
    Naver Mail: naver-mail navermailapp/ navermail
    MailDroid: maildroid
    TouchDown: touchdown
    BlackBerry Hub: com.blackberry.hub
    Mailplane: mailplane
    Missive: missive
    Shortwave: shortwave/
    Unibox: unibox
    Twobird: twobird
    Franz: franz/
    Rambox: rambox ramboxpro/
    Wavebox: wavebox
    Basecamp: basecamp basecamp3/
    GroupWise: groupwise
    IceWarp: icewarp
    Kerio Connect: kerio
    Entourage: entourage microsoft-entourage
    Sparrow: sparrow/
    Delta Chat: deltachat
    Interlink: interlink/
    Epyrus: epyrus/
    Open-Xchange: open-xchange
    Evernote: evernote
    Zoho Mail: zohomail zohomail-desktop/
    Zoho Trident: zohotridentwindows/ zohotridentmac/ zohotrident
    Lark: lark/
    Tempo: tempo/
    Spike: spikenow spike/
    Front: frontapp front/
    Boxer: workspaceoneboxer/ boxer/ com.boxer.email com.air-watch.boxer
    BlackBerry Work: blackberrywork gfe/
    Secure Mail: securemail/ secure-mail citrixsecuremail worxmail/
    Email+: emailplus/ divide/
    FossaMail: fossamail/
    Framabird: framabird/
    PocoMail: pocomail
    MobMail: mobmail
    Mail.ru: ru.mail.mailapp com.my.mail
    Yandex Mail: ru.yandex.mail yandexmail yandex-mail
    Pegasus Mail: pegasus-mail
    Mailtemi: mailtemi
    Thunderbird: net.thunderbird.android
    K-9 Mail: com.fsck.k9
    Notion Mail: notionmail
    -: aerc/ gnus/ himalaya/ knode/ meli/ mu4e/ mulberry/ notmuch/ pan/ pine/ slrn/ tin/ turnpike/ wanderlust/
    -: com.android.email email/ emailapp/ exchangewebservices/ hotmail mail/ mailapp/ mailbox/
""")
# The same for names of several words, or with signs that end a word.
MAIL_CLIENT_BEGINNINGS: Final = {
    "david client": "David",  # browscap issue 1622
    "fancy viewer": "Claws Mail",  # its WebKit plug-in; recorded from Claws Mail 4.1.1, 2026-11
    "outlook-express/7.": "Windows Live Mail",  # browscap: it kept its forerunner's name
    "the bat!": "The Bat!",
    "em client": "eM Client",
    "becky!": "Becky",
    "spark desktop": "Spark",
    "horde": "Horde",
    "yahoo%20mail": "Yahoo Mail",
    "yahoomobile/1.0 (mail": "Yahoo Mail",
    "yahoomobilemessenger/1.0 (android mail": "Yahoo Mail",
}
# The same wherever they stand: a mail client on Chromium or Electron puts its name behind the browser's.
MAIL_CLIENT_PHRASES: Final = {
    " em client/": "eM Client",
    " mail free/": "Mail Free",
    " claws mail": "Claws Mail",
    " spark desktop": "Spark",
    " opera mail": "Opera Mail",
    " windows live mail": "Windows Live Mail",
    " k-9 mail": "K-9 Mail",
    " canary mail": "Canary Mail",
    " proton mail": "Proton Mail",
}

# Office checks whether a link that a person is opening exists.
OFFICE_PROBES: Final = ("microsoft office existence discovery", "microsoft office protocol discovery")

# Libraries that apps on phones are built with: alone they are a program, behind an app's name or a phone's they are it.
APP_LIBRARIES: Final = _rows("""
    -: afnetworking/ alamofire/ coil/ dart/ dio/ exoplayerlib/ flutter/ glide/ nsurlconnection/ okhttp okhttp3
    -: volley/
""")

# Programs that show documents and mail to the person at the computer, and fetch pictures for that.
APPS: Final = _rows("LibreOffice: libreoffice\nOpenOffice: openoffice openoffice.org")

# Browsers, players and apps that name neither an engine nor a system.
BROWSERS: Final = _rows("""
    -: amiga-aweb/ amigavoyager/ contiki/ dillo/ edbrowse/ elinks emacs-w3m/ facebook/ fban googleapp/ hbbtv/
    -: ibrowse icab instagram itunes/ kodi/ ladybird libhttp/ links lynx/ midori/ mosaic mozacfetch/ mqqbrowser/
    -: cern-linemode/ ncsa_mosaic netscape/ netsurf/ nokia obigo-browser/ obigointernetbrowser/ offbyone/ omniweb
    -: onebrowser pinterest/ planetweb/ qqbrowser quicktime/ retawq/ roku silk/ skype twitter
    -: ucbrowser vlc/ voyager3/ w3m/ winamp/
""")
