package bench

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A cpu is processor time. On a machine that does other work too it says more
// than the clock.
type cpu struct{ own, postgres time.Duration }

// A meter measures from when it was started.
type meter struct {
	postmaster int
	from       cpu
}

func startMeter(postmaster int) *meter {
	return &meter{postmaster, cpu{ownCPU(), treeCPU(postmaster)}}
}

func (m *meter) read() cpu {
	return cpu{ownCPU() - m.from.own, treeCPU(m.postmaster) - m.from.postgres}
}

func ownCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// treeCPU is that of a process, its children, and those of them that ended; 0
// where the system doesn't tell.
func treeCPU(pid int) time.Duration {
	var ticks int64
	for _, p := range append([]int{pid}, children(pid)...) {
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p))
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(raw), ") ") // the name may hold spaces
		f := strings.Fields(rest)
		if len(f) < 15 {
			continue
		}
		for _, field := range f[11:15] { // utime, stime, cutime, cstime: proc(5)
			n, _ := strconv.ParseInt(field, 10, 64)
			ticks += n
		}
	}
	return time.Duration(ticks) * time.Second / 100 // USER_HZ
}
