package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// A stack is what a server consists of, in the order in which it was started.
// It stops in the reverse order, each part when all that stand on it have
// ended.
//
// It belongs to one goroutine, but for the parts' own.
type stack struct {
	log    *slog.Logger
	layers []layer
	ended  chan error // a part ended by itself: the server can't go on
	once   sync.Once
}

type layer struct {
	name string
	stop func(ctx context.Context) error
}

func newStack(log *slog.Logger) *stack {
	return &stack{log: log, ended: make(chan error, 1)}
}

// add puts something that runs already on the stack.
func (s *stack) add(name string, stop func(ctx context.Context) error) {
	s.layers = append(s.layers, layer{name, stop})
}

// run starts a long-lived part. Its context ends when it is its turn to stop,
// and not before, whatever the one that the stack was made under does.
func (s *stack) run(name string, part func(ctx context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		err := part(ctx)
		if ctx.Err() == nil {
			if err == nil {
				err = errors.New("ended by itself")
			}
			s.fail(fmt.Errorf("%s: %w", name, err))
		}
		done <- err
	}()
	s.add(name, func(deadline context.Context) error {
		cancel()
		select {
		case err := <-done:
			if errors.Is(err, context.Canceled) {
				return nil
			}
			return err
		case <-deadline.Done():
			return errors.New("did not end in time")
		}
	})
}

// fail says that the server can't go on.
func (s *stack) fail(err error) {
	s.once.Do(func() { s.ended <- err })
}

// wait returns when ctx ends, with nil, or when a part has ended by itself.
func (s *stack) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.ended:
		return err
	}
}

// stop stops everything, from the top down, within timeout. What doesn't end in
// time is left behind and named.
func (s *stack) stop(timeout time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	for i := len(s.layers) - 1; i >= 0; i-- {
		l := s.layers[i]
		began := time.Now()
		if err := l.stop(ctx); err != nil {
			s.log.Warn("part did not stop in order", "part", l.name, "err", err)
		}
		s.log.Debug("stopped", "part", l.name, "took", time.Since(began).Round(time.Millisecond))
	}
	s.layers = nil
}
