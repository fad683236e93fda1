package inboxtest

import (
	"bytes"
	"sync"
)

// Said is what something said that may go on saying more.
type Said struct {
	mu  sync.Mutex // guards all
	all bytes.Buffer
}

func (s *Said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.Write(p)
}

func (s *Said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.String()
}
