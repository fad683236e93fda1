package social

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"skein/connectors"
	"skein/inbox"
)

// Platforms that an account may be of.
const (
	WhatsApp  = "whatsapp"
	Messenger = "messenger"
	Instagram = "instagram"
	Telegram  = "telegram"
	Twilio    = "twilio"
	Line      = "line"
)

var providers = []string{WhatsApp, Messenger, Instagram, Telegram, Twilio, Line}

// Settings are an account's own settings, as JSON in [connectors.Account]. A
// field that isn't named here makes the account refused, so that a slip of the
// pen doesn't pass for a setting.
type Settings struct {
	Provider string `json:"provider" enum:"whatsapp,messenger,instagram,telegram,twilio,line" doc:"The platform: whatsapp is Meta's Cloud API, twilio is SMS or, with an address such as whatsapp:+15550100, WhatsApp"`
	// While a secret is replaced both are here, the newest first.
	Secrets     []string `json:"secrets,omitempty" writeOnly:"true" doc:"What requests are checked by: the app secret of Meta, the secret token of Telegram's webhook, Twilio's auth token, LINE's channel secret"`
	Token       string   `json:"token,omitempty" writeOnly:"true" doc:"What we send by: the access token of Meta or LINE, the token of Telegram's bot; Twilio sends by its auth token"`
	VerifyToken string   `json:"verifyToken,omitempty" writeOnly:"true" doc:"Meta's: the verify token that is typed in beside the webhook's address"`
	Shadow      bool     `json:"shadow,omitempty" doc:"Try the check out: what fails it is counted, and taken"`

	ID         string `json:"id,omitempty" doc:"Ours on the platform: WhatsApp's phone number ID, the page's ID, Instagram's account ID"`
	AppID      string `json:"appId,omitempty" doc:"Meta's: the ID of the app that sends, by which its echoes are known"`
	HumanAgent bool   `json:"humanAgent,omitempty" doc:"Meta has approved the human agent tag: people may answer for seven days, not one"`

	AccountSID string `json:"accountSid,omitempty" doc:"Twilio's account"`
	ServiceSID string `json:"serviceSid,omitempty" doc:"Twilio's messaging service to send by, if not the account's address"`
	Poll       bool   `json:"poll,omitempty" doc:"Telegram's: ask for what is new instead of taking webhooks"`

	APIURL    string     `json:"apiUrl,omitempty" doc:"The platform's API, if not its public one"`
	Media     Media      `json:"media,omitzero" required:"false" doc:"How pictures and other files are fetched"`
	Templates []Template `json:"templates,omitempty" doc:"WhatsApp's approved templates, which alone may be sent to who hasn't written for a day; of Twilio's WhatsApp each is named by its Content SID"`
	Stop      []string   `json:"stop,omitempty" doc:"Words by which somebody asks to be left alone, if not STOP, STOPALL, UNSUBSCRIBE and OPTOUT, of SMS CANCEL, END, QUIT and REVOKE too, and of others none"`
	Start     []string   `json:"start,omitempty" doc:"Words that take it back, if not START and UNSTOP"`

	region string
	owner  string // our number or name, as the platform has it
}

// Media says how files are fetched from where the platform has them. Credentials
// are told to the platform's own API alone.
type Media struct {
	Off   bool     `json:"off,omitempty" doc:"They stay with the platform"`
	Hosts []string `json:"hosts,omitempty" doc:"Hosts in our own network that may be asked: others there never are"`
	MaxMB int      `json:"maxMB,omitempty" minimum:"1" maximum:"500" doc:"How large one may be, if not 100 MB"`
}

// A Template is one that WhatsApp has approved.
type Template struct {
	Name     string `json:"name" doc:"Its name there, such as order_update, or its Content SID at Twilio"`
	Language string `json:"language" doc:"Its language there, such as en_US"`
	Text     string `json:"text" doc:"Its body, with {{1}}, {{2}} … for what is filled in"`
}

// Form is what an operator is asked for.
func Form() connectors.Form {
	return connectors.Form{
		Settings: Settings{}, Webhooks: true, Sending: sending,
		Check: func(a connectors.Account) error { _, err := ParseSettings(a); return err },
	}
}

// sending is what an account's platform takes, and when.
func sending(account connectors.Account) inbox.SendBounds {
	s, err := ParseSettings(account)
	if err != nil {
		return inbox.SendBounds{}
	}
	out := map[string]inbox.SendBounds{
		WhatsApp:  {MaxText: 4096, Splits: true, Window: 24},
		Messenger: {MaxText: 2000, Splits: true, Window: 24, MaxComment: maxComment[Messenger]},
		Instagram: {MaxText: 1000, TextIn: "bytes", Splits: true, Window: 24, MaxComment: maxComment[Instagram]},
		Telegram:  {MaxText: 4096, Splits: true},
		Twilio:    {MaxText: 1600, MaxFiles: 10},
		Line:      {MaxText: 5000, TextIn: "bytes", Splits: true},
	}[s.Provider]
	out.TextIn, out.MaxFileBytes = cmp.Or(out.TextIn, "characters"), largest[s.Provider]
	out.ByNumber = s.Provider == WhatsApp || s.Provider == Twilio
	if s.twilioWhatsApp() {
		out.Window, out.NumberThread = 24, "whatsapp:"
	}
	if s.HumanAgent {
		out.PeopleWindow = 7 * 24
	}
	for _, t := range s.Templates {
		out.Templates = append(out.Templates, inbox.SendTemplate{Name: t.Name, Language: t.Language, Text: t.Text, Values: inbox.Places(t.Text)})
	}
	return out
}

