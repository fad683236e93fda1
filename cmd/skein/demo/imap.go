package demo

import (
	"bytes"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-message/textproto"
)

// imapServer serves the mailboxes. The library's memory backend isn't used: it
// forgets at exit, makes headers anew, and loses what arrives between a poll
// and IDLE.
func (d *Demo) imapServer() *imapserver.Server {
	return imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &imapSession{demo: d}, nil, nil
		},
		Caps: imap.CapSet{
			imap.CapIMAP4rev1: {}, imap.CapIdle: {}, imap.CapUIDPlus: {}, imap.CapMove: {},
			imap.CapNamespace: {}, imap.CapSpecialUse: {}, imap.CapUnselect: {},
		},
		Logger:       quiet{d.cfg.Log},
		InsecureAuth: true, // loopback only
	})
}

// quiet passes the libraries' complaints on: a client that hangs up is normal.
type quiet struct{ log *slog.Logger }

func (q quiet) Printf(format string, v ...any) {
	q.log.Debug("demo mail server", "said", fmt.Sprintf(format, v...))
}
func (q quiet) Println(v ...any) { q.log.Debug("demo mail server", "said", fmt.Sprint(v...)) }

// An imapSession is one client. The library calls it from one goroutine at a
// time.
type imapSession struct {
	demo *Demo
	user string
	box  *folder
	view []seen // what the client believes, in the order of its sequence numbers
}

// A seen is a mail as the client knows it.
type seen struct {
	mail *mailFile
	rev  int
}

func (s *imapSession) Close() error { return nil }

// Login implements imapserver.Session.
func (s *imapSession) Login(user, password string) error {
	known := strings.EqualFold(user, Support) || strings.EqualFold(user, CustomersUser)
	if !known || subtle.ConstantTimeCompare([]byte(password), []byte(Password)) != 1 {
		return imapserver.ErrAuthFailed
	}
	s.user = strings.ToLower(user)
	return nil
}

func no(code imap.ResponseCode, text string) error {
	return &imap.Error{Type: imap.StatusResponseTypeNo, Code: code, Text: text}
}

func (s *imapSession) find(name string, code imap.ResponseCode) (*folder, error) {
	if f := s.demo.mail.existing(s.user, name); f != nil {
		return f, nil
	}
	return nil, no(code, "No such mailbox")
}

// Select implements imapserver.Session.
func (s *imapSession) Select(name string, _ *imap.SelectOptions) (*imap.SelectData, error) {
	f, err := s.find(name, imap.ResponseCodeNonExistent)
	if err != nil {
		return nil, err
	}
	if s.user == Support && f.name == "INBOX" {
		s.demo.selectOne.Do(func() { close(s.demo.selected) })
	}
	s.demo.mail.mu.Lock()
	defer s.demo.mail.mu.Unlock()
	s.box, s.view = f, nil
	data := &imap.SelectData{
		Flags:       []imap.Flag{imap.FlagAnswered, imap.FlagDeleted, imap.FlagDraft, imap.FlagFlagged, imap.FlagSeen},
		NumMessages: uint32(len(f.mails)),
		UIDNext:     f.next,
		UIDValidity: s.demo.mail.validity,
		NumRecent:   0,
	}
	data.PermanentFlags = append(slices.Clone(data.Flags), imap.FlagWildcard)
	for i, m := range f.mails {
		s.view = append(s.view, seen{m, m.rev})
		if data.FirstUnseenSeqNum == 0 && !m.flags[imap.FlagSeen] {
			data.FirstUnseenSeqNum = uint32(i + 1)
		}
	}
	return data, nil
}

// Unselect implements imapserver.Session.
func (s *imapSession) Unselect() error {
	s.box, s.view = nil, nil
	return nil
}

// Create implements imapserver.Session.
func (s *imapSession) Create(name string, _ *imap.CreateOptions) error {
	if s.demo.mail.existing(s.user, name) != nil {
		return no(imap.ResponseCodeAlreadyExists, "Mailbox exists")
	}
	_, err := s.demo.mail.folder(s.user, name)
	return err
}

func (s *imapSession) Delete(string) error {
	return no(imap.ResponseCodeNoPerm, "The demo keeps its mailboxes")
}

func (s *imapSession) Rename(string, string, *imap.RenameOptions) error {
	return no(imap.ResponseCodeNoPerm, "The demo keeps its mailboxes")
}
func (s *imapSession) Subscribe(string) error   { return nil }
func (s *imapSession) Unsubscribe(string) error { return nil }

// Namespace implements imapserver.SessionNamespace.
func (s *imapSession) Namespace() (*imap.NamespaceData, error) {
	return &imap.NamespaceData{Personal: []imap.NamespaceDescriptor{{Delim: '/'}}}, nil
}

