//go:build !linux

package blob

import "errors"

// syncWhole: only Linux can sync one file system and report its errors.
func syncWhole(string) error { return errors.ErrUnsupported }

const canSyncWhole = false
