package local

import (
	"os/exec"
	"runtime"
	"syscall"
)

// A child is a process of ours that has been started.
type child struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended and been waited for
	err  error         // of Wait; read it after done
}

// startChild starts cmd and waits for it on a thread of its own. The thread
// lives as long as the child: the parent-death signal is sent when the thread
// that forked ends, not the process, and Go ends threads as it likes.
func startChild(cmd *exec.Cmd, onDeath syscall.Signal) (*child, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	// A group of its own: the terminal's Ctrl-C is for the parent, which stops
	// its children in order.
	cmd.SysProcAttr.Setpgid = true
	diesWithParent(cmd.SysProcAttr, onDeath)

	c := &child{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		c.err = cmd.Wait()
		close(c.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return c, nil
}

func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}
