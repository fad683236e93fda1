package email

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"

	"skein/connectors"
	"skein/inbox"
)

// tryTimeout is how long trying both servers of an account may take.
const tryTimeout = 12 * time.Second

// Try tries both servers of an account at once: whether the name is known, the
// port open, the connection as wanted, the sign-in taken and, of the mailbox, the
// folder there. It reads no mail and sends none.
func Try(ctx context.Context, account connectors.Account) []connectors.Trial {
	set, err := ParseSettings(account)
	if err != nil {
		return []connectors.Trial{{Server: "imap", Step: connectors.TrySettings, Detail: err.Error()}}
	}
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	c := New(Config{Log: slog.New(slog.DiscardHandler)})
	var in, out []connectors.Trial
	var both sync.WaitGroup
	both.Go(func() {
		in = trials(ctx, "imap", &set.IMAP, []connectors.TrialStep{connectors.TryTLS, connectors.TrySignIn, connectors.TryFolder},
			func() (connectors.TrialStep, error) { return tryIMAP(ctx, c, account, set) })
	})
	if set.SMTP.Host != "" {
		both.Go(func() {
			out = trials(ctx, "smtp", &set.SMTP, []connectors.TrialStep{connectors.TryTLS, connectors.TrySignIn},
				func() (connectors.TrialStep, error) { return trySMTP(ctx, c, set) })
		})
	}
	both.Wait()
	return slices.Concat(in, out)
}

// trials are the steps of one server to the first that fails: its name, its port,
// and those of talk, which says at which of steps it ended.
func trials(ctx context.Context, server string, srv *Server, steps []connectors.TrialStep, talk func() (connectors.TrialStep, error)) []connectors.Trial {
	var list []connectors.Trial
	add := func(step connectors.TrialStep, err error) []connectors.Trial {
		t := connectors.Trial{Server: server, Step: step, OK: err == nil}
		if err != nil {
			t.Detail = err.Error()
			if ctx.Err() != nil {
				t.Detail = fmt.Sprintf("there was no answer from %s within %s: check host, port and firewall", srv.addr(), tryTimeout)
			}
		}
		list = append(list, t)
		return list
	}
	if net.ParseIP(srv.Host) == nil {
		if _, err := net.DefaultResolver.LookupHost(ctx, srv.Host); err != nil {
			return add(connectors.TryHost, fmt.Errorf("the name %s leads nowhere: check it for a slip of the pen: %w", srv.Host, err))
		}
	}
	add(connectors.TryHost, nil)
	step, err := talk()
	if _, away := errors.AsType[*unreachable](err); away {
		return add(connectors.TryPort, err)
	}
	add(connectors.TryPort, nil)
	for _, s := range steps {
		if err != nil && s == step {
			return add(s, err)
		}
		add(s, nil)
	}
	return list
}

func tryIMAP(ctx context.Context, c *Connector, account connectors.Account, set *Settings) (connectors.TrialStep, error) {
	m := &mailbox{c: c, account: account, set: set, log: c.cfg.Log, arrived: make(chan struct{}, 1)}
	if err := m.open(ctx); err != nil {
		return beforeSignIn(err), err
	}
	defer m.close()
	for _, folder := range []string{set.Folder, set.Junk} {
		if folder == "" {
			continue
		}
		err := m.command(func() error {
			_, err := m.client.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait()
			return err
		})
		if err != nil {
			text := err.Error()
			if said, ok := tagged(err); ok {
				text = said
			}
			return connectors.TryFolder, fmt.Errorf("the folder %q can't be opened: %s", folder, text)
		}
	}
	return connectors.TryFolder, nil
}

func trySMTP(ctx context.Context, c *Connector, set *Settings) (connectors.TrialStep, error) {
	d := &delivery{c: c, set: set, srv: &set.SMTP}
	if err := d.connect(ctx); err != nil {
		return beforeSignIn(err), err
	}
	_ = d.client.Quit() // it is closed below in any case
	d.release()
	return connectors.TrySignIn, nil
}

// beforeSignIn is at which step opening a connection has failed.
func beforeSignIn(err error) connectors.TrialStep {
	if inbox.CodeOf(err) == inbox.Unauthorized {
		return connectors.TrySignIn
	}
	return connectors.TryTLS
}