func invalid(format string, args ...any) error {
	return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf(format, args...)}
}

// apis are where the platforms are, when nothing else is said.
var apis = map[string]string{
	WhatsApp: "https://graph.facebook.com/v23.0", Messenger: "https://graph.facebook.com/v23.0", Instagram: "https://graph.facebook.com/v23.0",
	Telegram: "https://api.telegram.org", Twilio: "https://api.twilio.com", Line: "https://api.line.me",
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
	s.region, s.owner = account.Region, account.Address
	for _, check := range []func() error{s.checkProvider, s.checkSecrets, s.checkPlatform, s.checkRest} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Settings) meta() bool {
	return s.Provider == WhatsApp || s.Provider == Messenger || s.Provider == Instagram
}

// twilioWhatsApp reports whether the account's number is one of WhatsApp's by Twilio.
func (s *Settings) twilioWhatsApp() bool {
	return s.Provider == Twilio && strings.HasPrefix(s.owner, "whatsapp:")
}

// contentSID is what Twilio calls a template
// (twilio.com/docs/content/send-templates-created-with-the-content-template-builder).
var contentSID = regexp.MustCompile(`^HX[0-9a-f]{32}$`)

func (s *Settings) checkProvider() error {
	if !slices.Contains(providers, s.Provider) {
		return invalid("provider is %q, not one of %s", s.Provider, strings.Join(providers, ", "))
	}
	if s.APIURL == "" {
		s.APIURL = apis[s.Provider]
	}
	u, err := url.Parse(s.APIURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" {
		return invalid("apiUrl is %q, not an address such as %s", s.APIURL, apis[s.Provider])
	}
	s.APIURL = strings.TrimRight(s.APIURL, "/")
	return nil
}

func (s *Settings) checkSecrets() error {
	for i, secret := range s.Secrets {
		if strings.TrimSpace(secret) == "" || strings.ContainsAny(secret, "\r\n\x00") {
			return invalid("secrets[%d] is empty, or has a line break", i)
		}
	}
	switch {
	case len(s.Secrets) == 0 && !s.Poll:
		return invalid("secrets is empty: what %s sends can't be told from anybody's", s.Provider)
	case s.Token == "" && s.Provider != Twilio:
		return invalid("token is empty: nothing can be sent by %s without", s.Provider)
	case strings.ContainsAny(s.Token, " \r\n\t\x00/?#"):
		return invalid("token has a space, a line break or a sign that no token has")
	}
	return nil
}

func (s *Settings) checkPlatform() error {
	switch {
	case s.meta() && (s.ID == "" || strings.ContainsAny(s.ID, "/?# ")):
		return invalid("id is %q: the platform's ID of our number, page or account is needed, such as 106540352242922", s.ID)
	case s.meta() && s.VerifyToken == "":
		return invalid("verifyToken is empty: Meta asks for it before it sends anything")
	case s.Provider == Twilio && (!strings.HasPrefix(s.AccountSID, "AC") || strings.ContainsAny(s.AccountSID, "/?# ")):
		return invalid("accountSid is %q, not a Twilio account such as AC0123456789abcdef0123456789abcdef", s.AccountSID)
	case s.Provider == Twilio && s.owner == "" && s.ServiceSID == "":
		return invalid("the account needs the number as its address, or serviceSid: Twilio has to know who sends")
	case s.Poll && s.Provider != Telegram:
		return invalid("poll is set, and %s can't be asked for what is new", s.Provider)
	case s.HumanAgent && s.Provider != Messenger && s.Provider != Instagram:
		return invalid("humanAgent is set, and %s has no such tag", s.Provider)
	case len(s.Templates) > 0 && s.Provider != WhatsApp && !s.twilioWhatsApp():
		return invalid("templates are set, and %s has none", s.Provider)
	}
	for i, t := range s.Templates {
		if t.Name == "" || t.Language == "" || t.Text == "" {
			return invalid("templates[%d] needs name, language and text", i)
		}
		if s.Provider == Twilio && !contentSID.MatchString(t.Name) {
			return invalid("templates[%d].name is %q, not a Content SID such as HX0123456789abcdef0123456789abcdef", i, t.Name)
		}
	}
	return nil
}

func (s *Settings) checkRest() error {
	m := &s.Media
	if m.MaxMB == 0 {
		m.MaxMB = 100
	}
	if m.MaxMB < 1 || m.MaxMB > 500 {
		return invalid("media.maxMB is %d, not 1 to 500", m.MaxMB)
	}
	switch {
	case s.Stop != nil:
	case s.Provider == Twilio && !s.twilioWhatsApp(): // the words of carriers
		s.Stop = []string{"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE"}
	case s.Provider == Twilio || s.Provider == WhatsApp:
		s.Stop = []string{"STOP", "STOPALL", "UNSUBSCRIBE", "OPTOUT"}
	}
	if s.Start == nil {
		s.Start = []string{"START", "UNSTOP"}
	}
	return nil
}

// knows reports whether a host may be asked although it is in our own network.
func (s *Settings) knows(host, port string) bool {
	if slices.Contains(s.Media.Hosts, host) || slices.Contains(s.Media.Hosts, host+":"+port) {
		return true
	}
	u, err := url.Parse(s.APIURL)
	return err == nil && s.APIURL != apis[s.Provider] && u.Hostname() == host
}
