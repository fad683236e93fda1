package demo

import (
	"bufio"
	"bytes"
	"os"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-message/mail"
)

func newReader(raw []byte) *bufio.Reader { return bufio.NewReader(bytes.NewReader(raw)) }

// Store implements imapserver.Session.
func (s *imapSession) Store(w *imapserver.FetchWriter, set imap.NumSet, store *imap.StoreFlags, _ *imap.StoreOptions) error {
	s.demo.mail.mu.Lock()
	for _, h := range s.pickLocked(set) {
		err := s.box.flagLocked(h.mailFile, func(flags map[imap.Flag]bool) {
			if store.Op == imap.StoreFlagsSet {
				clear(flags)
			}
			for _, f := range store.Flags {
				if store.Op == imap.StoreFlagsDel {
					delete(flags, f)
				} else {
					flags[f] = true
				}
			}
		})
		if err != nil {
			s.demo.mail.mu.Unlock()
			return err
		}
		s.view[h.seq-1].rev = h.rev
	}
	s.demo.mail.mu.Unlock()
	if store.Silent {
		return nil
	}
	return s.Fetch(w, set, &imap.FetchOptions{Flags: true, UID: true})
}

// Expunge implements imapserver.Session; the poll after it tells the client.
func (s *imapSession) Expunge(_ *imapserver.ExpungeWriter, uids *imap.UIDSet) error {
	s.demo.mail.mu.Lock()
	defer s.demo.mail.mu.Unlock()
	gone := map[imap.UID]bool{}
	for _, v := range s.view {
		if v.mail.flags[imap.FlagDeleted] && (uids == nil || uids.Contains(v.mail.uid)) {
			gone[v.mail.uid] = true
		}
	}
	return s.box.removeLocked(gone)
}

// Copy implements imapserver.Session.
func (s *imapSession) Copy(set imap.NumSet, name string) (*imap.CopyData, error) {
	data, _, err := s.copy(set, name)
	return data, err
}

// Move implements imapserver.SessionMove (RFC 6851).
func (s *imapSession) Move(w *imapserver.MoveWriter, set imap.NumSet, name string) error {
	data, moved, err := s.copy(set, name)
	if err != nil {
		return err
	}
	if err := w.WriteCopyData(data); err != nil {
		return err
	}
	s.demo.mail.mu.Lock()
	defer s.demo.mail.mu.Unlock()
	return s.box.removeLocked(moved)
}

func (s *imapSession) copy(set imap.NumSet, name string) (*imap.CopyData, map[imap.UID]bool, error) {
	dest, err := s.find(name, imap.ResponseCodeTryCreate)
	if err != nil {
		return nil, nil, err
	}
	if dest == s.box {
		return nil, nil, no("", "Source and destination are the same")
	}
	s.demo.mail.mu.Lock()
	defer s.demo.mail.mu.Unlock()
	data := &imap.CopyData{UIDValidity: s.demo.mail.validity}
	moved := map[imap.UID]bool{}
	for _, h := range s.pickLocked(set) {
		raw, err := os.ReadFile(h.path)
		if os.IsNotExist(err) {
			continue
		} else if err != nil {
			return nil, nil, err
		}
		uid, err := dest.addLocked(raw, h.at, h.flags)
		if err != nil {
			return nil, nil, err
		}
		data.SourceUIDs.AddNum(h.uid)
		data.DestUIDs.AddNum(uid)
		moved[h.uid] = true
	}
	return data, moved, nil
}

// Search implements imapserver.Session.
func (s *imapSession) Search(kind imapserver.NumKind, criteria *imap.SearchCriteria, _ *imap.SearchOptions) (*imap.SearchData, error) {
	var seqs imap.SeqSet
	var uids imap.UIDSet
	data := &imap.SearchData{}
	all := imap.SeqSet{imap.SeqRange{Start: 1, Stop: 0}}
	for _, h := range s.pick(all) {
		if !s.matches(&h, criteria) {
			continue
		}
		n := h.seq
		if kind == imapserver.NumKindUID {
			n = uint32(h.uid)
		}
		seqs.AddNum(h.seq)
		uids.AddNum(h.uid)
		if data.Min == 0 {
			data.Min = n
		}
		data.Max = n
		data.Count++
	}
	data.All = seqs
	if kind == imapserver.NumKindUID {
		data.All = uids
	}
	return data, nil
}

func (s *imapSession) matches(h *hit, c *imap.SearchCriteria) bool {
	star := uint32(0)
	s.demo.mail.mu.Lock()
	if len(s.view) > 0 {
		star = uint32(s.view[len(s.view)-1].mail.uid)
	}
	total := uint32(len(s.view))
	s.demo.mail.mu.Unlock()
	for _, set := range c.SeqNum {
		in := false
		for _, r := range set {
			in = in || within(h.seq, r.Start, r.Stop, total)
		}
		if !in {
			return false
		}
	}
	for _, set := range c.UID {
		in := false
		for _, r := range set {
			in = in || within(uint32(h.uid), uint32(r.Start), uint32(r.Stop), star)
		}
		if !in {
			return false
		}
	}
	has := map[imap.Flag]bool{}
	for _, f := range h.flags {
		has[f] = true
	}
	for _, f := range c.Flag {
		if !has[f] {
			return false
		}
	}
	for _, f := range c.NotFlag {
		if has[f] {
			return false
		}
	}
	if !inDays(h.at, c.Since, c.Before) || c.Larger != 0 && h.size <= c.Larger || c.Smaller != 0 && h.size >= c.Smaller {
		return false
	}
	if len(c.Header)+len(c.Body)+len(c.Text) > 0 || !c.SentSince.IsZero() || !c.SentBefore.IsZero() {
		raw, err := os.ReadFile(h.path)
		if err != nil || !matchesBytes(raw, c) {
			return false
		}
	}
	for i := range c.Not {
		if s.matches(h, &c.Not[i]) {
			return false
		}
	}
	for i := range c.Or {
		if !s.matches(h, &c.Or[i][0]) && !s.matches(h, &c.Or[i][1]) {
			return false
		}
	}
	return true
}

// inDays compares calendar days, without zones, as IMAP does.
func inDays(t, since, before time.Time) bool {
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return (since.IsZero() || !day.Before(since)) && (before.IsZero() || day.Before(before))
}

// matchesBytes looks into the mail; bodies are compared as they were sent, the
// demo's mails being mostly plain.
func matchesBytes(raw []byte, c *imap.SearchCriteria) bool {
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if r == nil {
		_ = err
		return false
	}
	for _, want := range c.Header {
		found := false
		fields := r.Header.FieldsByKey(want.Key)
		for fields.Next() {
			text, _ := fields.Text()
			found = found || containsFold(text, want.Value) || containsFold(fields.Value(), want.Value)
		}
		if !found {
			return false
		}
	}
	if !c.SentSince.IsZero() || !c.SentBefore.IsZero() {
		t, err := r.Header.Date()
		if err != nil || !inDays(t, c.SentSince, c.SentBefore) {
			return false
		}
	}
	_, body, _ := strings.Cut(string(raw), "\r\n\r\n")
	for _, text := range c.Body {
		if !containsFold(body, text) {
			return false
		}
	}
	for _, text := range c.Text {
		if !containsFold(string(raw), text) {
			return false
		}
	}
	return true
}

func containsFold(s, sub string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(sub))
}
