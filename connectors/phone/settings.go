package phone

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // an exchange's zone must be known on a machine that has no zones

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/identity"
)

// Exchanges that an account may be of.
const (
	Twilio     = "twilio"
	Aircall    = "aircall"
	Webhook    = "webhook" // signed by Standard Webhooks, in our own words
	Asterisk   = "asterisk"
	FreeSWITCH = "freeswitch"
	CSV        = "csv"
)

var providers = []string{Twilio, Aircall, Webhook, Asterisk, FreeSWITCH, CSV}

// Settings are a telephone account's own settings, as JSON in
// [connectors.Account]. A field that isn't named here makes the account refused,
// so that a slip of the pen doesn't pass for a setting.
type Settings struct {
	Provider string `json:"provider" enum:"twilio,aircall,webhook,asterisk,freeswitch,csv" doc:"The exchange: webhook is any that signs by Standard Webhooks"`
	// While a secret is replaced both are here, the newest first.
	Secrets []string `json:"secrets,omitempty" writeOnly:"true" doc:"What requests are checked by: Twilio's auth token, Aircall's webhook token, whsec_… of Standard Webhooks, user:password of FreeSWITCH"`
	Shadow  bool     `json:"shadow,omitempty" doc:"Try the check out: what fails it is counted, and taken"`

	AbandonAfter string `json:"abandonAfter,omitempty" doc:"How long a call rings to count as abandoned when nobody takes it, if not 5s"`

	Zone       string            `json:"zone,omitempty" doc:"The time zone of times that name none, such as Europe/Vienna; if not UTC"`
	Numbers    []string          `json:"numbers,omitempty" doc:"Our own numbers, besides the account's"`
	Extensions string            `json:"extensions,omitempty" doc:"A regular expression of our own telephones, if not 2 to 6 digits"`
	Agents     map[string]string `json:"agents,omitempty" doc:"Who sits at an extension, a client or a number"`

	// What was in File before the account was made stays out, but for lines from
	// ImportSince on.
	File        string  `json:"file,omitempty" doc:"The file to follow: Master.csv of Asterisk or FreeSWITCH, or any CSV"`
	ImportSince string  `json:"importSince,omitempty" format:"date" doc:"Bring in what the file has since this day, without a notice"`
	Recheck     string  `json:"recheck,omitempty" doc:"How often to look at the file, if not every 2s"`
	Format      string  `json:"format,omitempty" doc:"What the file is: 3cx, freeswitch (its example template), freeswitch-asterisk, -opencdrcsv, -sql, -snom, -linksys"`
	Columns     *Layout `json:"columns,omitempty" doc:"Or what is in which column of it"`
	AMI         *AMI    `json:"ami,omitempty" doc:"Asterisk's manager interface, for calls as they happen"`

	AccountSID string     `json:"accountSid,omitempty" doc:"Twilio's account, if not the one that its requests name"`
	APIURL     string     `json:"apiUrl,omitempty" doc:"Twilio's API, if not https://api.twilio.com"`
	Answer     *Answer    `json:"answer,omitempty" doc:"How Twilio is to answer a call; without it, not at all"`
	Recordings Recordings `json:"recordings,omitzero" required:"false" doc:"How recordings are fetched"`

	region       string
	abandonAfter time.Duration
	zone         *time.Location
	numbers      map[string]bool // E.164, and what Agents names
	extensions   *regexp.Regexp
	since        time.Time
	recheck      time.Duration
	layout       *Layout
}

// An AMI is where Asterisk's manager interface listens, and how to log in there.
type AMI struct {
	Host     string `json:"host" doc:"The exchange's name"`
	Port     int    `json:"port,omitempty" minimum:"1" maximum:"65535" doc:"If not 5038, with TLS 5039"`
	User     string `json:"user" doc:"The user in manager.conf, who may read call and cdr"`
	Secret   string `json:"secret" writeOnly:"true" doc:"That user's secret"`
	TLS      bool   `json:"tls,omitempty" doc:"Connect by TLS"`
	CAPEM    string `json:"caPem,omitempty" doc:"The authorities to trust instead of the system's, PEM"`
	Insecure bool   `json:"insecure,omitempty" doc:"Allow a connection in the clear to another machine"`
}

// An Answer says what becomes of a call that Twilio asks about.
type Answer struct {
	Greeting   string   `json:"greeting,omitempty" doc:"Spoken first"`
	Dial       []string `json:"dial,omitempty" doc:"Rung at once: numbers, client:… or sip:…"`
	Seconds    int      `json:"seconds,omitempty" minimum:"5" maximum:"600" doc:"For how long it rings, if not 20 s"`
	Voicemail  string   `json:"voicemail,omitempty" doc:"Spoken before the beep when nobody answers; without it there is no voicemail"`
	Record     bool     `json:"record,omitempty" doc:"Record what people speak"`
	Transcribe bool     `json:"transcribe,omitempty" doc:"Have voicemail written down by Twilio"`
	Language   string   `json:"language,omitempty" doc:"Of what is spoken, if not en-US"`
}

