package eval

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"skein/connectors"
	"skein/connectors/email"
	"skein/inbox"
)

// readMail makes of a raw mail what the email connector makes of it. A panic
// is an error here: it is one case that came out wrong.
func readMail(ctx context.Context, raw []byte) (*connectors.Message, error) {
	return readMailInto(ctx, raw, nil)
}

// readMailInto is readMail that keeps the bodies, too, by their SHA-256.
func readMailInto(ctx context.Context, raw []byte, bodies map[string][]byte) (m *connectors.Message, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	opt := mailOptions()
	if bodies != nil {
		opt.Store = func(_ context.Context, r io.Reader) (connectors.Body, error) {
			b, err := io.ReadAll(r)
			sum := hash(b)
			bodies[sum] = b
			return connectors.Body{Size: int64(len(b)), SHA256: sum}, err
		}
	}
	item, err := email.Normalise(ctx, bytes.NewReader(raw), int64(len(raw)), opt)
	if err != nil {
		return nil, err
	}
	if item.Message == nil {
		return nil, errors.New("no message")
	}
	return item.Message, nil
}

// mailOptions are those of a mailbox whose bodies are measured and not kept.
func mailOptions() email.Options {
	return email.Options{
		Account:    connectors.Account{ID: "eval", Channel: inbox.Email},
		ReceivedAt: time.Now(),
		Lane:       connectors.LaneBulk,
		Store: func(_ context.Context, r io.Reader) (connectors.Body, error) {
			sum := sha256.New()
			n, err := io.Copy(sum, r)
			return connectors.Body{Size: n, SHA256: hex.EncodeToString(sum.Sum(nil))}, err
		},
	}
}

// readJSON reads a whole file of JSON.
func readJSON(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// readLines reads a file of one JSON value a line.
func readLines[T any](path string) ([]T, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []T
	for dec := json.NewDecoder(f); ; {
		var row T
		switch err := dec.Decode(&row); err {
		case nil:
			out = append(out, row)
		case io.EOF:
			return out, nil
		default:
			return nil, fmt.Errorf("%s: row %d: %w", path, len(out)+1, err)
		}
	}
}

// eachFile calls do with every regular file below dir, in order of name, and
// its path relative to dir.
func eachFile(ctx context.Context, dir string, do func(path, name string) error) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		return do(path, filepath.ToSlash(name))
	})
}

// folded is s with every run of white space as one space.
func folded(s string) string {
	return strings.Join(strings.Fields(s), " ")
}

// closed is s without white space.
func closed(s string) string {
	return strings.Join(strings.Fields(s), "")
}
