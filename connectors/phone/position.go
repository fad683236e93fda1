package phone

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// A position is where a file was read up to. The file is known by its first
// bytes: a file that was put aside under another name, or copied and emptied, is
// found by them.
type position struct {
	Offset int64  `json:"offset"`
	Line   int    `json:"line"` // lines before Offset
	Head   string `json:"head"` // SHA-256 of the first HeadSize bytes
	Size   int64  `json:"headSize"`
	// CaughtUp is set when what was there at first has been read or passed over.
	CaughtUp bool `json:"caughtUp"`
}

const (
	maxHead   = 512       // bytes by which a file is known
	maxBatch  = 200       // lines before what they say is published
	lookBack  = 256 << 10 // bytes before the position that are read again for what they tell of later lines
	maxReader = 256 << 10
)

func parsePosition(cursor string) (p position, err error) {
	if cursor == "" {
		return p, nil
	}
	if err := json.Unmarshal([]byte(cursor), &p); err != nil || p.Offset < 0 || p.Size < 0 || p.Size > maxHead {
		return position{}, fmt.Errorf("the stored position %.80q can't be read", cursor)
	}
	return p, nil
}

func (p position) String() string {
	b, _ := json.Marshal(p) // numbers and text
	return string(b)
}

// remember notes the first bytes of the open file.
func (f *follower) remember() error {
	head, size, err := headOf(f.file, maxHead)
	if err != nil {
		return err
	}
	// Only whole lines are behind the position, so what is known by more than
	// them may still change.
	f.pos.Head, f.pos.Size = head, size
	if size > f.pos.Offset {
		f.pos.Head, f.pos.Size, err = headOf(f.file, f.pos.Offset)
	}
	return err
}

func headOf(file *os.File, most int64) (string, int64, error) {
	buf := make([]byte, min(most, maxHead))
	n, err := file.ReadAt(buf, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", 0, fmt.Errorf("read the file: %w", err)
	}
	h := sha256.Sum256(buf[:n])
	return hex.EncodeToString(h[:]), int64(n), nil
}

// isThere reports whether file is the one that the position is in.
func (f *follower) isThere(file *os.File) bool {
	info, err := file.Stat()
	if err != nil || info.Size() < f.pos.Offset {
		return false
	}
	if f.pos.Offset == 0 {
		return true
	}
	head, n, err := headOf(file, f.pos.Size)
	return err == nil && n == f.pos.Size && head == f.pos.Head
}

// find returns the file that the position is in: the one that is followed, or
// one beside it that was put aside. nil: there is none yet.
func (f *follower) find() (*os.File, error) {
	file, err := os.Open(f.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		file = nil
	case err != nil:
		return nil, fmt.Errorf("open the file: %w", err)
	case f.pos.Offset == 0 || f.isThere(file):
		return file, nil
	}
	beside, _ := filepath.Glob(globEscape(f.path) + "*")
	slices.Reverse(beside)
	for _, path := range beside {
		if path == f.path {
			continue
		}
		old, err := os.Open(path)
		if err != nil {
			continue
		}
		if f.isThere(old) {
			if file != nil {
				_ = file.Close()
			}
			return old, nil
		}
		_ = old.Close()
	}
	if file != nil && f.pos.Offset > 0 {
		f.log.Warn("the file was replaced and its old part is not beside it: lines may be missing", "line", f.pos.Line)
	}
	if f.pos.Offset > 0 {
		f.pos = position{CaughtUp: f.pos.CaughtUp}
		f.rec = newRecords(f.set, f.path)
	}
	return file, nil
}

func globEscape(path string) string {
	var out []rune
	for _, r := range path {
		if r == '*' || r == '?' || r == '[' || r == '\\' {
			out = append(out, '\\')
		}
		out = append(out, r)
	}
	return string(out)
}
