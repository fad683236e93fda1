package main

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Parts stop from the top down, each before the one below; one that hangs holds
// nobody up beyond the deadline.
func TestStackOrder(t *testing.T) {
	t.Parallel()
	s := newStack(slog.New(slog.DiscardHandler))
	var order []string
	for _, name := range []string{"bottom", "middle", "top"} {
		s.run(name, func(ctx context.Context) error {
			<-ctx.Done()
			order = append(order, name) // one after the other: stop waits for each
			return ctx.Err()
		})
	}
	s.add("hangs", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	began := time.Now()
	s.layers[3], s.layers[0] = s.layers[0], s.layers[3] // the hanging one stops last
	s.stop(100 * time.Millisecond)
	if diff := cmp.Diff([]string{"bottom", "top", "middle"}, order); diff != "" {
		t.Errorf("order of stopping (-want +got):\n%s", diff)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("stopping took %v", took)
	}
}

// A part that ends by itself ends the server; one that was told to, does not.
func TestStackEnds(t *testing.T) {
	t.Parallel()
	s := newStack(slog.New(slog.DiscardHandler))
	broken := errors.New("broken")
	s.run("calm", func(ctx context.Context) error { <-ctx.Done(); return nil })
	s.run("breaks", func(context.Context) error { return broken })
	if err := s.wait(t.Context()); !errors.Is(err, broken) {
		t.Errorf("wait = %v, want the part's error", err)
	}
	s.stop(time.Second)

	s = newStack(slog.New(slog.DiscardHandler))
	s.run("quits", func(context.Context) error { return nil })
	if err := s.wait(t.Context()); err == nil {
		t.Error("a part that ended without an error went unnoticed")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := newStack(slog.New(slog.DiscardHandler)).wait(ctx); err != nil {
		t.Errorf("wait after Ctrl-C = %v, want nil", err)
	}
}
