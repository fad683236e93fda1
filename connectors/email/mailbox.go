package email

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"

	"skein/connectors"
	"skein/inbox"
)

const (
	commandTimeout = time.Minute     // of silence while a command is answered
	literalTimeout = 2 * time.Minute // of silence while a mail's bytes come
	idleSlack      = time.Minute     // on top of recheck, while nothing is asked
)

// A mailbox is one connection to one account. All of it belongs to the
// goroutine that called Receive.
type mailbox struct {
	c       *Connector
	account connectors.Account
	set     *Settings
	pos     *position
	log     *slog.Logger

	emitItems connectors.EmitFunc
	arrived   chan struct{} // cap 1: the server told of a change

	conn      *timedConn
	client    *imapclient.Client
	release   func()
	selected  string
	lookedAt  time.Time // when the junk folder was read last
	todoAgain time.Time // not before: the server refused to mark or move
	width     imap.UID  // of the next span that a sweep looks at
}

// open connects and logs in.
func (m *mailbox) open(ctx context.Context) error {
	srv := &m.set.IMAP
	raw, conn, release, err := m.set.dial(ctx, srv, "imap")
	if err != nil {
		return err
	}
	m.conn, m.release = raw, release
	opts := &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages != nil {
				m.poke()
			}
		},
	}}
	raw.expect(dialTimeout)
	if srv.Security == securityStartTLS {
		opts.TLSConfig = m.set.tlsConfig(srv)
		m.client, err = imapclient.NewStartTLS(conn, opts)
		if err != nil {
			release()
			if e, ok := errors.AsType[*imap.Error](err); ok {
				return fmt.Errorf("the IMAP server %s refuses STARTTLS: %s", srv.addr(), words(e.Text))
			}
			return tlsError("IMAP", srv, err)
		}
	} else {
		m.client = imapclient.New(conn, opts)
	}
	if err := m.client.WaitGreeting(); err != nil {
		m.close()
		if e, ok := errors.AsType[*imap.Error](err); ok {
			return fmt.Errorf("the IMAP server %s turned us away: %s", srv.addr(), words(e.Text))
		}
		return fmt.Errorf("the IMAP server %s sent no greeting within %s (check port and security): %w", srv.addr(), dialTimeout, err)
	}
	if err := m.login(); err != nil {
		m.close()
		return err
	}
	return nil
}

func (m *mailbox) close() {
	m.release()
	_ = m.client.Close()
}

// login authenticates. What the server says about wrong credentials is an
// [inbox.Unauthorized] with its own words.
func (m *mailbox) login() error {
	srv := &m.set.IMAP
	if m.client.State() == imap.ConnStateAuthenticated {
		return nil // PREAUTH
	}
	if err := m.set.unsigned(srv); err != nil {
		return err
	}
	err := m.command(func() error {
		caps := m.client.Caps()
		if client := srv.saslClient(); client != nil {
			mech, _, _ := client.Start()
			if !caps.Has(imap.AuthCap(mech)) {
				return &refusedError{fmt.Sprintf("the server does not offer %s", mech)}
			}
			return m.client.Authenticate(client)
		}
		if caps.Has(imap.AuthCap(sasl.Plain)) {
			return m.client.Authenticate(sasl.NewPlainClient("", srv.Username, srv.Password))
		}
		if caps.Has(imap.CapLoginDisabled) {
			return &refusedError{"the server allows no password on this connection: set security to tls or starttls"}
		}
		return m.client.Login(srv.Username, srv.Password).Wait()
	})
	if err == nil {
		return nil
	}
	said := ""
	if e, ok := errors.AsType[*imap.Error](err); ok {
		if passing(err) {
			return fmt.Errorf("the IMAP server %s cannot log us in at present: %s", srv.addr(), words(e.Text))
		}
		said = words(e.Text)
	} else if e, ok := errors.AsType[*refusedError](err); ok {
		said = e.text
	} else {
		return fmt.Errorf("log in at the IMAP server %s: %w", srv.addr(), err)
	}
	return &inbox.Error{Code: inbox.Unauthorized, Message: fmt.Sprintf("the IMAP server %s refused the login of %s: %s", srv.addr(), srv.Username, said)}
}

