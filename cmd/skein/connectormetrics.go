package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"skein/connectors"
	"skein/inbox"
)

// healthSource is where it is known how connectors are.
type healthSource interface {
	Statuses(ctx context.Context) ([]connectors.Status, error)
	DeadCounts(ctx context.Context) (map[inbox.AccountID]int, error)
}

// connectorMetrics shows what the connectors tell of themselves. They run where
// nobody asks them: their counters come with their health, by the bus, and start
// anew with each process.
type connectorMetrics struct {
	from                                             healthSource
	log                                              *slog.Logger
	received, sent, rejected, doubted, lag, up, dead *prometheus.Desc
}

func newConnectorMetrics(from healthSource, log *slog.Logger) *connectorMetrics {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("skein_connector_"+name, help, []string{"channel", "account"}, nil)
	}
	return &connectorMetrics{
		from: from, log: log,
		received: desc("received_total", "Items that the stream has taken."),
		sent:     desc("sent_total", "Messages that have left."),
		rejected: desc("rejected_total", "Requests that were refused, such as for a wrong signature."),
		doubted:  desc("doubted_total", "Requests that would be refused, were the account not only trying its checks."),
		lag:      desc("lag_seconds", "How old the newest item was when it was taken, by its provider's clock."),
		up:       desc("up", "1 while the account is served, 0 while it is tried again, refused or not served."),
		dead:     prometheus.NewDesc("skein_connector_dead", "Items that could not be handled and wait for somebody.", []string{"account"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (m *connectorMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.received, m.sent, m.rejected, m.doubted, m.lag, m.up, m.dead} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. While the bus is away there are none.
func (m *connectorMetrics) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	list, err := m.from.Statuses(ctx)
	if err != nil {
		m.log.Warn("the connectors' counters can't be read", "err", err)
		return
	}
	for _, s := range list {
		show := func(d *prometheus.Desc, kind prometheus.ValueType, value float64) {
			ch <- prometheus.MustNewConstMetric(d, kind, value, string(s.Channel), string(s.Account))
		}
		show(m.received, prometheus.CounterValue, float64(s.Received))
		show(m.sent, prometheus.CounterValue, float64(s.Sent))
		show(m.rejected, prometheus.CounterValue, float64(s.Rejected))
		show(m.doubted, prometheus.CounterValue, float64(s.Doubted))
		show(m.lag, prometheus.GaugeValue, s.LagSeconds)
		up := 0.0
		if s.State == connectors.Running || s.State == connectors.Paused {
			up = 1
		}
		show(m.up, prometheus.GaugeValue, up)
	}
	dead, err := m.from.DeadCounts(ctx)
	if err != nil {
		m.log.Warn("what is dead can't be counted", "err", err)
		return
	}
	for account, n := range dead {
		ch <- prometheus.MustNewConstMetric(m.dead, prometheus.GaugeValue, float64(n), string(account))
	}
}
