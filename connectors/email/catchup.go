package email

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"skein/connectors"
)

// sweepWidth is the span of UIDs that a sweep looks at first; it grows while
// the spans are empty, so that gaps of millions cost a few questions.
const sweepWidth = 50

// live brings in everything that arrived since, in order, at most batches
// batches (-1: all). left tells that there is more.
func (m *mailbox) live(ctx context.Context, folder string, p *place, batches int) (left bool, err error) {
	for !p.Rescan.done() {
		if batches == 0 {
			return true, nil
		}
		batches--
		if _, err := m.sweep(ctx, folder, p, p.Rescan, connectors.LaneLive); err != nil {
			return false, err
		}
		if err := m.todo(ctx, p); err != nil {
			return false, err
		}
	}
	p.Rescan = nil
	j := job{folder: folder, place: p, lane: connectors.LaneLive, advance: func(next imap.UID) { p.Next = max(p.Next, next) }}
	for {
		found, err := m.search(&imap.SearchCriteria{UID: []imap.UIDSet{{imap.UIDRange{Start: p.Next, Stop: 0}}}})
		if err != nil {
			return false, err
		}
		any := false
		for uids := after(found, p.Next, batchMails); len(uids) > 0; uids = after(found, p.Next, batchMails) {
			if batches == 0 {
				return true, nil
			}
			batches--
			any = true
			if _, err := m.batch(ctx, j, uids); err != nil {
				return false, err
			}
			if err := m.todo(ctx, p); err != nil {
				return false, err
			}
		}
		if !any {
			return false, nil
		}
	}
}

// after returns the first n UIDs of set from next on. "next:*" names the newest
// mail even when its UID is below next, so what is below is left out.
func after(set imap.UIDSet, next imap.UID, n int) []imap.UID {
	var uids []imap.UID
	for _, r := range set {
		start, stop := r.Start, r.Stop
		if start == 0 || stop == 0 {
			continue // "*" is no answer
		}
		if start > stop {
			start, stop = stop, start
		}
		for uid := max(start, next); uid <= stop; uid++ {
			if uids = append(uids, uid); len(uids) >= n || uid == ^imap.UID(0) {
				break
			}
		}
		if len(uids) >= n {
			break
		}
	}
	slices.Sort(uids)
	return uids
}

// sweep brings in one batch of mails that are found by date. left tells that
// there are more.
func (m *mailbox) sweep(ctx context.Context, folder string, p *place, s *sweep, lane connectors.Lane) (left bool, err error) {
	if s.done() {
		return false, nil
	}
	if m.width < sweepWidth {
		m.width = sweepWidth
	}
	to := s.Below
	if s.Below-s.Next > m.width {
		to = s.Next + m.width
	}
	found, err := m.search(&imap.SearchCriteria{
		UID: []imap.UIDSet{{imap.UIDRange{Start: s.Next, Stop: to - 1}}},
		// SINCE compares days in the server's own zone: the exact time is
		// looked at afterwards.
		Since: s.Since.AddDate(0, 0, -1),
	})
	if err != nil {
		return false, err
	}
	uids := after(found, s.Next, batchMails)
	uids = slices.DeleteFunc(uids, func(uid imap.UID) bool { return uid >= to })
	switch {
	case len(uids) == 0:
		s.Next = to
		if m.width < 1<<30 {
			m.width *= 2
		}
		return !s.done(), m.emit(ctx)
	case len(uids) >= batchMails && m.width > sweepWidth:
		m.width /= 2
	}
	j := job{folder: folder, place: p, lane: lane, since: s.Since, advance: func(next imap.UID) { s.Next = max(s.Next, next) }}
	if _, err := m.batch(ctx, j, uids); err != nil {
		return false, err
	}
	return !s.done(), nil
}