// command runs f under the deadline of a command, and gives the connection the
// patience of a quiet one afterwards.
func (m *mailbox) command(f func() error) error {
	m.conn.expect(commandTimeout)
	err := f()
	m.conn.expect(m.set.recheck + idleSlack)
	return err
}

// passing reports a refusal that says of itself that it may pass (RFC 5530).
func passing(err error) bool {
	e, ok := errors.AsType[*imap.Error](err)
	if !ok {
		return false
	}
	switch e.Code {
	case imap.ResponseCodeUnavailable, imap.ResponseCodeServerBug, imap.ResponseCodeInUse, imap.ResponseCodeLimit:
		return true
	}
	return false
}

// tagged reports whether err is the server's NO or BAD: the connection is as
// good as before.
func tagged(err error) (string, bool) {
	if e, ok := errors.AsType[*imap.Error](err); ok {
		return words(e.Text), true
	}
	return "", false
}

func (m *mailbox) poke() {
	select {
	case m.arrived <- struct{}{}:
	default:
	}
}

// emit publishes items and stores where the account stands.
func (m *mailbox) emit(ctx context.Context, items ...connectors.Inbound) error {
	return m.emitItems(ctx, m.pos.String(), items...)
}

// run reads what there is, then waits for more, until the connection ends.
func (m *mailbox) run(ctx context.Context) error {
	if err := m.prepareMove(); err != nil {
		return err
	}
	for first := true; ; first = false {
		select {
		case <-m.arrived: // before the mailbox is asked: a later hint must stay
		default:
		}
		more, err := m.round(ctx)
		if err != nil {
			return err
		}
		if first { // even when there was nothing: it says that the account works
			if err := m.emit(ctx); err != nil {
				return err
			}
		}
		if more {
			continue
		}
		if err := m.wait(ctx); err != nil {
			return err
		}
	}
}

// round brings in all live mail and one batch of everything that isn't urgent.
// more tells that such work is left.
func (m *mailbox) round(ctx context.Context) (more bool, err error) {
	if m.set.Junk != "" && m.c.cfg.Now().Sub(m.lookedAt) >= m.set.recheck {
		place, err := m.look(ctx, m.set.Junk)
		if err != nil {
			return false, err
		}
		left, err := m.live(ctx, m.set.Junk, place, 1)
		if err != nil {
			return false, err
		}
		if err := m.retryHeld(ctx, m.set.Junk, place); err != nil {
			return false, err
		}
		if more = left; !left {
			m.lookedAt = m.c.cfg.Now()
		}
	}
	name := m.set.Folder
	place, err := m.look(ctx, name)
	if err != nil {
		return false, err
	}
	if err := m.todo(ctx, place); err != nil {
		return false, err
	}
	if _, err := m.live(ctx, name, place, -1); err != nil {
		return false, err
	}
	if err := m.retryHeld(ctx, name, place); err != nil {
		return false, err
	}
	if left, err := m.sweep(ctx, name, place, place.Import, connectors.LaneBulk); err != nil || left {
		return left, err
	}
	return more, nil
}

