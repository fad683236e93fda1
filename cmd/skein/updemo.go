package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"skein/cmd/skein/demo"
	"skein/inbox"
	"skein/inbox/bus"
)

// startDemo makes the demo's accounts and logins, publishes the shop once, and
// lets the demo live.
func (s *server) startDemo(ctx context.Context, parts *stack) error {
	now := time.Now()
	d := s.base.demo
	in, err := firstInbox(ctx, s.store, "Harbour & Pine", "Harbour & Pine", "Europe/Berlin", now)
	if err != nil {
		return err
	}
	settings, err := d.AccountSettings()
	if err != nil {
		return err
	}
	if settings, err = bus.SealSettings(s.cfg.secret, settings, inbox.Email, demo.AccountID); err != nil {
		return err
	}
	chat, err := d.ChatSettings(s.cfg.public)
	if err != nil {
		return err
	}
	if chat, err = bus.SealSettings(s.cfg.secret, chat, inbox.Chat, demo.ChatID); err != nil {
		return err
	}
	phone, err := d.PhoneSettings()
	if err != nil {
		return err
	}
	if phone, err = bus.SealSettings(s.cfg.secret, phone, inbox.Phone, demo.PhoneID); err != nil {
		return err
	}
	shop, err := d.ShopSettings()
	if err != nil {
		return err
	}
	if shop, err = bus.SealSettings(s.cfg.secret, shop, inbox.Shop, demo.StoreID); err != nil {
		return err
	}
	for _, a := range []inbox.Account{
		{ID: demo.AccountID, Channel: inbox.Email, InboxID: in.ID, Name: "Harbour & Pine", Address: demo.Support,
			Own: []string{demo.Support}, MaxProof: inbox.Proven, PlusAddress: true, Settings: settings},
		{ID: demo.StoreID, Channel: inbox.Shop, InboxID: in.ID, Name: "Harbour & Pine shop", MaxProof: inbox.Signed, Settings: shop},
		{ID: demo.PhoneID, Channel: inbox.Phone, InboxID: in.ID, Name: "Harbour & Pine telephone", Address: demo.Number, Region: "DE", MaxProof: inbox.Claimed, Settings: phone},
		{ID: demo.ChatID, Channel: inbox.Chat, InboxID: in.ID, Name: "Harbour & Pine chat", MaxProof: inbox.Signed, Settings: chat},
	} {
		if _, err := s.store.SaveAccount(ctx, a, now); err != nil {
			return err
		}
	}
	if err := s.demoUsers(ctx, in.ID, now); err != nil {
		return err
	}
	d.SetURL(s.cfg.public)
	parts.run("demo", d.Run)
	parts.run("demo shop", func(ctx context.Context) error {
		if err := s.runShop(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		return nil
	})
	return nil
}

// demoUsers makes the logins that are missing, and wakes those that a start
// without --demo put to sleep. Hashing takes a moment each, so it is done only
// then.
func (s *server) demoUsers(ctx context.Context, in inbox.InboxID, now time.Time) error {
	known, err := agentsByEmail(ctx, s.store)
	if err != nil {
		return err
	}
	var g errgroup.Group
	var opener inbox.Agent // the admin, when the shop has just opened
	for _, u := range demo.Users() {
		old, has := known[u.Email]
		if has && old.Active {
			continue
		}
		g.Go(func() error {
			a := inbox.Agent{ID: inbox.NewID[inbox.AgentID](now), Email: u.Email, Name: u.Name, Role: u.Role, Active: true}
			if has {
				a.ID = old.ID
			} else if a.Role == inbox.AdminRole {
				opener = a
			}
			hash, err := s.passwords.Hash(ctx, u.Password)
			if err != nil {
				return err
			}
			return s.store.SaveAgent(ctx, a, hash, []inbox.InboxID{in}, nil, now)
		})
	}
	if err := g.Wait(); err != nil || opener.ID == "" {
		return err
	}
	by := &inbox.Caller{Rights: inbox.Rights{Agent: opener, All: true}}
	for _, r := range demo.Replies() {
		if _, err := s.store.SaveReply(ctx, by, r, now); err != nil {
			return err
		}
	}
	return nil
}

// endDemo closes what an earlier start with --demo left open: its logins, whose
// password everybody knows, its mailbox, its chat, its telephone and its shop.
func (s *server) endDemo(ctx context.Context) error {
	if _, err := os.Stat(demoDir(s.cfg.data)); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	now := time.Now()
	known, err := agentsByEmail(ctx, s.store)
	if err != nil {
		return err
	}
	for _, u := range demo.Users() {
		a, has := known[u.Email]
		if !has || !a.Active {
			continue
		}
		a.Active = false
		if err := s.store.SaveAgent(ctx, a, "", nil, nil, now); err != nil {
			return err
		}
	}
	accounts, err := s.store.Accounts(ctx)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		ours := a.Address == demo.Support || a.ID == demo.ChatID && a.Channel == inbox.Chat || a.ID == demo.PhoneID && a.Channel == inbox.Phone ||
			a.ID == demo.StoreID && a.Channel == inbox.Shop
		if !ours || a.Paused {
			continue
		}
		a.Paused = true
		if _, err := s.store.SaveAccount(ctx, a, now); err != nil {
			return err
		}
	}
	return nil
}

