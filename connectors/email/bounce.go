package email

import (
	"bytes"
	"strings"

	"skein/inbox"
)

const (
	maxBounces = 200
	maxTold    = 32 << 10 // bytes of a report's own words that are searched
	maxAbout   = 4 << 10  // and of what it says of one address
)

// A report is what a delivery report's parts say (RFC 3464, RFC 6522).
type report struct {
	status   []byte // of message/delivery-status
	returned []byte // how the returned mail begins
	feedback bool   // RFC 5965: a complaint, no bounce
	receipt  bool   // RFC 8098: it was displayed, no bounce
	inner    *report
}

// add takes note of a part of type message/*.
func (r *report) add(kind string, b []byte) {
	switch kind {
	case "message/delivery-status", "message/global-delivery-status":
		if len(r.status) > 0 {
			r.status = append(r.status, "\n\n"...)
		}
		r.status = append(r.status, b...)
	case "message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers":
		if r.returned == nil {
			r.returned = b[:min(len(b), 64<<10)]
		}
	case "message/feedback-report":
		r.feedback = true
	case "message/disposition-notification":
		r.receipt = true
	}
}

// bounces reads a delivery report: the fields of RFC 3464, else the texts of
// those servers that write none. Nothing comes of reports that something was
// delivered, of complaints and of receipts.
func (r *report) bounces(h header, from string, subject, text string) []inbox.Bounce {
	kind, attrs := params(h.get("content-type"))
	if r.feedback || r.receipt || strings.EqualFold(attrs["report-type"], "feedback-report") || strings.EqualFold(attrs["report-type"], "disposition-notification") {
		return nil
	}
	if len(r.status) == 0 && r.inner != nil && len(r.inner.status) > 0 && (daemon(from) || bounceSubject().MatchString(subject)) {
		r = r.inner // a report within a report
	}
	if len(r.status) == 0 && kind != "multipart/report" && !fromMachine(h, from) && !bounceSubject().MatchString(subject) {
		return nil
	}
	text = cut(text, maxReport)
	told, cutOff := beforeReturned(text)
	told = cut(told, maxTold)
	returned := string(r.returned)
	if returned == "" {
		returned = cutOff
	}
	id := ""
	if rh := quickHeader([]byte(strings.TrimLeft(returned, "\r\n \t"))); rh.has("message-id") {
		id = ownID(rh.get("message-id"))
	} else if m := returnedID().FindStringSubmatch(returned); m != nil {
		id = ownID(m[1])
	}
	var out []inbox.Bounce
	whole := false
	if len(r.status) > 0 {
		out, whole = r.fromFields(told)
	} else if m := statusInText().FindStringIndex(text); m != nil && (kind == "multipart/report" || daemon(from)) {
		// The fields, but as text: a server that lost the part's type.
		out, _ = (&report{status: []byte(text[m[0]:])}).fromFields(told)
	}
	if len(out) == 0 && !whole {
		out = fromText(h, from, subject, told, returned)
	}
	for i := range out {
		out[i].HeaderID = id
	}
	return out[:min(len(out), maxBounces)]
}

var (
	returnedID   = lazy(`(?im)^\s*message-id:\s*(<[^>\s]+>)`)
	statusInText = lazy(`(?im)^(?:reporting-mta|original-recipient|final-recipient)\s*:`)
)

