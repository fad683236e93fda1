//go:build unix && !linux

package local

import "syscall"

// diesWithParent does nothing here: only Linux has a parent-death signal.
// Elsewhere the next start stops a server that was left behind, and a sidecar
// ends by itself when its pipe closes.
func diesWithParent(*syscall.SysProcAttr, syscall.Signal) {}
