package email

import (
	"regexp"
	"strings"
)

var (
	softWords = regexp.MustCompile(`(?i)(?:` +
		`over ?quota|quota (?:exceed|limit)|exceed(?:s|ed|ing)? .{0,30}(?:quota|storage|limit|size)|mailbox (?:is |has )?(?:full|exceed)|full mailbox|mail ?box.{0,20} full|insufficient (?:system )?(?:storage|disk)|disk (?:quota|space|full)|out of (?:email |disk |storage )?(?:space|storage)|too (?:many|much) (?:mail|message|data)|storage .{0,20}exceed|` +
		`spam|virus|malware|block(?:ed)? (?:by|using|list|for|due)|\bblocked\b|black ?list|denylist|rbl\b|dnsbl|reputation|blocked|banned|greylist|grey-list|gray-?list|rate limit|too many (?:connections|sessions|concurrent)|throttl|temporar|try again|try later|deferred|` +
		`not? (?:permitted to )?relay|relay(?:ing)? (?:access )?(?:denied|not)|unable to relay|authenticat|unauthenticated|\bspf\b|\bdkim\b|\bdmarc\b|\bptr\b|reverse (?:dns|hostname)|fcrdns|tls required|` +
		`policy|content reject|too (?:large|big)|size (?:limit|exceed)|message size|suspend|disabled|inactive|deactivated|not active|frozen|locked|on hold|timed? ?out|time out|connection (?:refused|reset|dropped|lost)|no route to host|too many hops|hop count|loop|loops back|` +
		`access denied|sender (?:address )?(?:rejected|denied|verify|not)|rejected .{0,30}sender|sender .{0,40}(?:rejected|denied|not)|invalid sender|mail server.{0,20}too busy|not compliant|rfc ?(?:5321|5322|822|2822)|syntax error|command not)`)

	unknownWords = regexp.MustCompile(`(?i)(?:` +
		`user(?:name)? (?:is )?unknown|unknown (?:or illegal |local[- ]part|local |recipient|user|address|mailbox|virtual|email|rcpt|account)|unknown user|no such (?:user|recipient|mailbox|person|address|local|account|domain|addressee)|(?:user|recipient|mailbox|address|account|e-?mail address|addressee|name|person|alias)s? .{0,60}(?:not found|unknown|does ?n[o']t exist|not exist|doesn't exist|not (?:listed|recogni[sz]ed|registered|known|valid|a valid)|invalid|isn't|not here|no longer|does not have|nicht gefunden)|does not exist|doesn't exist|not a (?:valid|known) (?:user|mailbox|recipient|address|local)|invalid (?:recipient|mailbox|user|address|local|rcpt)|recipient ?not ?found|recipnotfound|not our customer|no mailbox here|no (?:valid )?(?:user|recipient|mailbox) (?:here|by|with|found)|is not a (?:valid|known|local|registered)|bad (?:destination|recipient|address)|nosuchuser|not listed in|account .{0,20}(?:closed|deleted|terminated)|not known (?:to|at|in)|no account|addressee unknown|destination (?:addresses|not).{0,30}(?:unknown|valid)|unrouteable address|unroutable|unrouteable|delivery to the following recipient failed permanently.{0,40}no such|ユーザ|user not (?:known|found|exist)|unknownrecipient|undeliverable address|mailbox unavailable or access denied .{0,20}unknown|mailbox not found|user doesn't|couldn't find any such|wasn't found|nicht bekannt|нет такого|не существует|can't verify recipient|this address no longer accepts mail` +
		`)`)

	hostWords = regexp.MustCompile(`(?i)(?:host (?:or domain name )?(?:name )?(?:is )?(?:unknown|not found|lookup)|domain (?:name )?(?:is |was )?(?:not (?:found|exist)|does not exist|unknown|invalid|lookup failed)|unknown (?:host|domain|mail host)|no such (?:host|domain)|name service error.{0,80}(?:not found|nxdomain)|nxdomain|couldn't find (?:any|a) (?:host|exchanger)|bad (?:destination )?(?:host|domain)|unrouteable mail domain|unrouteable domain|recipient(?:'s)? domain|destination server for this recipient could not be found|can't find .{0,40}(?:domain|host)|invalid domain|no (?:mail ?)?mx|illegal host|(?:domain|host) .{0,40} (?:not found|does not exist|isn't)|getaddrinfo)`)

	noMailWords = regexp.MustCompile(`(?i)(?:does not accept (?:any )?(?:mail|email)|doesn't accept (?:mail|email)|null mx|nullmx|no mail (?:is )?accepted|not accepting (?:mail|messages|email)|mail (?:is )?not accepted (?:here|for this domain)|smtp (?:service )?(?:is )?(?:not available|disabled) here|all relevant mx records point to non-existent hosts|mail receiving disabled)`)
)

// hard reports whether trying again is of no use, since the address, its domain
// or its mail service does not exist. Everything else may pass: a full mailbox,
// a policy, a filter, an outage.
func hard(status, diagnosis, told string) bool {
	text := diagnosis
	if strings.TrimSpace(text) == "" {
		text = told
	}
	class, rest, _ := strings.Cut(status, ".")
	if class == "4" && !unknownWords.MatchString(text) && !hostWords.MatchString(text) {
		return false
	}
	switch {
	case noMailWords.MatchString(text):
		return true
	case rest == "1.1" || rest == "1.2" || rest == "1.10" || rest == "1.3" || rest == "1.6":
		return !softWords.MatchString(text) || unknownWords.MatchString(text) || hostWords.MatchString(text)
	case strings.HasPrefix(rest, "2.2") || strings.HasPrefix(rest, "3.4"):
		return false
	case softWords.MatchString(text):
		return false
	}
	return unknownWords.MatchString(text) || hostWords.MatchString(text)
}