// retryHeld tries mails again that could not be read before. Each is postponed
// first, so that one that breaks the connection doesn't break the next too.
func (m *mailbox) retryHeld(ctx context.Context, folder string, p *place) error {
	now := m.c.cfg.Now()
	for _, h := range slices.Clone(p.Held) {
		if h.Retry.After(now) {
			continue
		}
		j := job{folder: folder, place: p, lane: connectors.Lane(h.Lane), advance: func(imap.UID) {}}
		if now.Sub(h.Since) > holdFor {
			item := m.placeholder(j, h)
			p.release(h.UID)
			if err := m.emit(ctx, item); err != nil {
				return err
			}
			continue
		}
		if err := p.hold(h.UID, h.Lane, h.Why, now); err != nil {
			return err
		}
		if err := m.emit(ctx); err != nil {
			return err
		}
		found, err := m.search(&imap.SearchCriteria{UID: []imap.UIDSet{imap.UIDSetNum(h.UID)}})
		if err != nil {
			return err
		}
		if !found.Contains(h.UID) {
			p.release(h.UID) // vanished
			continue
		}
		got, err := m.fetch(ctx, j, []imap.UID{h.UID})
		if err != nil {
			return err
		}
		if len(got) == 0 {
			continue
		}
		before := m.pos.String()
		if err := m.emitItems(ctx, before, got[0].item); isPoison(err) {
			continue
		} else if err != nil {
			return err
		}
		p.release(h.UID)
		m.done(j, got[0], now)
		if err := m.emit(ctx); err != nil {
			return err
		}
		if err := m.todo(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// prepareMove makes the folder that mail is moved to.
func (m *mailbox) prepareMove() error {
	name := m.set.MoveTo
	if name == "" {
		return nil
	}
	err := m.command(func() error {
		boxes, err := m.client.List("", name, nil).Collect()
		if err != nil || len(boxes) > 0 {
			return err
		}
		return m.client.Create(name, nil).Wait()
	})
	if text, ok := tagged(err); ok {
		return invalid("the folder %q of moveTo cannot be made: %s", name, text)
	}
	if err != nil {
		return fmt.Errorf("prepare folder %s: %w", name, err)
	}
	return nil
}

// todo marks and moves what was published, by choice of the settings. What was
// interrupted is in the cursor and done the next time; what the server refuses
// stays there and holds up nothing.
func (m *mailbox) todo(ctx context.Context, p *place) error {
	if p != m.pos.Folders[m.set.Folder] || len(p.Todo) == 0 {
		return nil
	}
	if !m.writes(m.set.Folder) {
		p.Todo = nil
		return nil
	}
	if m.c.cfg.Now().Before(m.todoAgain) {
		return nil
	}
	set := imap.UIDSetNum(p.Todo...)
	err := m.command(func() error {
		if m.set.MarkSeen {
			if err := m.client.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagSeen}}, nil).Close(); err != nil {
				return err
			}
		}
		if m.set.MoveTo != "" {
			return m.move(set)
		}
		return nil
	})
	if text, ok := tagged(err); ok {
		m.log.Warn("mail cannot be marked or moved", "folder", m.set.Folder, "mails", len(p.Todo), "said", text)
		m.todoAgain = m.c.cfg.Now().Add(10 * time.Minute)
		return nil
	}
	if err != nil {
		return fmt.Errorf("mark or move mail of %s: %w", strings.ToLower(m.set.Folder), err)
	}
	p.Todo = nil
	return m.emit(ctx)
}

// move moves mails. Without MOVE they are copied and expunged by UID; without
// UIDPLUS too they are only marked deleted, since a bare EXPUNGE would take
// mails that somebody else marked.
func (m *mailbox) move(set imap.UIDSet) error {
	caps := m.client.Caps()
	if caps.Has(imap.CapMove) {
		_, err := m.client.Move(set, m.set.MoveTo).Wait()
		return err
	}
	if _, err := m.client.Copy(set, m.set.MoveTo).Wait(); err != nil {
		return err
	}
	if err := m.client.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close(); err != nil {
		return err
	}
	if !caps.Has(imap.CapUIDPlus) {
		return nil
	}
	return m.client.UIDExpunge(set).Close()
}
