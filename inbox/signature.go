package inbox

import (
	"fmt"
	"html"
	"regexp"
	"strings"
)

// A Signature is what mails from an inbox end with, in both forms; both empty:
// nothing. Its variables, such as {{agent.name}}, are filled in for whoever
// writes: see [Signature.For].
type Signature struct {
	Text string `json:"text" maxLength:"5000"`
	HTML string `json:"html" maxLength:"20000" doc:"The same with its looks, sanitised; empty: the text does"`
}

var signatureVariable = regexp.MustCompile(`\{\{\s*([A-Za-z][A-Za-z0-9_.]*)\s*\}\}`)

// signatureVariables are filled in from an agent.
var signatureVariables = map[string]func(*Agent) string{
	"agent.name": func(a *Agent) string { return a.Name },
	"agent.firstname": func(a *Agent) string {
		first, _, _ := strings.Cut(strings.TrimSpace(a.Name), " ")
		return first
	},
}

// check refuses a signature without text, and one with a variable that there is
// none of.
func (s *Signature) check() error {
	if s.Text = strings.TrimSpace(s.Text); s.Text == "" && s.HTML != "" {
		return &Error{Code: Invalid, Message: "the signature has no text for mails without formatting: give it one"}
	}
	for _, m := range signatureVariable.FindAllStringSubmatch(s.Text+"\n"+s.HTML, -1) {
		if signatureVariables[m[1]] == nil {
			return &Error{Code: Invalid, Message: fmt.Sprintf("there is no variable {{%.40s}} in a signature: there are {{agent.name}} and {{agent.firstname}}", m[1])}
		}
	}
	return nil
}

// For is the signature of an agent's mails; nil where it is empty.
func (s Signature) For(a *Agent) *Signature {
	if s.Text == "" {
		return nil
	}
	fill := func(text string, as func(string) string) string {
		return signatureVariable.ReplaceAllStringFunc(text, func(v string) string {
			if of := signatureVariables[signatureVariable.FindStringSubmatch(v)[1]]; of != nil {
				return as(of(a))
			}
			return v
		})
	}
	return &Signature{Text: fill(s.Text, func(v string) string { return v }), HTML: fill(s.HTML, html.EscapeString)}
}

// Under puts the signature under what a mail says: below the line "-- " in the
// text (RFC 3676 section 4.3), and in an element that mail programs know for a
// signature in the HTML, where the mail or the signature has any. Of nil, all
// stays as it is.
func (s *Signature) Under(text, rich string) (string, string) {
	if s == nil {
		return text, rich
	}
	if rich == "" && s.HTML != "" { // its looks need what they go with
		rich = strings.NewReplacer("\n\n", "</p><p>", "\n", "<br>").Replace("<p>" + html.EscapeString(text) + "</p>")
	}
	if rich != "" {
		looks := s.HTML
		if looks == "" {
			looks = strings.ReplaceAll(html.EscapeString(s.Text), "\n", "<br>")
		}
		rich += `<br><div class="gmail_signature">` + looks + `</div>`
	}
	if text != "" {
		text += "\n\n"
	}
	return text + "-- \n" + s.Text, rich
}
