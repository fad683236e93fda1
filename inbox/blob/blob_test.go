package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"skein/inbox"
)

func sumOf(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func files(t *testing.T) *Files {
	t.Helper()
	f, err := Open(filepath.Join(t.TempDir(), "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func read(t *testing.T, f *Files, sum string) []byte {
	t.Helper()
	r, err := f.Open(t.Context(), sum)
	if err != nil {
		t.Fatalf("Open(%s): %v", sum, err)
	}
	defer func() { _ = r.Close() }()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("read %s: %v", sum, err)
	}
	return b
}

// What comes out is what went in, under its own hash, however it was put and
// however many put it at once.
func TestPutAndOpen(t *testing.T) {
	t.Parallel()
	f := files(t)
	var bodies [][]byte
	for i := range 40 {
		bodies = append(bodies, []byte(strings.Repeat(fmt.Sprint(i%20), i*100)))
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := f.PutAll(t.Context(), bodies); err != nil {
				t.Errorf("PutAll: %v", err)
			}
		})
		wg.Go(func() {
			for _, b := range bodies {
				sum, size, err := f.Put(t.Context(), bytes.NewReader(b))
				if err != nil || sum != sumOf(b) || size != int64(len(b)) {
					t.Errorf("Put = %s, %d, %v, want %s, %d", sum, size, err, sumOf(b), len(b))
				}
			}
		})
	}
	wg.Wait()
	for _, b := range bodies {
		if got := read(t, f, sumOf(b)); !bytes.Equal(got, b) {
			t.Errorf("blob %s holds %d bytes, want %d", sumOf(b), len(got), len(b))
		}
	}
	left, err := os.ReadDir(f.tmp())
	if err != nil || len(left) != 0 {
		t.Errorf("%d unfinished files are left, %v", len(left), err)
	}
}

// Names lead nowhere but to bodies.
func TestNames(t *testing.T) {
	t.Parallel()
	f := files(t)
	if err := os.WriteFile(filepath.Join(f.dir, "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	absent := sumOf([]byte("absent"))
	for name, want := range map[string]inbox.Code{
		absent:                          inbox.NotFound,
		"":                              inbox.Invalid,
		"ab":                            inbox.Invalid,
		"secret":                        inbox.Invalid,
		"../secret":                     inbox.Invalid,
		strings.ToUpper(absent):         inbox.Invalid,
		absent[:63]:                     inbox.Invalid,
		absent[:63] + "/":               inbox.Invalid,
		absent + "0":                    inbox.Invalid,
		strings.Repeat("../", 21) + "x": inbox.Invalid,
		strings.Repeat("a", 62) + "/.":  inbox.Invalid,
		strings.Repeat("\x00", 64):      inbox.Invalid,
	} {
		if _, err := f.Open(t.Context(), name); inbox.CodeOf(err) != want {
			t.Errorf("Open(%q) = %v, want %s", name, err, want)
		}
		if err := f.Delete(t.Context(), name); want == inbox.Invalid && inbox.CodeOf(err) != want {
			t.Errorf("Delete(%q) = %v, want %s", name, err, want)
		}
		if there, _ := f.Has(t.Context(), name); there {
			t.Errorf("Has(%q) = true", name)
		}
	}
}

// Deleting is for good, harmless to who reads, and to who puts it again.
func TestDelete(t *testing.T) {
	t.Parallel()
	f := files(t)
	sum, _, err := f.Put(t.Context(), strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.Open(t.Context(), sum)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	for range 2 {
		if err := f.Delete(t.Context(), sum); err != nil {
			t.Errorf("Delete: %v", err)
		}
	}
	if _, err := f.Open(t.Context(), sum); inbox.CodeOf(err) != inbox.NotFound {
		t.Errorf("Open after Delete = %v, want not found", err)
	}
	if b, err := io.ReadAll(r); string(b) != "body" || err != nil {
		t.Errorf("an open body reads %q, %v after Delete", b, err)
	}
	if _, _, err := f.Put(t.Context(), strings.NewReader("body")); err != nil {
		t.Fatal(err)
	}
	if got := read(t, f, sum); string(got) != "body" {
		t.Errorf("put again it reads %q", got)
	}
}

// A body that breaks off, or whose caller went away, leaves nothing.
func TestPutBreaksOff(t *testing.T) {
	t.Parallel()
	f := files(t)
	broken := errors.New("broken")
	r := io.MultiReader(strings.NewReader("half"), readFunc(func([]byte) (int, error) { return 0, broken }))
	if _, _, err := f.Put(t.Context(), r); !errors.Is(err, broken) {
		t.Errorf("Put of a broken body = %v, want its error", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := f.Put(ctx, strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("Put after its context ended = %v", err)
	}
	if err := f.PutAll(ctx, [][]byte{[]byte("x")}); !errors.Is(err, context.Canceled) {
		t.Errorf("PutAll after its context ended = %v", err)
	}
	for _, b := range []string{"half", "x"} {
		if _, err := f.Open(t.Context(), sumOf([]byte(b))); inbox.CodeOf(err) != inbox.NotFound {
			t.Errorf("Open(%q) = %v, want not found", b, err)
		}
	}
	left, _ := os.ReadDir(f.tmp())
	if len(left) != 0 {
		t.Errorf("%d unfinished files are left", len(left))
	}
}

// A file that lost its end is mended by the next Put; what a dead process left
// unfinished goes when it is old, and not before.
func TestMendAndSweep(t *testing.T) {
	t.Parallel()
	f := files(t)
	body := []byte("the whole body")
	sum, _, err := f.Put(t.Context(), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	path, err := f.path(sum)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 3); err != nil {
		t.Fatal(err)
	}
	if err := f.PutAll(t.Context(), [][]byte{body}); err != nil {
		t.Fatal(err)
	}
	if got := read(t, f, sum); !bytes.Equal(got, body) {
		t.Errorf("after mending the blob holds %q", got)
	}
	old, fresh := filepath.Join(f.tmp(), "put-old"), filepath.Join(f.tmp(), "put-fresh")
	for _, p := range []string{old, fresh} {
		if err := os.WriteFile(p, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Now().Add(-2 * staleAfter)
	if err := os.Chtimes(old, past, past); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(f.dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Error("what a dead process left is still there")
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Error("what another process is writing was removed")
	}
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// What one wait for the disk costs a batch of new bodies of 8 kB.
func BenchmarkPutAll(b *testing.B) {
	for _, n := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f, err := Open(filepath.Join(b.TempDir(), "blobs"))
			if err != nil {
				b.Fatal(err)
			}
			count := 0
			for b.Loop() {
				bodies := make([][]byte, n)
				for i := range bodies {
					count++
					bodies[i] = fmt.Appendf(bytes.Repeat([]byte("x"), 8000), "%d", count)
				}
				if err := f.PutAll(b.Context(), bodies); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "bodies/s")
		})
	}
}