// List implements imapserver.Session.
func (s *imapSession) List(w *imapserver.ListWriter, ref string, patterns []string, options *imap.ListOptions) error {
	if len(patterns) == 0 {
		return w.WriteList(&imap.ListData{Attrs: []imap.MailboxAttr{imap.MailboxAttrNoSelect}, Delim: '/'})
	}
	special := map[string]imap.MailboxAttr{"Archive": imap.MailboxAttrArchive, "Junk": imap.MailboxAttrJunk}
	for _, name := range s.demo.mail.names(s.user) {
		if !slices.ContainsFunc(patterns, func(p string) bool { return imapserver.MatchList(name, '/', ref, p) }) {
			continue
		}
		data := &imap.ListData{Mailbox: name, Delim: '/'}
		if attr, ok := special[name]; ok {
			data.Attrs = append(data.Attrs, attr)
		}
		if options.ReturnStatus != nil {
			var err error
			if data.Status, err = s.Status(name, options.ReturnStatus); err != nil {
				return err
			}
		}
		if err := w.WriteList(data); err != nil {
			return err
		}
	}
	return nil
}

// Status implements imapserver.Session.
func (s *imapSession) Status(name string, options *imap.StatusOptions) (*imap.StatusData, error) {
	f, err := s.find(name, imap.ResponseCodeNonExistent)
	if err != nil {
		return nil, err
	}
	s.demo.mail.mu.Lock()
	defer s.demo.mail.mu.Unlock()
	var unseen, deleted, recent uint32
	var size int64
	for _, m := range f.mails {
		size += m.size
		if !m.flags[imap.FlagSeen] {
			unseen++
		}
		if m.flags[imap.FlagDeleted] {
			deleted++
		}
	}
	total := uint32(len(f.mails))
	data := &imap.StatusData{Mailbox: f.name}
	if options.NumMessages {
		data.NumMessages = &total
	}
	if options.UIDNext {
		data.UIDNext = f.next
	}
	if options.UIDValidity {
		data.UIDValidity = s.demo.mail.validity
	}
	if options.NumUnseen {
		data.NumUnseen = &unseen
	}
	if options.NumDeleted {
		data.NumDeleted = &deleted
	}
	if options.NumRecent {
		data.NumRecent = &recent
	}
	if options.Size {
		data.Size = &size
	}
	return data, nil
}

const maxMail = 64 << 20

// Append implements imapserver.Session: it is how a script puts mail into the
// demo without SMTP. Such mail has not passed our receiving server.
func (s *imapSession) Append(name string, r imap.LiteralReader, options *imap.AppendOptions) (*imap.AppendData, error) {
	f, err := s.find(name, imap.ResponseCodeTryCreate)
	if err != nil {
		return nil, err
	}
	if r.Size() > maxMail {
		return nil, no(imap.ResponseCodeTooBig, "Too large")
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	at := options.Time
	if at.IsZero() {
		at = time.Now()
	}
	uid, err := f.add(raw, at, options.Flags)
	if err != nil {
		return nil, err
	}
	return &imap.AppendData{UIDValidity: s.demo.mail.validity, UID: uid}, nil
}

// Poll implements imapserver.Session.
func (s *imapSession) Poll(w *imapserver.UpdateWriter, allowExpunge bool) error {
	_, err := s.catchUp(w, allowExpunge)
	return err
}

// Idle implements imapserver.Session. It takes the signal before it looks, so
// that nothing which arrives in between is missed.
func (s *imapSession) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	for {
		changed, err := s.catchUp(w, true)
		if err != nil {
			return err
		}
		select {
		case <-stop:
			return nil
		case <-changed:
		}
	}
}

// catchUp tells the client what is new, and returns the signal of the next
// change.
func (s *imapSession) catchUp(w *imapserver.UpdateWriter, allowExpunge bool) (<-chan struct{}, error) {
	if s.box == nil {
		return nil, nil
	}
	s.demo.mail.mu.Lock()
	changed := s.box.changed
	have := make(map[*mailFile]bool, len(s.box.mails))
	for _, m := range s.box.mails {
		have[m] = true
	}
	var expunged []uint32
	if allowExpunge {
		for i := len(s.view) - 1; i >= 0; i-- {
			if !have[s.view[i].mail] {
				expunged = append(expunged, uint32(i+1))
				s.view = slices.Delete(s.view, i, i+1)
			}
		}
	}
	type flagged struct {
		seq   uint32
		uid   imap.UID
		flags []imap.Flag
	}
	var reflagged []flagged
	last := imap.UID(0)
	for i := range s.view {
		v := &s.view[i]
		last = v.mail.uid
		if v.rev != v.mail.rev {
			v.rev = v.mail.rev
			reflagged = append(reflagged, flagged{uint32(i + 1), v.mail.uid, v.mail.flagList()})
		}
	}
	grown := false
	for _, m := range s.box.mails {
		if m.uid > last {
			s.view = append(s.view, seen{m, m.rev})
			grown = true
		}
	}
	total := uint32(len(s.view))
	s.demo.mail.mu.Unlock()

	for _, seq := range expunged {
		if err := w.WriteExpunge(seq); err != nil {
			return nil, err
		}
	}
	for _, f := range reflagged {
		if err := w.WriteMessageFlags(f.seq, f.uid, f.flags); err != nil {
			return nil, err
		}
	}
	if grown {
		return changed, w.WriteNumMessages(total)
	}
	return changed, nil
}

