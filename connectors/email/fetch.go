package email

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"skein/connectors"
)

const (
	batchMails = 50      // of one look
	batchBytes = 1 << 20 // of one publish; a larger mail goes alone
	inMemory   = 1 << 20 // a larger mail is spooled to a file
)

// A job is what a batch of mails is brought in for.
type job struct {
	folder  string
	place   *place
	lane    connectors.Lane
	since   time.Time           // mails with an older internal date are passed over
	advance func(next imap.UID) // moves what the cursor says, after the mails below next
}

// A mailInfo is what is known of a mail before its bytes are fetched.
type mailInfo struct {
	size int64
	date time.Time
}

// A fetched mail is ready to be published.
type fetched struct {
	uid  imap.UID
	date time.Time
	item connectors.Inbound
}

// batch brings in as many of uids, which rise, as fit one publish, and returns
// how many that was. What has vanished meanwhile is passed over, what can't be
// read is set aside: neither blocks what follows.
func (m *mailbox) batch(ctx context.Context, j job, uids []imap.UID) (int, error) {
	uids = uids[:min(len(uids), batchMails)]
	for i, uid := range uids { // a mail that broke the connection goes alone
		if m.c.suspected(m.account.ID, j.folder, uid) > 0 {
			uids = uids[:max(i, 1)]
			break
		}
	}
	infos, err := m.infos(uids)
	if err != nil {
		return 0, m.broke(ctx, j, uids[0], err)
	}
	var want []imap.UID
	var total int64
	n := 0
	for _, uid := range uids {
		info, known := infos[uid]
		if known && info.date.Before(j.since) {
			n++
			continue
		}
		if len(want) > 0 && total+info.size > batchBytes {
			break
		}
		total += info.size
		want = append(want, uid)
		n++
	}
	got, err := m.fetch(ctx, j, want)
	if err != nil {
		return 0, err
	}
	if err := m.missing(j, want, got); err != nil {
		return 0, err
	}
	return n, m.deliver(ctx, j, uids[n-1]+1, got)
}

// infos asks for sizes and internal dates.
func (m *mailbox) infos(uids []imap.UID) (map[imap.UID]mailInfo, error) {
	infos := make(map[imap.UID]mailInfo, len(uids))
	err := m.command(func() error {
		cmd := m.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true})
		defer cmd.Close()
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			buf, err := msg.Collect()
			if err != nil {
				return err
			}
			if buf.UID != 0 {
				infos[buf.UID] = mailInfo{buf.RFC822Size, buf.InternalDate}
			}
		}
		return cmd.Close()
	})
	if text, ok := tagged(err); ok {
		m.log.Warn("the server does not tell sizes", "said", text)
		return infos, nil
	}
	return infos, err
}

// fetch brings the mails of uids, which the server may leave out, and makes
// items of them. Flags stay as they are: every body is asked for by PEEK.
func (m *mailbox) fetch(ctx context.Context, j job, uids []imap.UID) ([]fetched, error) {
	if len(uids) == 0 {
		return nil, nil
	}
	m.conn.expect(literalTimeout)
	defer m.conn.expect(m.set.recheck + idleSlack)
	cmd := m.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{
		UID: true, InternalDate: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}},
	})
	got := make([]fetched, 0, len(uids))
	culprit := func() imap.UID { return uids[min(len(got), len(uids)-1)] }
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		var f fetched
		var bad error // of this mail alone
		for data := msg.Next(); data != nil; data = msg.Next() {
			switch data := data.(type) {
			case imapUID:
				f.uid = data.UID
			case imapDate:
				f.date = data.Time
			case imapBody:
				if data.Literal == nil {
					continue
				}
				wire := &wireReader{r: data.Literal}
				sp, err := m.c.spool(wire, data.Literal.Size())
				if err == nil {
					f.item, err = m.normalise(ctx, j, f, sp)
					sp.close()
					if isPoison(err) {
						bad, err = err, nil
					}
				} else if wire.broken || errors.Is(err, io.ErrUnexpectedEOF) {
					// The command is left as it is: closing it would read on,
					// and the library's own reader does that already.
					uid := f.uid
					if uid == 0 { // the server tells it after the body
						uid = culprit()
					}
					return nil, m.broke(ctx, j, uid, err)
				}
				if err != nil {
					m.release() // what is still on its way is not waited for
					_ = cmd.Close()
					return nil, fmt.Errorf("read mail %d of %s: %w", f.uid, j.folder, err)
				}
			}
		}
		if bad != nil {
			if err := j.place.hold(f.uid, string(j.lane), words(bad.Error()), m.c.cfg.Now()); err != nil {
				return nil, err
			}
			m.log.Warn("a mail is set aside", "folder", j.folder, "uid", f.uid, "error", bad)
			continue
		}
		if f.uid != 0 && f.item.EventID != "" {
			got = append(got, f)
		}
	}
	err := cmd.Close()
	if _, ok := tagged(err); ok {
		return got, nil // what is missing is looked into one by one
	}
	if err != nil {
		return nil, m.broke(ctx, j, culprit(), err)
	}
	return got, nil
}

