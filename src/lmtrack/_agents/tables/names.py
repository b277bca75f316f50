"""Agents known by name. Plain data: who adds a name adds it here and nowhere else.

A name is a word of the user agent in lower case; with a slash at its end it must stand before a version, and without
one it may. Names that hold a word of `lmtrack._agents.tables.vocabulary` (bot, crawl, http, monitor ...) need no row,
unless a row says more than the word does. Collected 2026-11 from the operators' own pages and, where they have none,
from crawler-user-agents, isbot and uap-core.
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
# What it is for is documented nowhere.
UNCLEAR_PROXIES: Final = _rows("Fastmail: fastmailua/")
# Those of chats and forges: no mail is read there, so nobody opened one.
SITE_PROXIES: Final = _rows("""
    Slack: slack-imgproxy
    GitHub: github-camo
    -: imgproxy/ thumbor/
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
    Meta: facebookexternalhit facebookcatalog/ meta-externalfetcher/
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

# Fetchers whose names hold none of the words.
FETCHERS: Final = _rows("""
    Google: google-adwords-express mediapartners-google googleother google-certificates-bridge
    Google: google-cloud-scheduler google-cloud-tasks googleassociationservice google-physicalweb googleweblight
    Google: google-ads-conversions playstore-google duplexweb-google/ google-read-aloud google-extended
    Google: appengine-google google-xrawler apis-google feedfetcher-google google-inspectiontool
    Google: google-site-verification googlehc/ gsa-crawler
    OpenAI: chatgpt-user openai
    Anthropic: anthropic-ai claude-web claude-user claude-code/
    Perplexity: perplexity-user
    Cohere: cohere-ai
    Meta: meta-externalagent/ meta-externalads/
    Yahoo: slurp yahoocachesystem yahoowebserviceclient
    Amazon: cloudfront amazon-kendra amzn-user/ amazon-qbusiness
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
    -: linkdex.com linktiger magpie make/ managewp manus-user/ marketgoo/ mediahubmx/ meltwaternews
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
WHOLE_PREVIEWS: Final = {"viber": "Viber"}
WHOLE_FETCHERS: Final = {"adventurer": None, "magellan": None, "coccoc": "Coc Coc", "coccoc/1.0 ()": "Coc Coc"}

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
    -: unirest-java/ ureq/ urlgrabber/ urllib3/ vegeta vert.x vertx wget wget2/ windowspowershell/ wininet
    -: wordpress/ wrk/ www-mechanize/ xh/ xsuaa yarn/ yum/
""")

# Mail programs, and apps that show mail, by what people call them.
MAIL_CLIENTS: Final = _rows("""
    Outlook: ms-office msoffice office outlook outlook-ios/ outlook-android/ macoutlook/ oneoutlook/ olk/
    Outlook: com.microsoft.office.outlook acompli/
    Outlook Express: outlook-express/
    Windows Mail: windowsmail/ wlmail windowslivemail/ livemail microsoft.windows.mail/
    Thunderbird: thunderbird betterbird/ icedove/
    Apple Mail: applemail apple-mail maild mobilemail/ com.apple.mail
    Gmail: android-gmail/ gmail com.google.gmail com.google.android.gm google-inbox
    Yahoo Mail: ymail yahoomobilemail/ yahoomail
    AOL Mail: aolmail/
    Samsung Email: samsungemail samsung-email com.samsung.android.email.provider
    eM Client: emclient
    Evolution: evolution/
    Superhuman: superhuman
    Postbox: postbox/ postboxapp/
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
    KMail: kmail kmail2 kontact
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
    NetEase Mail: mailmaster netease
    QQ Mail: qqmail
    GMX: gmx gmxmail/
    WEB.DE: web.de web.de-mail webde webdemail/ web.de.android.androidmail
    T-Online: t-onlinemail
    Naver Mail: naver-mail
    MailDroid: maildroid
    TouchDown: touchdown
    BlackBerry Hub: com.blackberry.hub
    Mailplane: mailplane
    Missive: missive
    Shortwave: shortwave/
    Unibox: unibox
    Twobird: twobird
    Franz: franz/
    Rambox: rambox/
    Wavebox: wavebox
    Basecamp: basecamp
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
    -: aerc/ gnus/ himalaya/ knode/ meli/ mu4e/ mulberry/ notmuch/ pan/ pine/ slrn/ tin/ turnpike/ wanderlust/
    -: com.android.email email/ emailapp/ exchangewebservices/ hotmail mail/ mailapp/ mailbox/
""")
# The same for names of several words, or with signs that end a word.
MAIL_CLIENT_BEGINNINGS: Final = {
    "the bat!": "The Bat!",
    "em client": "eM Client",
    "becky!": "Becky",
    "spark desktop": "Spark",
    "horde": "Horde",
    "yahoo%20mail": "Yahoo Mail",
}

# Office looks whether a link exists that a person is opening.
OFFICE_PROBES: Final = ("microsoft office existence discovery", "microsoft office protocol discovery")

# Libraries that apps on phones are built with: alone they are a program, behind an app's name or a phone's they are it.
APP_LIBRARIES: Final = _rows("""
    -: afnetworking/ alamofire/ coil/ dart/ dio/ exoplayerlib/ flutter/ glide/ nsurlconnection/ okhttp okhttp3
    -: volley/
""")

# Browsers, players and apps that name neither an engine nor a system.
BROWSERS: Final = _rows("""
    -: amiga-aweb/ amigavoyager/ contiki/ dillo/ edbrowse/ elinks emacs-w3m/ facebook/ fban googleapp/ hbbtv/
    -: ibrowse icab instagram itunes/ kodi/ ladybird libhttp/ links lynx/ midori/ mosaic mozacfetch/ mqqbrowser/
    -: cern-linemode/ ncsa_mosaic netscape/ netsurf/ nokia obigo-browser/ obigointernetbrowser/ offbyone/ omniweb
    -: onebrowser pinterest/ planetweb/ qqbrowser quicktime/ retawq/ roku silk/ skype twitter
    -: ucbrowser vlc/ voyager3/ w3m/ winamp/
""")
