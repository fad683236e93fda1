package local

import "syscall"

// diesWithParent makes the kernel send sig to the child when the thread that
// started it ends: see [startChild], which keeps that thread.
func diesWithParent(attr *syscall.SysProcAttr, sig syscall.Signal) { attr.Pdeathsig = sig }
