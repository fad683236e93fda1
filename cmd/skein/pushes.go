package main

import (
	"net/url"

	"skein/inbox"
	"skein/inbox/api"
	"skein/inbox/auth"
	"skein/inbox/bus"
	"skein/inbox/outbox"
	"skein/inbox/push"
	"skein/inbox/store"
)

// The key for pushes is sealed as accounts' settings are, under names that no
// channel has.
const pushKeyOf, pushKeyName = "push", "vapid"

func (s *server) sealPushKey(plain []byte) ([]byte, error) {
	return bus.SealSettings(s.cfg.secret, plain, pushKeyOf, pushKeyName)
}

func (s *server) openPushKey(sealed []byte) ([]byte, error) {
	return bus.OpenSettings(s.cfg.secret, sealed, pushKeyOf, pushKeyName)
}

// pushSubject is by what the operators of push services reach ours (RFC 8292
// section 2.1): the public address, or else the one that every mail server has (RFC
// 2142).
func pushSubject(public string) string {
	u, err := url.Parse(public)
	if err == nil && u.Scheme == "https" {
		return public
	}
	host := "localhost"
	if err == nil && u.Hostname() != "" {
		host = u.Hostname()
	}
	return "mailto:postmaster@" + host
}

// digestRule is how agents who are away hear of what is unread.
func (s *server) digestRule() store.DigestRule {
	return store.DigestRule{
		Away: s.hub.Away, Encode: outbox.Encode,
		Letter: func(a *inbox.Agent, list []inbox.Notification, more int) (string, string) {
			return push.Digest(a.Locale, s.cfg.public, list, more)
		},
		HeaderID: s.headerID,
	}
}

// headerID is the Message-ID of a mail that belongs to no conversation.
func (s *server) headerID(id inbox.MessageID, from *inbox.Account) string {
	header, _ := s.seal(id, "", from)
	return header
}

// resetRule is how agents who forgot their password get a link.
func (s *server) resetRule() store.ResetRule {
	return store.ResetRule{
		Coder: inbox.Coder{New: auth.NewLink, HeaderID: s.headerID, Encode: outbox.Encode},
		Letter: func(a *inbox.Agent, token string) inbox.AgentLetter {
			return api.PasswordLetter(s.cfg.public, a, token)
		},
	}
}
