package demo

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
)

// A mailStore is the demo's mailboxes on disk: a folder a mailbox, a file a
// mail, named by UID and flags.
type mailStore struct {
	dir      string
	validity uint32

	mu      sync.Mutex // guards folders and everything in them
	folders map[string]*folder
}

// A folder is one mailbox. Its mutex is its store's.
type folder struct {
	store   *mailStore
	name    string
	dir     string
	next    imap.UID
	mails   []*mailFile
	changed chan struct{} // closed and made anew at every change
}

// A mailFile is one mail of a folder. Its bytes never change.
type mailFile struct {
	uid   imap.UID
	size  int64
	at    time.Time // INTERNALDATE
	flags map[imap.Flag]bool
	path  string
	rev   int // rises with every change of flags
}

// letters are the flags that a file name holds, as in Maildir.
var letters = map[imap.Flag]byte{
	imap.FlagAnswered: 'R', imap.FlagDeleted: 'T', imap.FlagDraft: 'D',
	imap.FlagFlagged: 'F', imap.FlagSeen: 'S', imap.FlagJunk: 'J',
}

func openMail(dir string, validity uint64) (*mailStore, error) {
	s := &mailStore{dir: dir, validity: uint32(validity), folders: map[string]*folder{}}
	for _, box := range []struct{ user, name string }{
		{Support, "INBOX"}, {Support, "Archive"}, {Support, "Junk"}, {CustomersUser, "INBOX"},
	} {
		if _, err := s.folder(box.user, box.name); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// folder opens a mailbox, and makes it when it is missing.
func (s *mailStore) folder(user, name string) (*folder, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.folderLocked(user, name)
}

func (s *mailStore) folderLocked(user, name string) (*folder, error) {
	key := user + "/" + name
	if f := s.folders[key]; f != nil {
		return f, nil
	}
	f := &folder{store: s, name: name, dir: filepath.Join(s.dir, user, fileSafe(name)), next: 1, changed: make(chan struct{})}
	if err := f.load(); err != nil {
		return nil, fmt.Errorf("open demo mailbox %s: %w", key, err)
	}
	s.folders[key] = f
	return f, nil
}

// existing returns a mailbox of user, or nil.
func (s *mailStore) existing(user, name string) *folder {
	if strings.EqualFold(name, "INBOX") {
		name = "INBOX"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.folders[user+"/"+name]
}

// names lists the mailboxes of user.
func (s *mailStore) names(user string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for key := range maps.Keys(s.folders) {
		if name, ok := strings.CutPrefix(key, user+"/"); ok {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func fileSafe(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '/' || r == '.' || r == '\\' || r < ' ' {
			return '_'
		}
		return r
	}, name)
}

func (f *folder) load() error {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	if raw, err := os.ReadFile(filepath.Join(f.dir, "next")); err == nil {
		if n, err := strconv.ParseUint(strings.TrimSpace(string(raw)), 10, 32); err == nil {
			f.next = imap.UID(n)
		}
	}
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		stem, ok := strings.CutSuffix(e.Name(), ".eml")
		if !ok {
			continue
		}
		number, marks, _ := strings.Cut(stem, ",")
		uid, err := strconv.ParseUint(number, 10, 32)
		if err != nil || uid == 0 {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		m := &mailFile{uid: imap.UID(uid), size: info.Size(), at: info.ModTime(), flags: map[imap.Flag]bool{}, path: filepath.Join(f.dir, e.Name())}
		for flag, letter := range letters {
			if strings.IndexByte(marks, letter) >= 0 {
				m.flags[flag] = true
			}
		}
		f.mails = append(f.mails, m)
		f.next = max(f.next, m.uid+1)
	}
	slices.SortFunc(f.mails, func(a, b *mailFile) int { return int(int64(a.uid) - int64(b.uid)) })
	return nil
}

// add stores a mail and tells every client of the folder.
func (f *folder) add(raw []byte, at time.Time, flags []imap.Flag) (imap.UID, error) {
	f.store.mu.Lock()
	defer f.store.mu.Unlock()
	return f.addLocked(raw, at, flags)
}

func (f *folder) addLocked(raw []byte, at time.Time, flags []imap.Flag) (imap.UID, error) {
	m := &mailFile{uid: f.next, size: int64(len(raw)), at: at.Truncate(time.Second), flags: map[imap.Flag]bool{}}
	for _, flag := range flags {
		m.flags[flag] = true
	}
	m.path = f.pathOf(m)
	tmp := filepath.Join(f.dir, "new")
	if err := os.WriteFile(tmp, raw, 0o600); err != nil {
		return 0, fmt.Errorf("store mail: %w", err)
	}
	if err := os.Chtimes(tmp, at, at); err != nil {
		return 0, fmt.Errorf("store mail: %w", err)
	}
	if err := os.Rename(tmp, m.path); err != nil {
		return 0, fmt.Errorf("store mail: %w", err)
	}
	f.next++
	f.mails = append(f.mails, m)
	f.notify()
	return m.uid, nil
}

func (f *folder) pathOf(m *mailFile) string {
	var marks []byte
	for flag, letter := range letters {
		if m.flags[flag] {
			marks = append(marks, letter)
		}
	}
	slices.Sort(marks)
	return filepath.Join(f.dir, fmt.Sprintf("%08d,%s.eml", m.uid, marks))
}

// flag changes the flags of m; those without a letter last as long as the
// process.
func (f *folder) flagLocked(m *mailFile, change func(map[imap.Flag]bool)) error {
	before := maps.Clone(m.flags)
	change(m.flags)
	if maps.Equal(before, m.flags) {
		return nil
	}
	m.rev++
	path := f.pathOf(m)
	if path != m.path {
		if err := os.Rename(m.path, path); err != nil {
			return fmt.Errorf("flag mail: %w", err)
		}
		m.path = path
	}
	f.notify()
	return nil
}

// removeLocked deletes mails; their UIDs are never used again.
func (f *folder) removeLocked(gone map[imap.UID]bool) error {
	if len(gone) == 0 {
		return nil
	}
	if err := writeFile(filepath.Join(f.dir, "next"), []byte(strconv.FormatUint(uint64(f.next), 10))); err != nil {
		return err
	}
	kept := f.mails[:0:0]
	for _, m := range f.mails {
		if !gone[m.uid] {
			kept = append(kept, m)
			continue
		}
		if err := os.Remove(m.path); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("delete mail: %w", err)
		}
	}
	f.mails = kept
	f.notify()
	return nil
}

func (f *folder) clear() error {
	f.store.mu.Lock()
	defer f.store.mu.Unlock()
	gone := map[imap.UID]bool{}
	for _, m := range f.mails {
		gone[m.uid] = true
	}
	return f.removeLocked(gone)
}

func (f *folder) notify() {
	close(f.changed)
	f.changed = make(chan struct{})
}

func (m *mailFile) flagList() []imap.Flag {
	return slices.Sorted(maps.Keys(m.flags))
}
