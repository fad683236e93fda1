package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"skein/connectors"
	"skein/inbox"
)

type fixedHealth struct {
	list []connectors.Status
	err  error
}

func (f fixedHealth) Statuses(context.Context) ([]connectors.Status, error) { return f.list, f.err }
func (f fixedHealth) DeadCounts(context.Context) (map[inbox.AccountID]int, error) {
	return map[inbox.AccountID]int{"support": 2}, nil
}

// An operator's dashboard sees what every connector has taken, sent and refused,
// how late it is, and whether it is served at all.
func TestConnectorMetrics(t *testing.T) {
	t.Parallel()
	show := func(f fixedHealth) string {
		t.Helper()
		r := prometheus.NewRegistry()
		r.MustRegister(newConnectorMetrics(f, slog.New(slog.DiscardHandler)))
		w := httptest.NewRecorder()
		promhttp.HandlerFor(r, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		if w.Code != 200 {
			t.Errorf("/metrics: %d %s", w.Code, w.Body)
		}
		return w.Body.String()
	}
	got := show(fixedHealth{list: []connectors.Status{
		{Channel: inbox.Phone, Account: "main", State: connectors.Running, Received: 7, Rejected: 2, Doubted: 1, LagSeconds: 1.5},
		{Channel: inbox.Email, Account: "support", State: connectors.Refused, Sent: 3},
	}})
	for _, want := range []string{
		`skein_connector_received_total{account="main",channel="phone"} 7`, `skein_connector_sent_total{account="support",channel="email"} 3`,
		`skein_connector_rejected_total{account="main",channel="phone"} 2`, `skein_connector_doubted_total{account="main",channel="phone"} 1`,
		`skein_connector_lag_seconds{account="main",channel="phone"} 1.5`, `skein_connector_up{account="main",channel="phone"} 1`,
		`skein_connector_up{account="support",channel="email"} 0`, `skein_connector_dead{account="support"} 2`,
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	// While the bus is away the other metrics are still shown.
	if got := show(fixedHealth{err: errors.New("away")}); got != "" {
		t.Errorf("while the bus is away: %s", got)
	}
}