// missing finds out why mails that were asked for did not come: they have
// vanished, or the server can't read them now.
func (m *mailbox) missing(j job, want []imap.UID, got []fetched) error {
	here := map[imap.UID]bool{}
	for _, f := range got {
		here[f.uid] = true
	}
	for _, h := range j.place.Held {
		here[h.UID] = true
	}
	var absent imap.UIDSet
	for _, uid := range want {
		if !here[uid] {
			absent.AddNum(uid)
		}
	}
	if len(absent) == 0 {
		return nil
	}
	found, err := m.search(&imap.SearchCriteria{UID: []imap.UIDSet{absent}})
	if err != nil {
		return err
	}
	for _, uid := range want {
		if absent.Contains(uid) && found.Contains(uid) {
			now := m.c.cfg.Now()
			if err := j.place.hold(uid, string(j.lane), "the server did not hand it over", now); err != nil {
				return err
			}
			j.place.Held[len(j.place.Held)-1].Retry = now // mostly a change of flags that came between
		}
	}
	return nil
}

// deliver publishes what was fetched and stores that everything below next is
// behind. An item that the bus refuses for its own content is set aside.
func (m *mailbox) deliver(ctx context.Context, j job, next imap.UID, got []fetched) error {
	before := m.pos.String()
	now := m.c.cfg.Now()
	items := make([]connectors.Inbound, len(got))
	for i, f := range got {
		items[i] = f.item
		m.done(j, f, now)
	}
	j.advance(next)
	err := m.emit(ctx, items...)
	if err == nil || !isPoison(err) {
		if err == nil {
			m.c.absolve(m.account.ID)
		}
		return err
	}
	for _, f := range got {
		err := m.emitItems(ctx, before, f.item)
		if isPoison(err) {
			m.log.Warn("a mail is set aside", "folder", j.folder, "uid", f.uid, "error", err)
			// Moved away it would seem to have vanished, and never come in.
			j.place.Todo = slices.DeleteFunc(j.place.Todo, func(uid imap.UID) bool { return uid == f.uid })
			err = j.place.hold(f.uid, string(j.lane), words(err.Error()), now)
		}
		if err != nil {
			return err
		}
	}
	return m.emit(ctx)
}

// done notes that f is about to be published.
func (m *mailbox) done(j job, f fetched, now time.Time) {
	j.place.saw(f.date, now)
	if j.lane == connectors.LaneLive && m.writes(j.folder) && len(j.place.Todo) < maxTodos {
		j.place.Todo = append(j.place.Todo, f.uid)
	}
}

// broke handles a connection that ended at uid. After a few times that mail is
// set aside, so that what breaks the server doesn't block the mailbox.
func (m *mailbox) broke(ctx context.Context, j job, uid imap.UID, cause error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err := fmt.Errorf("the connection to %s broke at mail %d of %s: %w", m.set.IMAP.addr(), uid, j.folder, cause)
	if !m.c.blame(m.account.ID, j.folder, uid) {
		return err
	}
	m.c.absolve(m.account.ID)
	if herr := j.place.hold(uid, string(j.lane), words(cause.Error()), m.c.cfg.Now()); herr != nil {
		return errors.Join(err, herr)
	}
	j.advance(uid + 1)
	return errors.Join(err, m.emit(ctx))
}

// search returns the UIDs that match.
func (m *mailbox) search(criteria *imap.SearchCriteria) (imap.UIDSet, error) {
	var set imap.UIDSet
	err := m.command(func() error {
		data, err := m.client.UIDSearch(criteria, nil).Wait()
		if err != nil {
			return err
		}
		set, _ = data.All.(imap.UIDSet)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("search %s: %w", m.selected, err)
	}
	return set, nil
}

// A wireReader remembers that reading failed, as against storing what was read.
type wireReader struct {
	r      io.Reader
	broken bool
}

func (w *wireReader) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	w.broken = w.broken || err != nil && err != io.EOF
	return n, err
}

// A spooled mail is its bytes, in memory or in a file that is already removed
// from its folder.
type spooled struct {
	io.ReaderAt
	size int64
	file *os.File
}

func (c *Connector) spool(r io.Reader, size int64) (*spooled, error) {
	if size <= inMemory {
		b, err := io.ReadAll(r)
		if err == nil && int64(len(b)) != size {
			err = io.ErrUnexpectedEOF
		}
		return &spooled{ReaderAt: bytes.NewReader(b), size: size}, err
	}
	file, err := os.CreateTemp(c.cfg.TempDir, "skein-mail-*")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(file.Name()) // a crash leaves nothing behind; where that can't be, close removes it
	sp := &spooled{ReaderAt: file, size: size, file: file}
	n, err := io.Copy(file, r)
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		sp.close()
		return nil, err
	}
	return sp, nil
}

func (s *spooled) close() {
	if s.file != nil {
		_ = s.file.Close()
		_ = os.Remove(s.file.Name())
	}
}
