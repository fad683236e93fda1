package email

import (
	"strings"
)

var (
	softWords = lazy(`(?i)(?:` +
		`over ?quota|quota (?:exceed|limit)|exceed(?:s|ed|ing)? .{0,30}(?:quota|storage|limit|size)|mailbox (?:is |has )?(?:full|exceed)|full mailbox|mail ?box.{0,20} full|insufficient (?:system )?(?:storage|disk)|disk (?:quota|space|full)|out of (?:email |disk |storage )?(?:space|storage)|too (?:many|much) (?:mail|message|data)|storage .{0,20}exceed|` +
		`spam|virus|malware|block(?:ed)? (?:by|using|list|for|due)|\bblocked\b|black ?list|denylist|rbl\b|dnsbl|reputation|blocked|banned|greylist|grey-list|gray-?list|rate limit|too many (?:connections|sessions|concurrent)|throttl|temporar|try again|try later|deferred|` +
		`not? (?:permitted to )?relay|relay(?:ing)? (?:access )?(?:denied|not)|unable to relay|authenticat|unauthenticated|\bspf\b|\bdkim\b|\bdmarc\b|\bptr\b|reverse (?:dns|hostname)|fcrdns|tls required|` +
		`policy|content reject|too (?:large|big)|size (?:limit|exceed)|message size|suspend|disabled|inactive|deactivated|not active|frozen|locked|on hold|timed? ?out|time out|connection (?:refused|reset|dropped|lost)|no route to host|too many hops|hop count|loop|loops back|` +
		`access denied|sender (?:address )?(?:rejected|denied|verify|not)|rejected .{0,30}sender|sender .{0,40}(?:rejected|denied|not)|invalid sender|mail server.{0,20}too busy|not compliant|rfc ?(?:5321|5322|822|2822)|syntax error|command not)`)

	unknownWords = lazy(`(?i)(?:` +
		`user(?:name)? (?:is )?unknown|not present in (?:the )?directory|no such mailbox|unable to find (?:the )?(?:user|recipient|mailbox)|(?:no ?(?:one|body)|nobody) (?:at|with) th(?:is|at) (?:address|name)|does(?:n't| not) have an? \S+ account|\bcuda_nsu\b|user not local|#5\.1\.0 address rejected|(?:empfänger|adressat|benutzer|postfach|destinataire|utilisateur|destinatario|usuario|utente|destinatário|usuário|gebruiker|mottagare|modtager|mottaker|användare).{0,60}(?:unbekannt|nicht (?:bekannt|gefunden)|existiert nicht|inconnue?|n'existe pas|desconocid[oa]|no existe|sconosciut[oa]|inesistente|desconhecid[oa]|não existe|inexistente|onbekend|bestaat niet|okänd|ukendt|ukjent|finns inte|findes ikke)|unknown (?:or illegal |local[- ]part|local |recipient|user|address|mailbox|virtual|email|rcpt|account)|unknown user|no such (?:user|recipient|mailbox|person|address|local|account|domain|addressee)|(?:user|recipient|mailbox|address|account|e-?mail address|addressee|name|person|alias)s? .{0,60}(?:not found|unknown|does ?n[o']t exist|not exist|doesn't exist|not (?:listed|recogni[sz]ed|registered|known|valid|a valid)|invalid|isn't|not here|no longer|does not have|nicht gefunden)|does not exist|doesn't exist|not a (?:valid|known) (?:user|mailbox|recipient|address|local)|invalid (?:recipient|mailbox|user|address|local|rcpt)|recipient ?not ?found|recipnotfound|not our customer|no mailbox here|no (?:valid )?(?:user|recipient|mailbox) (?:here|by|with|found)|is not a (?:valid|known|local|registered)|bad (?:destination|recipient|address)|nosuchuser|not listed in|account .{0,20}(?:closed|deleted|terminated)|not known (?:to|at|in)|no account|addressee unknown|destination (?:addresses|not).{0,30}(?:unknown|valid)|unrouteable address|unroutable|unrouteable|delivery to the following recipient failed permanently.{0,40}no such|ディレクトリのリストにありません|user not (?:known|found|exist)|unknownrecipient|undeliverable address|mailbox unavailable or access denied .{0,20}unknown|mailbox not found|couldn't find any such|wasn't found|nicht bekannt|нет такого|не существует|can't verify recipient|this address no longer accepts mail` +
		`)`)

	hostWords = lazy(`(?i)(?:host (?:or domain name )?(?:name )?(?:is )?(?:unknown|not found|lookup)|domain (?:name )?(?:is |was )?(?:not (?:found|exist)|does not exist|unknown|invalid|lookup failed)|unknown (?:host|domain|mail host)|no such (?:host|domain)|name service error.{0,80}(?:not found|nxdomain)|nxdomain|couldn't find (?:any|a) (?:host|exchanger)|bad (?:destination )?(?:host|domain)|unrouteable mail domain|unrouteable domain|recipient because the domain is not reachable|account or domain may not exist|destination server for this recipient could not be found|can't find .{0,40}(?:domain|host)|invalid domain|no (?:mail ?)?mx|illegal host|(?:domain|host) .{0,40} (?:not found|does not exist|isn't)|unable to (?:look ?up|resolve) (?:the )?(?:host|domain)|can(?:not|'t) resolve .{0,20}(?:host|domain)|domain .{0,40}is not hosted here|getaddrinfo)`)

	noMailWords = lazy(`(?i)(?:does not accept (?:any )?(?:mail|email)|doesn't accept (?:mail|email)|null mx|nullmx|no mx found|couldn't find a mail exchanger|no mail (?:is )?accepted|not accepting (?:mail|messages|email)|mail (?:is )?not accepted (?:here|for this domain)|smtp (?:service )?(?:is )?(?:not available|disabled) here|all relevant mx records point to non-existent hosts|mail receiving disabled)`)
)

