package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"skein/inbox"
	"skein/inbox/bus"
)

// natsCommand lets a connector that is no child of ours in: it writes its
// credential into the data folder and prints its settings, as a shell takes
// them.
func natsCommand(_ context.Context, e *env) error {
	if _, err := subcommand(e, "nats", "credential"); err != nil {
		return err
	}
	channel := inbox.Channel(firstWord(e))
	fs, s := adminFlags("nats credential CHANNEL", e)
	if err := parse(fs, e); err != nil {
		return err
	}
	if !slices.Contains(bus.Channels, channel) {
		return &usageError{fmt.Sprintf("skein nats credential needs a channel: one of %v", bus.Channels)}
	}
	run, lock, err := reach(s.data)
	if err != nil {
		return err
	}
	if lock != nil {
		_ = lock.Unlock() // the kernel does it in a moment
		return invalid("skein up does not run on %s: start it first, the address is another one each time", s.data)
	}
	cred, ok := run.Connectors[channel]
	if !ok || cred.Creds == "" {
		return invalid("the server on %s uses another NATS: credentials are made there, with the permissions that package bus lists", s.data)
	}
	file, err := filepath.Abs(filepath.Join(s.data, string(channel)+".creds"))
	if err != nil {
		return err
	}
	if err := writeOnce(file, []byte(cred.Creds)); err != nil {
		return fmt.Errorf("keep the credential: %w", err)
	}
	fmt.Fprintf(e.stdout, "export SKEIN_NATS_URL=%s\nexport SKEIN_NATS_CREDS='%s'\nexport SKEIN_CHANNEL_KEY=%s\n", cred.URL, file, cred.Key)
	return nil
}
