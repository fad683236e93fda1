package bench

import (
	"context"
	"fmt"
	"net/http"
)

// hooks measures from a webhook that is accepted to the frame at an agent's
// socket: the server's own address, the sidecar, NATS, the threader, PostgreSQL
// and the hub.
func (c *Config) hooks(ctx context.Context, o *outside) error {
	for _, path := range []string{"phone/" + hookAccount, "social/" + socialAccount, "shop/" + shopAccount} {
		if err := await(ctx, http.StatusUnauthorized, http.MethodPost, o.url+"/in/"+path, ""); err != nil {
			return err
		}
	}
	d, err := c.actor(ctx, roleDesk)
	if err != nil {
		return err
	}
	defer func() { _ = d.stop() }()
	if _, err := d.ask(order{Do: "watch", Address: o.url}); err != nil {
		return err
	}
	for _, of := range []struct{ what, words, table string }{
		{"", "calls, each of a new caller", "messages"}, {"social", "direct messages, each of somebody new", "messages"}, {"shop", "orders, each of a new buyer", "orders"},
	} {
		if _, err := d.ask(order{Do: "hooks", What: of.what, Rate: 100, Seconds: 1, Secret: hookSecret}); err != nil { // warm
			return err
		}
		for _, rate := range []float64{100, 1000} {
			c.section("webhooks of %s, %.0f/s", of.words, rate)
			if err := c.hooksAt(ctx, o, d, of.what, of.table, rate); err != nil {
				return err
			}
		}
	}
	return nil
}

// hooksAt measures webhooks at a rate, each of which makes a row of a table.
func (c *Config) hooksAt(ctx context.Context, o *outside, d *actor, what, table string, rate float64) error {
	before, err := o.count(ctx, table)
	if err != nil {
		return err
	}
	a, err := d.ask(order{Do: "hooks", What: what, Rate: rate, Seconds: 10, Secret: hookSecret})
	if err != nil {
		return err
	}
	now, err := o.count(ctx, table)
	if err != nil {
		return err
	}
	c.line("accepted", "%8d webhooks, %.0f/s, %d refused", a.Events, float64(a.Events)/a.Seconds, a.Refused)
	c.line("arrived", "%8d frames and %d %s, %d/s to the last", a.Frames, now-before, table, a.Due)
	c.line("not there yet", "%8d when the last was accepted", a.Behind)
	for _, s := range a.Steps {
		c.line(s.Name, "p50 %8.2f ms   p99 %8.2f ms", ms(s.P50), ms(s.P99))
	}
	if a.Frames != a.Events || now-before != a.Events {
		return fmt.Errorf("of %d webhooks %d reached the agent, and there are %d %s", a.Events, a.Frames, now-before, table)
	}
	return nil
}