// fromFields reads the per-recipient fields of a delivery status (RFC 3464
// section 2.3). whole is false when nothing there names a recipient.
func (r *report) fromFields(told string) (out []inbox.Bounce, whole bool) {
	b := bytes.ReplaceAll(bytes.ReplaceAll(r.status, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	var group header
	flush := func() {
		if len(out) >= maxBounces {
			group = nil
			return
		}
		bounce, ok := fromGroup(group, told)
		group = nil
		if !ok {
			return
		}
		whole = true
		if bounce.Recipient != "" || bounce.Status != "" {
			out = append(out, bounce)
		}
	}
	for _, l := range strings.Split(string(b), "\n") {
		if strings.TrimSpace(l) == "" {
			flush()
			continue
		}
		if (l[0] == ' ' || l[0] == '\t') && len(group) > 0 {
			// A diagnosis is broken at any letter.
			group[len(group)-1].value += " " + strings.TrimSpace(l)
			continue
		}
		if n := fieldName([]byte(l)); n > 0 {
			name := strings.ToLower(strings.TrimSpace(l[:n]))
			if name == "final-recipient" && group.has("final-recipient") {
				flush()
			}
			group = append(group, field{name, strings.TrimSpace(l[n+1:])})
		} else if len(group) > 0 {
			group[len(group)-1].value += " " + strings.TrimSpace(l)
		}
	}
	flush()
	return out, whole
}

func fromGroup(g header, told string) (b inbox.Bounce, ok bool) {
	recipient := typed(g.get("final-recipient"))
	if recipient == "" || !strings.Contains(recipient, "@") {
		if o := typed(g.get("original-recipient")); strings.Contains(o, "@") {
			recipient = o
		}
	}
	if recipient == "" {
		recipient = typed(g.get("x-actual-recipient"))
	}
	action := strings.ToLower(firstWord(g.get("action")))
	if recipient == "" && action == "" {
		return b, false
	}
	switch action {
	case "delivered", "relayed", "expanded", "deliverable":
		return b, true
	}
	b.Recipient = recipient
	b.Status = statusCode().FindString(g.get("status"))
	diagnosis := strings.Join(g.all("diagnostic-code"), " ")
	if diagnosis == "" {
		diagnosis = g.get("x-display-name")
	}
	b.Detail = cut(cleanLine(typed(diagnosis)), 1000)
	if b.Detail == "" {
		b.Detail = cut(squeeze(told), 1000)
	}
	if inner := statusCode().FindString(diagnosis); inner != "" && (b.Status == "" || strings.HasSuffix(b.Status, ".0.0")) {
		b.Status = inner
	}
	if strings.TrimSpace(diagnosis) == "" && recipient != "" {
		about := aboutAddress(told, recipient)
		if inner := statusCode().FindString(about); inner != "" && (b.Status == "" || strings.HasSuffix(b.Status, ".0.0")) {
			b.Status = inner
		}
		b.Hard = hard(b.Status, "", about)
	} else {
		b.Hard = hard(b.Status, typed(diagnosis), aboutAddress(told, recipient))
	}
	if recipient != "" && unknownWords().MatchString(diagnosis) && !softWords().MatchString(diagnosis) && strings.Contains(strings.ToLower(told), "5.1.1 <"+strings.ToLower(recipient)+">") {
		b.Hard = true
	}
	switch strings.ToLower(g.get("x-powermta-bouncecategory")) {
	case "bad-mailbox", "bad-domain":
		b.Hard = true
	}
	if action == "delayed" {
		b.Hard = b.Hard && noMailWords().MatchString(b.Detail+told)
	}
	if b.Status == "" {
		b.Status = "5.0.0"
		if action == "delayed" {
			b.Status = "4.0.0"
		}
	}
	return b, true
}

var statusCode = lazy(`\b[245]\.\d{1,3}\.\d{1,3}\b`)

// typed takes the type off a value such as "rfc822; a@b".
func typed(v string) string {
	if i := strings.IndexByte(v, ';'); i >= 0 && i < 20 && !strings.Contains(v[:i], "@") {
		v = v[i+1:]
	}
	v = strings.TrimSpace(v)
	if strings.Contains(v, "@") && len(strings.Fields(v)) <= 3 {
		if a, ok := findAddress(v); ok {
			return a
		}
	}
	return cut(cleanLine(strings.Trim(v, "<> ")), 2000)
}

func squeeze(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

var returnedMark = lazy(`(?im)^[\s>*]*(?:` +
	`-{2,}\s*(?:this is a copy of (?:the|your) (?:message|mail)|the header of the original message|original message|returned (?:message|mail)|unsent message|message header|below (?:this line|the next line) is a copy|the (?:attached|following) (?:is|file)|included is|message text|undelivered message|forwarded message|transcript of message|headers? of|copy of).*|` +
	`(?:-+\s*)?below (?:this line|the next line) is (?:a|the) copy.*|included is a copy of.*|the header (?:from|of) the (?:original )?message.*|` +
	`received: (?:from|by|\().*|return-path:.*|original message follows.*|------ this is a copy.*|.{0,20}copy of the (?:original )?message.{0,40}follows.*|` +
	`исходное сообщение.*|\*{2,}.{0,20}(?:original message|text of original|headers? of).*|={3,}.*original.*)$`)

// beforeReturned cuts the text of a report from the mail that it returns.
func beforeReturned(text string) (told, returned string) {
	if m := returnedMark().FindStringIndex(text); m != nil && m[0] > 20 {
		rest := text[m[0]:]
		if !strings.HasPrefix(strings.ToLower(strings.TrimSpace(rest)), "received:") && !strings.HasPrefix(strings.ToLower(strings.TrimSpace(rest)), "return-path:") {
			rest = text[m[1]:]
		}
		return text[:m[0]], strings.TrimLeft(rest, "\n\t -=*")
	}
	return text, ""
}

var (
	daemonFrom = lazy(`(?i)^(?:mailer-?daemon|post_?master|mail\.?delivery[^@]*|mail-?daemon|.*mailer-daemon|.*maildelivery[^@]*|bounces?|poostmaster|mdaemon|smtpd?|undeliverable)(?:$|@)`)

	bounceSubject = lazy(`(?i)^(?:fwd?:\s*)?(?:\W*(?:undeliver(?:ed|able)\b|returned mail|mail delivery (?:failed|failure|status|system|error)|delivery (?:status notification|failure|notification|has failed|error|report)|failure (?:notice|delivery)|(?:mail |message |your message )?(?:could not|couldn't|cannot|can't) be delivered|non[- ]?delivery|undeliverable|mail system error|message delivery (?:has )?fail|failed delivery|delayed mail|mail failed|warning: (?:message|could not)|there was an error sending your mail|unzustellbar|nicht zugestellt|zustellung fehlgeschlagen|(?:message|courriel|mail) non (?:remis|distribu|délivr)|échec de (?:la )?(?:remise|distribution)|no se (?:puede|pudo|ha podido) entregar|mensaje no entregado|não (?:é possível )?entregue|mancata consegna|impossibile recapitare|onbestelbaar|olevererbart|ej levererbart|nie dostarczono|не доставлено|ваше сообщение не доставлено|недоставленное|未送信|配信不能|退信|系统退信)|delivery (?:has )?failed\b)`)

	failedText = lazy(`(?i)(?:could not be delivered|couldn't be delivered|was not delivered|has not been delivered|not be sent|undeliverable|delivery (?:to|of|for) .{0,120}(?:fail|delayed)|delivery failed|failed to deliver|unable to deliver|wasn't able to deliver|did not reach|delivery (?:has |is )?(?:been )?(?:fail|delay)|permanent (?:fatal )?errors?|user unknown|unknown user|returned to (?:the )?sender|mail system|fatal errors|transient|undelivered|will (?:keep|be) (?:try|retr)|is not available|недоставлен|не доставлено|each of the following|following (?:address|recipient)|送信できません|invalid recipient|mailbox|not listed|no such user|session follows)`)
)

func daemon(address string) bool {
	return daemonFrom().MatchString(address)
}

// fromMachine reports whether the header alone says that a mail system wrote it.
func fromMachine(h header, from string) bool {
	return daemon(from) || h.has("x-failed-recipients") || nullPath(h) || from == "" && strings.Contains(strings.ToLower(h.get("from")), "mailer-daemon")
}

func nullPath(h header) bool {
	return h.has("return-path") && strings.ReplaceAll(h.get("return-path"), " ", "") == "<>"
}

// fromText reads reports that have no fields: it is one when a mail system sent
// it and it says so.
func fromText(h header, from, subject, told, returned string) []inbox.Bounce {
	named := h.get("x-failed-recipients")
	score := 0
	machine := daemon(from) || from == "" && strings.Contains(strings.ToLower(h.get("from")), "mailer-daemon")
	if machine {
		score += 2
	}
	if bounceSubject().MatchString(subject) {
		score += 2
	}
	if nullPath(h) {
		score++
	}
	if failedText().MatchString(told) {
		score++
	}
	if named != "" {
		score += 3
	}
	if returned != "" {
		score++
	}
	// A person may write of a failure too, but returns nothing.
	if !machine && !nullPath(h) && named == "" && (returned == "" || score < 4) {
		return nil
	}
	if score < 3 || h.get("auto-submitted") == "auto-replied" && named == "" && !bounceSubject().MatchString(subject) {
		return nil
	}
	own := map[string]bool{strings.ToLower(from): true}
	for _, p := range parseAddresses(h.get("to"), "") {
		own[strings.ToLower(p.Address)] = true
	}
	detail := cut(squeeze(told), 2000)
	var out []inbox.Bounce
	seen := map[string]bool{}
	add := func(addr, about string) {
		key := strings.ToLower(addr)
		if seen[key] || len(out) >= maxBounces {
			return
		}
		seen[key] = true
		status := statusCode().FindString(about)
		b := inbox.Bounce{Recipient: addr, Status: status, Detail: cut(squeeze(about), 1000), Hard: hard(status, about, cut(told, 2*maxAbout))}
		if delayed(subject, told) {
			b.Hard = b.Hard && noMailWords().MatchString(about)
		}
		if b.Status == "" {
			b.Status = "5.0.0"
			if delayed(subject, told) {
				b.Status = "4.0.0"
			}
		}
		out = append(out, b)
	}
	if named != "" {
		for _, p := range parseAddresses(named, "") {
			if p.Address != "" {
				add(p.Address, aboutAddress(told, p.Address))
			}
		}
	}
	if len(out) == 0 {
		for _, m := range transcript().FindAllStringSubmatch(told, 50) {
			if addr, ok := cleanAddress(m[1]); ok && !own[strings.ToLower(addr)] {
				add(addr, m[0])
			}
		}
	}
	if len(out) == 0 {
		for _, m := range addressLine().FindAllStringSubmatchIndex(told, 50) {
			addr, ok := cleanAddress(told[m[2]:m[3]])
			if ok && !own[strings.ToLower(addr)] {
				add(addr, aboutAddress(told, addr))
			}
		}
	}
	if len(out) == 0 {
		for _, addr := range mailAny().FindAllString(told, 20) {
			if a, ok := cleanAddress(strings.Trim(addr, ".,:;()[]")); ok && !own[strings.ToLower(a)] && !daemon(a) {
				add(a, detail)
				break
			}
		}
	}
	if len(out) == 0 {
		rcpt := ""
		if rh := quickHeader([]byte(returned)); len(rh) > 0 {
			if to := parseAddresses(rh.get("to"), ""); len(to) > 0 {
				rcpt = to[0].Address
			}
		}
		add(rcpt, detail)
	}
	return out
}

var (
	// How old sendmail ends what it says of an address: "550 <a@b>... User unknown".
	transcript = lazy(`(?m)^\s*[45]\d\d[ \-](?:[45]\.\d\.\d )?<([^\s<>]+@[^\s<>]+)>\.\.\. .*$`)

	addressLine = lazy(`(?m)^[\s>*\-]*(?:(?i:to|recipient|failed recipient|address|user|rcpt to|original-recipient|final-recipient)\s*[:=]?\s*(?:rfc822;)?\s*)?[<"(\[']?([^\s<>"(),;:\[\]]+@[^\s<>"(),;:\[\]]+)[>")\]']?(?:\s*$|\s*[:.,]|\s+on\b|\s*\(|\s+-|\s*\.\.\.|>)`)
	nextAddress = lazy(`(?m)^[\s>*\-]*<?[^\s<>"(),;:]+@[^\s<>"(),;:]+>?\s*(?::|$|\son\s)`)
)

// aboutAddress returns what a report says of one of its addresses.
func aboutAddress(told, addr string) string {
	lower, addr := strings.ToLower(told), strings.ToLower(addr)
	i := strings.Index(lower, addr)
	if i < 0 || i >= len(told) {
		return cut(told, maxAbout)
	}
	if i < maxAbout && len(nextAddress().FindAllStringIndex(told, 2)) < 2 {
		return cut(told, maxAbout)
	}
	about := cut(told[i:], maxAbout)
	for _, m := range nextAddress().FindAllStringIndex(about, 50) {
		if m[0] > 0 && !strings.Contains(strings.ToLower(about[m[0]:m[1]]), addr) {
			return about[:m[0]]
		}
	}
	return about
}

var delayWords = lazy(`(?i)\b(?:delay(?:ed)?|warning|still being retried|will (?:keep|continue) (?:try|to try)|temporar(?:y|ily)|deferred)\b`)

func delayed(subject, told string) bool {
	return delayWords().MatchString(subject) && !strings.Contains(strings.ToLower(subject), "fail")
}
