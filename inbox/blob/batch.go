package blob

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
)

// PutAll stores every one of bodies, each under its [Name], and returns when all
// of them are on disk: one wait for the disk serves the batch. After an error
// some may be there.
func (f *Files) PutAll(ctx context.Context, bodies [][]byte) error {
	var files []staged
	fresh := map[string]bool{}
	defer func() {
		for _, s := range files {
			_ = os.Remove(s.tmp)
		}
	}()
	for _, b := range bodies {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := Name(b)
		if fresh[name] {
			continue
		}
		there, err := f.has(name, int64(len(b)))
		if err != nil {
			return err
		}
		if there {
			continue
		}
		tmp, err := f.write(b)
		if err != nil {
			return fmt.Errorf("put %d blobs: %w", len(bodies), err)
		}
		fresh[name] = true
		files = append(files, staged{tmp: tmp, sha: name})
	}
	if len(files) == 0 {
		return nil
	}
	if err := f.syncFiles(files); err != nil {
		return fmt.Errorf("put %d blobs: %w", len(bodies), err)
	}
	if err := f.settle(files); err != nil {
		return fmt.Errorf("put %d blobs: %w", len(bodies), err)
	}
	return nil
}

// write puts b into a file in tmp, not yet on disk.
func (f *Files) write(b []byte) (string, error) {
	tmp, err := os.CreateTemp(f.tmp(), "put-")
	if err != nil {
		return "", err
	}
	_, err = io.Copy(tmp, bytes.NewReader(b))
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return "", err
	}
	return tmp.Name(), nil
}
