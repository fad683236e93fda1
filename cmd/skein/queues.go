package main

import (
	"time"

	"skein/connectors"
	"skein/connectors/phone"
	"skein/inbox"
	"skein/inbox/bus"
	"skein/inbox/queues"
)

// abandonAfter is how long somebody rings an account, or is gone from its chat, to
// count as having been left unanswered. Of settings that can't work it is what
// others have.
func (s *server) abandonAfter(a *inbox.Account) time.Duration {
	switch a.Channel {
	case inbox.Chat:
		if set, err := s.chatSettings(a); err == nil {
			return set.Abandoned()
		}
	case inbox.Phone:
		raw, err := bus.OpenSettings(s.cfg.secret, a.Settings, a.Channel, a.ID)
		if err != nil {
			break
		}
		if set, err := phone.ParseSettings(connectors.Account{ID: a.ID, Address: a.Address, Own: a.Own, Region: a.Region, Settings: raw}); err == nil {
			return set.Abandoned()
		}
	}
	return queues.DefaultThreshold
}
