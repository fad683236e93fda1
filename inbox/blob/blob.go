// Package blob keeps bodies: the raw bytes of what came in, and attachments, as
// files named by the SHA-256 of their content.
//
// What Put returns for is on disk, whole; a name never holds other bytes than
// its own; putting what is there is cheap and changes nothing. An interrupted
// put leaves at most a file in the folder tmp, which the next [Open] removes
// when it is a day old.
//
// It never knows what a body means, who may see it, or whether anybody still
// needs it.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"skein/inbox"
)

// staleAfter is the age from which an unfinished file belongs to nobody.
const staleAfter = 24 * time.Hour

// Files keeps bodies in a folder, as <2 digits>/<64 digits>. (A second level
// would cost a new folder for nearly each of the first sixty thousand bodies,
// and file systems find a name among a hundred thousand well.) Its methods may
// be called from many goroutines and processes.
type Files struct {
	dir string
}

// Open uses the folder dir, which it makes when it is missing.
func Open(dir string) (*Files, error) {
	f := &Files{dir: dir}
	if err := os.MkdirAll(f.tmp(), 0o700); err != nil {
		return nil, &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("the folder for files cannot be used: %v", err)}
	}
	entries, err := os.ReadDir(f.tmp())
	if err != nil {
		return nil, fmt.Errorf("open blobs: %w", err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > staleAfter {
			_ = os.Remove(filepath.Join(f.tmp(), e.Name()))
		}
	}
	return f, nil
}

func (f *Files) tmp() string { return filepath.Join(f.dir, "tmp") }

// path checks name, which may come from anywhere: 64 hexadecimal digits in
// lower case, nothing else, are a place below dir.
func (f *Files) path(name string) (string, error) {
	if len(name) != 2*sha256.Size {
		return "", invalidName(name)
	}
	for _, c := range []byte(name) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return "", invalidName(name)
		}
	}
	return filepath.Join(f.dir, name[:2], name), nil
}

func invalidName(name string) error {
	return &inbox.Error{Code: inbox.Invalid, Message: fmt.Sprintf("%.80q names no file: want the 64 lower-case hexadecimal digits of a SHA-256", name)}
}

// Put stores all that r gives and returns its name and length in bytes. It
// holds no more than a buffer of it in memory. An error of r, or the end of
// ctx, leaves nothing behind.
func (f *Files) Put(ctx context.Context, r io.Reader) (sha string, size int64, err error) {
	tmp, err := os.CreateTemp(f.tmp(), "put-")
	if err != nil {
		return "", 0, fmt.Errorf("put blob: %w", err)
	}
	defer os.Remove(tmp.Name()) // of no use once it is renamed, and no harm
	defer tmp.Close()
	sum := sha256.New()
	if size, err = io.Copy(io.MultiWriter(tmp, sum), &reader{ctx: ctx, r: r}); err != nil {
		return "", 0, fmt.Errorf("put blob: %w", err)
	}
	sha = hex.EncodeToString(sum.Sum(nil))
	if there, err := f.has(sha, size); err != nil || there {
		return sha, size, err
	}
	if err := tmp.Sync(); err != nil {
		return "", 0, fmt.Errorf("put blob: %w", err)
	}
	if err := f.settle([]staged{{tmp: tmp.Name(), sha: sha}}); err != nil {
		return "", 0, fmt.Errorf("put blob: %w", err)
	}
	return sha, size, nil
}

// A staged is a file in tmp whose bytes are on disk.
type staged struct{ tmp, sha string }

// settle renames files to their names and returns when the names are on disk
// too: a file whose folder was not synced may be gone after a loss of power.
func (f *Files) settle(files []staged) error {
	changed := map[string]bool{}
	for _, s := range files {
		path, err := f.path(s.sha)
		if err != nil {
			return err
		}
		leaf := filepath.Dir(path)
		switch err := os.Mkdir(leaf, 0o700); {
		case err == nil:
			changed[f.dir] = true
		case !errors.Is(err, fs.ErrExist):
			return err
		}
		// Whoever renamed the same content before wrote the same bytes.
		if err := os.Rename(s.tmp, path); err != nil {
			return err
		}
		changed[leaf] = true
	}
	return f.syncFolders(changed)
}

// has reports whether the content is there in full. A file of another length
// is the damage of a file system, and is written again.
func (f *Files) has(sha string, size int64) (bool, error) {
	path, err := f.path(sha)
	if err != nil {
		return false, err
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look up blob: %w", err)
	}
	return info.Size() == size, nil
}

// Has reports whether the content named sha is there.
func (f *Files) Has(_ context.Context, sha string) (bool, error) {
	path, err := f.path(sha)
	if err != nil {
		return false, err
	}
	_, err = os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Open returns the bytes named sha. What it returns can seek; the caller closes
// it, and deleting the bytes meanwhile doesn't disturb. An unknown name is an
// [inbox.NotFound], one that cannot be a name an [inbox.Invalid].
func (f *Files) Open(_ context.Context, sha string) (io.ReadCloser, error) {
	path, err := f.path(sha)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &inbox.Error{Code: inbox.NotFound, Message: "the file is not there any more"}
	}
	if err != nil {
		return nil, fmt.Errorf("open blob: %w", err)
	}
	return file, nil
}

// Delete removes the bytes named sha. An unknown name is no error.
func (f *Files) Delete(_ context.Context, sha string) error {
	path, err := f.path(sha)
	if err != nil {
		return err
	}
	if err := os.Remove(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("delete blob: %w", err)
	}
	return syncOne(filepath.Dir(path))
}

// Name returns the name that b has or would have.
func Name(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// A reader ends with its context.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
