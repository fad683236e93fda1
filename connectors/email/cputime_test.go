//go:build unix

package email

import (
	"syscall"
	"testing"
	"time"
)

// cpuTime is how long the processors have worked for this process: unlike the
// clock it doesn't tell how busy others keep the machine. Tests that measure by
// it don't run beside others.
func cpuTime(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