// look selects folder, or asks after news where it is selected already, and
// returns its place.
func (m *mailbox) look(ctx context.Context, folder string) (*place, error) {
	place := m.pos.Folders[folder]
	if m.selected == folder && place != nil {
		if err := m.command(func() error { return m.client.Noop().Wait() }); err != nil {
			return nil, fmt.Errorf("look at %s: %w", folder, err)
		}
		m.plan(place)
		return place, nil
	}
	var data *imap.SelectData
	err := m.command(func() (err error) {
		m.selected = ""
		data, err = m.client.Select(folder, &imap.SelectOptions{ReadOnly: !m.writes(folder)}).Wait()
		return err
	})
	if text, ok := tagged(err); ok {
		if passing(err) {
			return nil, fmt.Errorf("open folder %s: the server cannot at present: %s", folder, text)
		}
		return nil, invalid("the folder %q cannot be opened on %s: %s", folder, m.set.IMAP.addr(), text)
	}
	if err != nil {
		return nil, fmt.Errorf("open folder %s: %w", folder, err)
	}
	m.selected = folder
	next := data.UIDNext
	if next == 0 {
		if next, err = m.uidNext(); err != nil {
			return nil, fmt.Errorf("find the end of %s: %w", folder, err)
		}
	}
	now := m.c.cfg.Now()
	switch {
	case place == nil:
		place = newPlace(data.UIDValidity, next, now)
		m.pos.Folders[folder] = place
		m.plan(place)
		return place, m.emit(ctx)
	case place.Validity != data.UIDValidity || next < place.Next:
		// UIDNEXT may only rise (RFC 9051 section 2.3.1.1): a mailbox that was
		// restored from a backup lost its numbers without saying so.
		m.log.Warn("the mailbox was renumbered, reading it again by date", "folder", folder, "validity", data.UIDValidity, "before", place.Validity)
		place.renumbered(data.UIDValidity, next)
		m.c.absolve(m.account.ID)
		m.plan(place)
		return place, m.emit(ctx)
	}
	m.plan(place)
	return place, nil
}

// writes reports whether the settings ask for changes in folder.
func (m *mailbox) writes(folder string) bool {
	return folder == m.set.Folder && (m.set.MarkSeen || m.set.MoveTo != "")
}

// uidNext finds the end of a mailbox whose server doesn't tell it.
func (m *mailbox) uidNext() (imap.UID, error) {
	next := imap.UID(1)
	err := m.command(func() error {
		cmd := m.client.Fetch(imap.SeqSet{imap.SeqRange{Start: 0, Stop: 0}}, &imap.FetchOptions{UID: true})
		defer cmd.Close()
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			buf, err := msg.Collect()
			if err != nil {
				return err
			}
			next = max(next, buf.UID+1)
		}
		return cmd.Close()
	})
	if _, ok := tagged(err); ok {
		err = nil // an empty mailbox has no "*"
	}
	return next, err
}

// plan begins an import that the settings ask for and that wasn't made yet.
func (m *mailbox) plan(p *place) {
	if m.set.since.IsZero() || p != m.pos.Folders[m.set.Folder] {
		return
	}
	if p.Import == nil || m.set.since.Before(p.Import.Since) {
		p.Import = &sweep{Since: m.set.since, Next: 1, Below: p.Start}
	}
}

// wait returns when the server tells of a change, or after the recheck time.
// IDLE is only a hint: the timer is the guarantee.
func (m *mailbox) wait(ctx context.Context) error {
	timer := time.NewTimer(m.set.recheck)
	defer timer.Stop()
	quiet := func() error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-m.client.Closed():
			return fmt.Errorf("the IMAP server %s closed the connection: %w", m.set.IMAP.addr(), io.ErrUnexpectedEOF)
		case <-m.arrived:
		case <-timer.C:
		}
		return nil
	}
	caps := m.client.Caps()
	if !caps.Has(imap.CapIdle) {
		return quiet()
	}
	var idle *imapclient.IdleCommand
	err := m.command(func() (err error) {
		idle, err = m.client.Idle()
		return err
	})
	if err != nil {
		return fmt.Errorf("idle: %w", err)
	}
	err = quiet()
	closed := m.command(func() error {
		if err := idle.Close(); err != nil {
			return err
		}
		return idle.Wait()
	})
	if err == nil && closed != nil {
		err = fmt.Errorf("end idle: %w", closed)
	}
	return err
}