// Words that take back what a code for "no such user" says.
var overrules = lazy(`(?i)(?:quota|(?:box|is|account) full\b|full mailbox|too many|spam|blocked|black ?list|reputation|exceed|temporar|greylist|rate limit|suspend)`)

// afterRecipient tells that a server refused the recipient itself; one that does
// so only after the text was sent has a filter there.
var (
	afterRecipient = lazy(`(?i)(?:in reply to|after|following|did not like our|>>>|command:?|smtp:|response to)\s*"?rcpt\b`)
	afterSender    = lazy(`(?i)(?:in reply to|after|following|response to)\s*"?mail from\b`)
	afterData      = lazy(`(?i)(?:in reply to|after|response to)\s*(?:end of )?data\b|>>> data\b`)
)

// hard reports whether trying again is of no use, since the address, its domain
// or its mail service does not exist. Everything else may pass: a full mailbox,
// a policy, a filter, an outage. A "user unknown" with no status (RFC 3463) that
// comes only after the text was sent is a filter's as often as not, and an
// address is not given up for it.
func hard(status, diagnosis, told string) bool {
	text := diagnosis
	if strings.TrimSpace(text) == "" {
		text = told
	}
	if noMailWords().MatchString(text) || deniedWords().MatchString(text) {
		return true
	}
	if afterSender().MatchString(text) {
		return false
	}
	_, rest, _ := strings.Cut(status, ".")
	unknown := unknownWords().MatchString(text) || unavailable().MatchString(text)
	switch rest {
	case "1.1", "1.2", "1.3", "1.6", "1.10":
		return !overrules().MatchString(text) && !(rest == "1.3" && softWords().MatchString(text))
	case "1.7", "1.8": // the sender's address
		return false
	}
	recipient := func() bool {
		return afterRecipient().MatchString(told+"\n"+text) && !afterData().MatchString(text)
	}
	switch {
	case hostWords().MatchString(text):
		return !oursWords().MatchString(text)
	case unknown && strings.HasPrefix(rest, "1."):
		return !softWords().MatchString(text)
	case unknown && rest == "2.1" && recipient(): // disabled, but it says that there is none
		return !closedWords().MatchString(text)
	case softWords().MatchString(text), rest == "2.1", !unknown:
		return false
	case diagnosis == "" || !smtpReply().MatchString(text):
		return true // the server's own words
	}
	return recipient() || !afterData().MatchString(told+"\n"+text)
}

// unavailable is RFC 5321 section 4.2.3's text for 550; under 450 it passes.
var unavailable = lazy(`(?is)\b55[0-4]\b.*mailbox (?:is )?(?:unavailable|not available)`)

// oursWords tell that the host which isn't there is the sender's, or that it may
// be there later.
var oursWords = lazy(`(?i)(?:\bsender\b|\b(?:your|client|sending) (?:ip|host|domain|server|helo)|\b(?:helo|ehlo|rdns|ptr)\b|reverse|envelope (?:from|sender)|return address|temporar|not found,? try again)`)

var closedWords = lazy(`(?i)(?:disabled|inactive|suspended|blocked|policy)`)

var smtpReply = lazy(`\b5[0-5]\d\b`)

// deniedWords is how Exchange Online says that nobody has the address.
var deniedWords = lazy(`(?i)recipient\s+address\s+rejected:\s+access\s+denied`)