// runShop stands in for the shop, beside its connector and with its credential:
// it publishes the shop, and then what its customers do in it.
func (s *server) runShop(ctx context.Context) error {
	cred, err := s.base.credentialFor(s.cfg, inbox.Shop)
	if err != nil {
		return err
	}
	nc, err := bus.ConnectLink(cred.URL, cred.Creds, inbox.Shop, s.log)
	if err != nil {
		return err
	}
	defer nc.Close()
	key, err := bus.ParseChannelKey(cred.Key)
	if err != nil {
		return err
	}
	link, err := bus.NewLink(nc, bus.LinkConfig{Channel: inbox.Shop, Key: key, Log: s.log})
	if err != nil {
		return err
	}
	if err := s.publishShop(ctx, link); err != nil {
		return err
	}
	return s.base.demo.Browse(ctx, link.Publish)
}

// publishShop puts the shop on the bus, once in the life of a data folder:
// repeating it would change nothing.
func (s *server) publishShop(ctx context.Context, link *bus.Link) error {
	marker := filepath.Join(demoDir(s.cfg.data), "shop.done")
	if _, err := os.Stat(marker); err == nil {
		return nil
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(16)
	for _, item := range s.base.demo.Items() {
		g.Go(func() error {
			for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
				err := link.Publish(ctx, item)
				if inbox.CodeOf(err) != inbox.Unavailable {
					return err
				}
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(wait):
				}
			}
		})
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("publish the demo's shop: %w", err)
	}
	return writeOnce(marker, nil)
}

// welcome says where everything is and what to try.
func welcome(w io.Writer, s *settings, d *demo.Demo, setupCode string) {
	fmt.Fprintf(w, "\n  Skein is ready at %s\n", s.public)
	switch {
	case d == nil && setupCode != "":
		// The code stands behind the #, which no browser sends: no log of a server holds it.
		fmt.Fprintf(w, "\n  Nobody works here yet. Set it up at\n    %s/setup#code=%s\n  or there with the code %s, which is good until the first admin is made.\n\n",
			s.public, setupCode, setupCode)
		return
	case d == nil:
		fmt.Fprintln(w)
		return
	}
	fmt.Fprint(w, "\n  Sign in (all with the password skein-demo)\n")
	for _, u := range demo.Users() {
		fmt.Fprintf(w, "    %-22s %s\n", u.Email, u.Role)
	}
	number := d.Shop().Orders[len(d.Shop().Orders)-20].Number
	data := ""
	if s.data != ".skein" {
		data = " --data " + s.data
	}
	fmt.Fprintf(w, `
  Try
    %s%s
                           be a customer: chat with yourself
    bin/skein demo send --text "Where is my parcel?" --order %s%s
                           a customer writes: watch it come in
    bin/skein demo call%s
                           a customer calls: it pops up, and nobody answers
    answer something       the customer answers what you wrote, half a minute later

  The shop's mailbox, for any mail program (password skein-demo)
    SMTP  %s   write to %s
    IMAP  %s   as %s, or as %s: what has left for them

  Ctrl-C stops it; the data stays in %s.

`, s.public, demo.StorePath, number, data, data, d.SMTPAddr(), demo.Support, d.IMAPAddr(), demo.Support, demo.CustomersUser, s.data)
}
