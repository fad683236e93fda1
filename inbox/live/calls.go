package live

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"skein/connectors"
	"skein/inbox"
	"skein/inbox/identity"
	"skein/realtime"
)

var states = map[connectors.LiveKind]realtime.CallState{
	connectors.LiveRinging: realtime.CallRings, connectors.LiveAnswered: realtime.CallAnswered, connectors.LiveEnded: realtime.CallEnded,
}

// work takes words on calls.
func (d *Desk) work(ctx context.Context, parts *sync.WaitGroup) {
	for {
		select {
		case <-ctx.Done():
			return
		case word := <-d.calls:
			d.call(ctx, &word, parts)
		}
	}
}

// call shows a word on a call to those whom it concerns. The call itself is shown
// first: who it is may take a moment to find out.
func (d *Desk) call(ctx context.Context, word *connectors.Live, parts *sync.WaitGroup) {
	account, ok := d.account(ctx, word.Account)
	if !ok || account.Channel != inbox.Phone || word.Call != nil && word.Call.Direction == inbox.Out {
		return
	}
	c := realtime.Call{
		ID: string(word.Account) + "/" + word.Key, State: states[word.Kind], Line: account.Name, InboxID: account.InboxID,
		At: word.At, TTL: lifetime(word),
	}
	var extension string
	if call := word.Call; call != nil {
		c.From, c.To, extension = line(call.From), line(call.To), call.Extension
		if !call.StartedAt.IsZero() {
			c.At = call.StartedAt
		}
	}
	within, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if word.Agent != "" || extension != "" {
		agents, err := d.cfg.Store.Agents(within)
		if err != nil {
			d.warn(ctx, "agents can't be read", err)
		}
		who := byTelephone(agents, word.Agent, account.Region)
		if len(who) == 0 && c.State != realtime.CallEnded {
			who = byTelephone(agents, extension, account.Region)
		}
		switch {
		case c.State == realtime.CallRings:
			c.Agents = who
		case c.State == realtime.CallAnswered && len(who) == 1:
			c.Answerer = who[0]
		}
	}
	var ref inbox.IdentityRef
	if from := word.Sender; from != nil {
		ref.Kind = from.Kind
		if ref.Kind == "" {
			ref.Kind = inbox.PhoneNumber
		}
		ref.Key = identity.Key(ref.Kind, from.Address, account.Region)
		if c.From == "" && ref.Key != "" {
			c.From = line(from.Address)
		}
	}
	if ref.Key != "" {
		who, known, err := d.cfg.Store.Caller(within, ref)
		switch {
		case err == nil && who.Blocked && c.State == realtime.CallRings:
			return // it is kept, and rings nobody; who takes it at the telephone is shown who it is
		case err == nil:
			c.CustomerID, c.IdentityID, c.Name, c.Known = who.CustomerID, who.IdentityID, who.Name, known
		case inbox.CodeOf(err) != inbox.NotFound:
			d.warn(ctx, "a caller can't be looked up", err)
		}
	}
	d.cfg.Hub.Call(c)
	if !d.kept(within, word, c) && c.State == realtime.CallEnded {
		again := *word
		parts.Go(func() { d.keep(ctx, &again, c) })
	}
}

// kept shows in which conversation a call is kept, and reports whether it is.
func (d *Desk) kept(ctx context.Context, word *connectors.Live, c realtime.Call) bool {
	id, in, err := d.cfg.Store.CallConversation(ctx, word.Account, word.Key)
	if err != nil {
		d.warn(ctx, "the conversation of a call can't be looked up", err)
	}
	if err != nil || id == "" {
		return false
	}
	c.Conversation, c.KeptIn = id, in
	d.cfg.Hub.Call(c)
	return true
}

// keep waits for the record of a call that has ended.
func (d *Desk) keep(ctx context.Context, word *connectors.Live, c realtime.Call) {
	for _, wait := range d.cfg.Retries {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		within, cancel := context.WithTimeout(ctx, 5*time.Second)
		done := d.kept(within, word, c)
		cancel()
		if done {
			return
		}
	}
}

func (d *Desk) warn(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		d.cfg.Log.Warn(what, "error", err)
	}
}

// byTelephone are the agents whom an exchange calls so: by extension, number, mail
// address or name.
func byTelephone(agents []inbox.Agent, named, region string) []inbox.AgentID {
	if strings.TrimSpace(named) == "" {
		return nil
	}
	want, number := telephone(named), identity.Key(inbox.PhoneNumber, named, region)
	var byPhone, byName []inbox.AgentID
	for i := range agents {
		a := &agents[i]
		if !a.Active {
			continue
		}
		if a.Phone != "" && (telephone(a.Phone) == want || number != "" && identity.Key(inbox.PhoneNumber, a.Phone, region) == number) {
			byPhone = append(byPhone, a.ID)
		}
		if name := strings.TrimSpace(named); strings.EqualFold(a.Email, name) || strings.EqualFold(a.Name, name) {
			byName = append(byName, a.ID)
		}
	}
	if len(byPhone) == 0 {
		byPhone = byName
	}
	slices.Sort(byPhone)
	return byPhone
}

// telephone is how an extension is compared, in whichever of its forms an exchange
// writes it: 204, sip:204@pbx, PJSIP/204-0000a1.
func telephone(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	for _, scheme := range []string{"sip:", "sips:", "tel:", "user/"} {
		s = strings.TrimPrefix(s, scheme)
	}
	if tech, rest, ok := strings.Cut(s, "/"); ok {
		switch tech {
		case "pjsip", "sip", "iax2", "local", "sofia":
			s, _, _ = strings.Cut(rest, "-")
		}
	}
	s, _, _ = strings.Cut(s, "@")
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -().", r) {
			return -1
		}
		return r
	}, s)
}