// Recordings say how a recording is fetched from where the exchange has it.
// Credentials are told to Hosts and to Base's alone.
type Recordings struct {
	Off      bool     `json:"off,omitempty" doc:"They stay with the exchange"`
	Base     string   `json:"base,omitempty" doc:"The address of their folder, for exchanges that name a file only"`
	Hosts    []string `json:"hosts,omitempty" doc:"Hosts in our own network that may be asked: others there never are"`
	User     string   `json:"user,omitempty" doc:"Who asks"`
	Password string   `json:"password,omitempty" writeOnly:"true" doc:"That user's password; without a user, a bearer's token"`
	MaxMB    int      `json:"maxMB,omitempty" minimum:"1" maximum:"500" doc:"How large one may be, if not 100 MB"`
}

// Form is what an operator is asked for.
func Form() connectors.Form {
	return connectors.Form{
		Settings: Settings{}, Address: inbox.PhoneNumber, Webhooks: true,
		Check: func(a connectors.Account) error { _, err := ParseSettings(a); return err },
	}
}

func invalid(format string, args ...any) error {
	return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf(format, args...)}
}

// ParseSettings reads and checks an account's settings and fills in defaults.
// Its errors are [inbox.Invalid] and name the setting.
func ParseSettings(account connectors.Account) (*Settings, error) {
	s := &Settings{}
	dec := json.NewDecoder(bytes.NewReader(account.Settings))
	dec.DisallowUnknownFields()
	if err := dec.Decode(s); err != nil {
		return nil, invalid("the settings of account %s cannot be read: %v", account.ID, err)
	}
	s.region = account.Region
	s.abandonAfter = 5 * time.Second
	if s.AbandonAfter != "" {
		d, err := time.ParseDuration(s.AbandonAfter)
		if err != nil || d < 0 || d > 10*time.Minute {
			return nil, invalid("abandonAfter %.20q: want a duration such as 5s, up to 10m", s.AbandonAfter)
		}
		s.abandonAfter = d
	}
	for _, check := range []func() error{s.checkProvider, s.checkPlace, s.checkFile, s.checkAMI, s.checkTwilio, s.checkRecordings} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	s.numbers = map[string]bool{}
	for _, list := range [][]string{{account.Address}, account.Own, s.Numbers} {
		for _, n := range list {
			s.own(n)
		}
	}
	for n := range s.Agents {
		s.own(n)
	}
	return s, nil
}

// Abandoned is how long a call rings to count as abandoned when nobody takes it.
func (s *Settings) Abandoned() time.Duration { return s.abandonAfter }

func (s *Settings) own(number string) {
	if e164 := s.e164(number); e164 != "" {
		s.numbers[e164] = true
	}
	s.numbers[number] = true
	delete(s.numbers, "")
}

func (s *Settings) checkProvider() error {
	known := false
	for _, p := range providers {
		known = known || s.Provider == p
	}
	switch {
	case !known:
		return invalid("provider is %q, not one of %s", s.Provider, strings.Join(providers, ", "))
	case s.posts() && len(s.Secrets) == 0 && (s.Provider != FreeSWITCH || s.File == ""):
		return invalid("secrets is empty: what %s sends can't be told from anybody's", s.Provider)
	}
	for i, secret := range s.Secrets {
		if strings.TrimSpace(secret) == "" {
			return invalid("secrets[%d] is empty", i)
		}
		if s.Provider == FreeSWITCH && !strings.Contains(secret, ":") {
			return invalid("secrets[%d] of FreeSWITCH is user:password, as its cred is", i)
		}
	}
	return nil
}

// posts reports whether the exchange sends requests.
func (s *Settings) posts() bool {
	return s.Provider == Twilio || s.Provider == Aircall || s.Provider == Webhook || s.Provider == FreeSWITCH
}

func (s *Settings) checkPlace() (err error) {
	if s.zone, err = time.LoadLocation(s.Zone); err != nil || s.Zone == "Local" {
		return invalid("zone is %q, not a time zone such as Europe/Vienna", s.Zone)
	}
	pattern := s.Extensions
	if pattern == "" {
		pattern = `[0-9]{2,6}`
	}
	if s.extensions, err = regexp.Compile(`^(?:` + pattern + `)$`); err != nil {
		return invalid("extensions is no regular expression: %v", err)
	}
	for i, n := range s.Numbers {
		if s.e164(n) == "" && !s.extension(n) {
			return invalid("numbers[%d] %q is no telephone number: write it with its country code, or give the account a region", i, n)
		}
	}
	if s.ImportSince != "" {
		if s.since, err = time.ParseInLocation(time.DateOnly, s.ImportSince, s.zone); err != nil {
			return invalid("importSince is %q, not a day such as 2026-01-31", s.ImportSince)
		}
	}
	return nil
}

