package bench

import (
	"context"
	"fmt"
	"strings"

	"skein/inbox"
)

const (
	answerRate = 50
	answerFor  = 20 // seconds
)

// chat measures what the visitors of a chat hold in its sidecar, and how long an
// agent's answer takes to one of them, beside servers that do nothing else.
func (c *Config) chat(ctx context.Context, o *outside) error {
	crowd, err := c.actor(ctx, roleVisitors)
	if err != nil {
		return err
	}
	defer func() { _ = crowd.stop() }()
	d, err := c.actor(ctx, roleDesk)
	if err != nil {
		return err
	}
	defer func() { _ = d.stop() }()
	link := o.running.Connectors[inbox.Chat]
	side, err := c.actor(ctx, roleChat)
	if err != nil {
		return err
	}
	defer func() { _ = side.stop() }()
	at, err := side.ask(order{Do: "start", Link: &link})
	if err != nil {
		return err
	}
	if _, err := d.ask(order{Do: "watch", Address: o.url}); err != nil {
		return err
	}
	if err := c.throughServer(o, crowd); err != nil {
		return err
	}
	c.section("%d visitors with the chat open", c.Visitors)
	size := func() (own, server int, err error) {
		a, err := side.ask(order{Do: "memory"})
		if err != nil {
			return 0, 0, err
		}
		server, err = resident(o.cmd.Process.Pid)
		return a.KB, server, err
	}
	own, server, err := size()
	if err != nil {
		return err
	}
	opened, err := crowd.ask(order{Do: "connect", Address: at.Address, Sockets: c.Visitors})
	if err != nil {
		return err
	}
	each := func(what string) error {
		ownNow, serverNow, err := size()
		c.line(what, "%8.1f KB a visitor in the sidecar, %.1f in the server", float64(ownNow-own)/float64(c.Visitors), float64(serverNow-server)/float64(c.Visitors))
		return err
	}
	if err := each("connected"); err != nil {
		return err
	}
	said, err := crowd.ask(order{Do: "say", Rate: 200})
	if err != nil {
		return err
	}
	if _, err := d.ask(order{Do: "see", Want: int64(c.Visitors)}); err != nil {
		return err
	}
	if err := each("each has said something"); err != nil {
		return err
	}
	c.line("connects", "%8.0f /s", float64(c.Visitors)/opened.Seconds)
	c.line("said → on the stream", "p50 %8.2f ms   p99 %8.2f ms   %d messages, %.0f/s", ms(said.P50), ms(said.P99), said.Events, float64(said.Events)/said.Seconds)

	c.section("an agent's answer to one of %d visitors, %d/s", c.Visitors, answerRate)
	if _, err := crowd.ask(order{Do: "count"}); err != nil {
		return err
	}
	sent, err := d.ask(order{Do: "answer", Rate: answerRate, Seconds: answerFor, Sockets: c.Visitors})
	if err != nil {
		return err
	}
	got, err := crowd.ask(order{Do: "await", Want: sent.Due})
	if err != nil {
		return err
	}
	c.line("request → committed", "p50 %8.2f ms   p99 %8.2f ms   %d answers, %d refused", ms(sent.P50), ms(sent.P99), sent.Due, sent.Refused)
	c.line("request → visitor", "p50 %8.2f ms   p99 %8.2f ms   %d arrived, %.0f/s", ms(got.P50), ms(got.P99), got.Frames, float64(got.Frames)/got.Seconds)
	if got.Frames != sent.Due || got.Closed > 0 {
		return fmt.Errorf("%d answers arrived of %d, and %d sockets ended", got.Frames, sent.Due, got.Closed)
	}
	if _, err := crowd.ask(order{Do: "close"}); err != nil {
		return err
	}
	c.section("the same of servers that do nothing else")
	return c.besideChat(ctx)
}

// throughServer prints what visitors hold in the server who come by its address,
// as they do where nothing else stands before the sidecar.
func (c *Config) throughServer(o *outside, crowd *actor) error {
	n := min(1000, c.Visitors)
	c.section("%d visitors by the server's own address", n)
	before, err := resident(o.cmd.Process.Pid)
	if err != nil {
		return err
	}
	opened, err := crowd.ask(order{Do: "connect", Address: strings.TrimPrefix(o.url, "http://"), Sockets: n})
	if err != nil {
		return err
	}
	after, err := resident(o.cmd.Process.Pid)
	if err != nil {
		return err
	}
	c.line("connected", "%8.1f KB a visitor in the server, %.0f connects/s", float64(after-before)/float64(n), float64(n)/opened.Seconds)
	_, err = crowd.ask(order{Do: "close"})
	return err
}

// besideChat prints the same of servers that do nothing but write.
func (c *Config) besideChat(ctx context.Context) error {
	crowd, err := c.actor(ctx, roleClients)
	if err != nil {
		return err
	}
	defer func() { _ = crowd.stop() }()
	f := &fan{cfg: c, crowd: crowd}
	for _, role := range []string{roleUsual, roleEncoded} {
		a, err := c.actor(ctx, role)
		if err != nil {
			return err
		}
		defer func() { _ = a.stop() }()
		at, err := a.ask(order{Do: "start"})
		if err != nil {
			return err
		}
		before, err := a.ask(order{Do: "memory"})
		if err != nil {
			return err
		}
		s := fanServer{a, at}
		if _, err := crowd.ask(order{Do: "connect", Address: at.Address, Acks: at.Acks, Sockets: c.Visitors, Alone: true}); err != nil {
			return err
		}
		after, err := a.ask(order{Do: "memory"})
		if err != nil {
			return err
		}
		got, err := f.run(s, order{Do: "publish", Alone: true, Sockets: c.Visitors, Rate: answerRate, Seconds: answerFor})
		if err != nil {
			return err
		}
		c.line(names[role], "p50 %8.2f ms   p99 %8.2f ms   %d arrived; %.1f KB a connection", ms(got.P50), ms(got.P99), got.Frames, float64(after.KB-before.KB)/float64(c.Visitors))
		if err := f.close(); err != nil {
			return err
		}
	}
	return nil
}