// A hit is a mail that a command names, with its sequence number.
type hit struct {
	seq uint32
	uid imap.UID
	*mailFile
	flags []imap.Flag // as they were when the command came
	path  string
}

// pick resolves set against the client's view. "*" is the newest mail there
// is, also when the range starts above it (RFC 3501 section 6.4.8).
func (s *imapSession) pick(set imap.NumSet) []hit {
	s.demo.mail.mu.Lock()
	defer s.demo.mail.mu.Unlock()
	return s.pickLocked(set)
}

func (s *imapSession) pickLocked(set imap.NumSet) []hit {
	if len(s.view) == 0 {
		return nil
	}
	star := s.view[len(s.view)-1].mail.uid
	var out []hit
	for i, v := range s.view {
		var in bool
		switch set := set.(type) {
		case imap.SeqSet:
			for _, r := range set {
				in = in || within(uint32(i+1), r.Start, r.Stop, uint32(len(s.view)))
			}
		case imap.UIDSet:
			for _, r := range set {
				in = in || within(uint32(v.mail.uid), uint32(r.Start), uint32(r.Stop), uint32(star))
			}
		}
		if in {
			out = append(out, hit{seq: uint32(i + 1), uid: v.mail.uid, mailFile: v.mail, flags: v.mail.flagList(), path: v.mail.path})
		}
	}
	return out
}

func within(n, start, stop, star uint32) bool {
	if start == 0 {
		start = star
	}
	if stop == 0 {
		stop = star
	}
	return n >= min(start, stop) && n <= max(start, stop)
}

// Fetch implements imapserver.Session.
func (s *imapSession) Fetch(w *imapserver.FetchWriter, set imap.NumSet, options *imap.FetchOptions) error {
	hits := s.pick(set)
	needsBody := options.Envelope || options.BodyStructure != nil || len(options.BodySection)+len(options.BinarySection)+len(options.BinarySectionSize) > 0
	for _, h := range hits {
		var raw []byte
		if needsBody {
			var err error
			if raw, err = os.ReadFile(h.path); os.IsNotExist(err) {
				continue // expunged or renamed meanwhile: the next poll tells
			} else if err != nil {
				return fmt.Errorf("fetch %d: %w", h.uid, err)
			}
		}
		if slices.ContainsFunc(options.BodySection, func(b *imap.FetchItemBodySection) bool { return !b.Peek }) {
			s.demo.mail.mu.Lock()
			err := s.box.flagLocked(h.mailFile, func(f map[imap.Flag]bool) { f[imap.FlagSeen] = true })
			h.flags = h.mailFile.flagList()
			s.demo.mail.mu.Unlock()
			if err != nil {
				return err
			}
		}
		if err := writeFetch(w.CreateMessage(h.seq), &h, raw, options); err != nil {
			return err
		}
	}
	return nil
}

func writeFetch(w *imapserver.FetchResponseWriter, h *hit, raw []byte, options *imap.FetchOptions) error {
	w.WriteUID(h.uid)
	if options.Flags {
		w.WriteFlags(h.flags)
	}
	if options.InternalDate {
		w.WriteInternalDate(h.at)
	}
	if options.RFC822Size {
		w.WriteRFC822Size(h.size)
	}
	if options.Envelope {
		header, _ := textproto.ReadHeader(newReader(raw))
		w.WriteEnvelope(imapserver.ExtractEnvelope(header))
	}
	if options.BodyStructure != nil {
		w.WriteBodyStructure(imapserver.ExtractBodyStructure(bytes.NewReader(raw)))
	}
	for _, item := range options.BodySection {
		if err := writeAll(w.WriteBodySection(item, int64(len(section(raw, item)))), section(raw, item)); err != nil {
			return err
		}
	}
	for _, item := range options.BinarySection {
		b := imapserver.ExtractBinarySection(bytes.NewReader(raw), item)
		if err := writeAll(w.WriteBinarySection(item, int64(len(b))), b); err != nil {
			return err
		}
	}
	for _, item := range options.BinarySectionSize {
		w.WriteBinarySectionSize(item, imapserver.ExtractBinarySectionSize(bytes.NewReader(raw), item))
	}
	return w.Close()
}

// section is the bytes of one item. The whole mail is given as it is on disk,
// however broken its header.
func section(raw []byte, item *imap.FetchItemBodySection) []byte {
	if item.Specifier != imap.PartSpecifierNone || len(item.Part) > 0 {
		return imapserver.ExtractBodySection(bytes.NewReader(raw), item)
	}
	if p := item.Partial; p != nil {
		from := min(p.Offset, int64(len(raw)))
		return raw[from:min(from+p.Size, int64(len(raw)))]
	}
	return raw
}

func writeAll(w io.WriteCloser, b []byte) error {
	if _, err := w.Write(b); err != nil {
		return err
	}
	return w.Close()
}