func (s *Settings) checkFile() error {
	s.recheck = 2 * time.Second
	if s.Recheck != "" {
		d, err := time.ParseDuration(s.Recheck)
		if err != nil || d < 100*time.Millisecond || d > 10*time.Minute {
			return invalid("recheck is %q, not a duration such as 2s (100ms to 10m)", s.Recheck)
		}
		s.recheck = d
	}
	switch {
	case s.File != "" && !filepath.IsAbs(s.File):
		return invalid("file is %q: the whole path is needed, such as /var/log/asterisk/cdr-csv/Master.csv", s.File)
	case s.File != "" && (s.Provider == Twilio || s.Provider == Aircall || s.Provider == Webhook):
		return invalid("file is set, and %s writes none", s.Provider)
	case s.Provider == Asterisk && s.File == "" && s.AMI == nil:
		return invalid("an Asterisk account needs file, ami or both")
	case (s.Columns != nil || s.Format != "") && s.Provider != CSV && s.Provider != FreeSWITCH:
		return invalid("columns and format are for csv accounts; %s has its own", s.Provider)
	}
	switch s.Provider {
	case Asterisk:
		s.layout = Formats["asterisk"]
	case FreeSWITCH, CSV:
		name := s.Format
		if name == "" && s.Provider == FreeSWITCH {
			name = "freeswitch"
		}
		switch {
		case s.Columns != nil && s.Format != "":
			return invalid("columns and format are both set: one says all")
		case s.Columns != nil:
			s.layout = s.Columns
		case Formats[name] == nil:
			return invalid("format is %q: name one of %s, or columns", name, strings.Join(formatNames(), ", "))
		default:
			s.layout = Formats[name]
		}
		return s.layout.check()
	}
	return nil
}

func (s *Settings) checkAMI() error {
	a := s.AMI
	if a == nil {
		return nil
	}
	if s.Provider != Asterisk {
		return invalid("ami is set, and %s has none", s.Provider)
	}
	if a.Port == 0 {
		a.Port = 5038
		if a.TLS {
			a.Port = 5039
		}
	}
	ip := net.ParseIP(a.Host)
	here := a.Host == "localhost" || ip != nil && ip.IsLoopback()
	switch {
	case a.Host == "" || strings.ContainsAny(a.Host, " \r\n\t/"):
		return invalid("ami.host is %q: the exchange's name is needed", a.Host)
	case a.Port < 1 || a.Port > 65535:
		return invalid("ami.port is %d", a.Port)
	case a.User == "" || a.Secret == "":
		return invalid("ami.user and ami.secret are needed: those of manager.conf")
	case strings.ContainsAny(a.User+a.Secret, "\r\n\x00"):
		return invalid("ami.user or ami.secret contains a line break")
	case !a.TLS && !here && !a.Insecure:
		return invalid("ami.tls is off, which would show login and calls to whoever listens on the way to %s: set tls, or insecure: true", a.Host)
	}
	return nil
}

func (a *AMI) addr() string { return net.JoinHostPort(a.Host, strconv.Itoa(a.Port)) }

func (s *Settings) checkTwilio() error {
	if s.Provider != Twilio {
		if s.Answer != nil {
			return invalid("answer is set, and only Twilio asks how to answer a call")
		}
		return nil
	}
	if s.APIURL == "" {
		s.APIURL = "https://api.twilio.com"
	}
	s.APIURL = strings.TrimRight(s.APIURL, "/")
	if a := s.Answer; a != nil {
		if a.Seconds == 0 {
			a.Seconds = 20
		}
		if a.Language == "" {
			a.Language = "en-US"
		}
		switch {
		case len(a.Dial) == 0 && a.Voicemail == "":
			return invalid("answer needs dial, voicemail or both: else nobody takes the call")
		case a.Seconds < 5 || a.Seconds > 600:
			return invalid("answer.seconds is %d, not 5 to 600", a.Seconds)
		case len(a.Dial) > 10:
			return invalid("answer.dial has %d telephones: Twilio rings ten at once", len(a.Dial))
		}
		for i, to := range a.Dial {
			if !strings.HasPrefix(to, "client:") && !strings.HasPrefix(to, "sip:") && s.e164(to) == "" {
				return invalid("answer.dial[%d] %q is neither a number with its country code, nor client:… or sip:…", i, to)
			}
		}
	}
	return nil
}

func (s *Settings) checkRecordings() error {
	r := &s.Recordings
	if r.MaxMB == 0 {
		r.MaxMB = 100
	}
	switch {
	case r.MaxMB < 1 || r.MaxMB > 500:
		return invalid("recordings.maxMB is %d, not 1 to 500", r.MaxMB)
	case r.Base != "" && !isLink(r.Base):
		return invalid("recordings.base is %q, not an address such as https://pbx.example.com/recordings/", r.Base)
	case r.User != "" && r.Password == "":
		return invalid("recordings.password is empty")
	case r.Password != "" && len(r.Hosts) == 0 && r.Base == "":
		return invalid("recordings.password is set, and recordings.hosts names nobody to tell it to")
	}
	return nil
}

func isLink(s string) bool {
	return strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")
}

// e164 is a number in international form, "" for what is none.
func (s *Settings) e164(number string) string {
	if identity.Withheld(number) {
		return ""
	}
	e164, _, possible, _ := identity.Phone(number, s.region)
	if !possible {
		return ""
	}
	return e164
}
