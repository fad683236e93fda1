package api

import (
	"fmt"
	"strings"

	"skein/inbox"
)

// link is the address of a page that a token opens. The token stands behind the
// #: no server and no proxy on the way is told it.
func (a *API) link(page, token string) string { return linkTo(a.cfg.Public, page, token) }

func linkTo(public, page, token string) string { return public + "/" + page + "#" + token }

func german(locale string) bool { return strings.HasPrefix(strings.ToLower(locale), "de") }

// invitationLetter is in the language of who invites: the invited has none yet.
func (a *API) invitationLetter(locale, by, to, token string) inbox.AgentLetter {
	l := inbox.AgentLetter{To: inbox.Party{Address: to}, Subject: by + " invites you to Skein",
		Text: fmt.Sprintf("%s invites you to answer customers together in Skein.\n\nChoose a name and a password here:\n%s\n\nThe link is good once, for seven days. If you expected nothing like it, do nothing.\n",
			by, a.link("join", token))}
	if german(locale) {
		l.Subject = by + " lädt dich zu Skein ein"
		l.Text = fmt.Sprintf("%s lädt dich ein, in Skein gemeinsam Kunden zu antworten.\n\nName und Passwort wählst du hier:\n%s\n\nDer Link gilt einmal, sieben Tage lang. Wenn du nichts dergleichen erwartest, musst du nichts tun.\n",
			by, a.link("join", token))
	}
	return l
}

// PasswordLetter brings an agent the link by which another password is set, in
// their language; public is the address of the pages.
func PasswordLetter(public string, to *inbox.Agent, token string) inbox.AgentLetter {
	link := linkTo(public, "password", token)
	l := inbox.AgentLetter{To: inbox.Party{Address: to.Email, Name: to.Name}, Subject: "Set a new password",
		Text: fmt.Sprintf("Set a new password for Skein here:\n%s\n\nThe link is good once, for an hour. If you didn't ask for it, do nothing: your password stays.\n", link)}
	if german(to.Locale) {
		l.Subject = "Neues Passwort setzen"
		l.Text = fmt.Sprintf("Ein neues Passwort für Skein setzt du hier:\n%s\n\nDer Link gilt einmal, eine Stunde lang. Wenn du nicht darum gebeten hast, musst du nichts tun: Dein Passwort bleibt.\n", link)
	}
	return l
}
