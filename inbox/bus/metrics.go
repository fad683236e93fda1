package bus

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	inbound   *prometheus.CounterVec // by lane
	batches   prometheus.Counter
	retries   prometheus.Counter
	held      prometheus.Gauge
	forged    prometheus.Counter
	published *prometheus.CounterVec // by stream
	failed    *prometheus.CounterVec // by stream
	dead      prometheus.Counter
	replayed  prometheus.Counter
	purged    *prometheus.CounterVec // by stream
}

func newMetrics(r prometheus.Registerer) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "skein", Subsystem: "bus", Name: name, Help: help})
	}
	by := func(label, name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "skein", Subsystem: "bus", Name: name, Help: help}, []string{label})
	}
	m := &metrics{
		inbound:   by("lane", "inbound_items_total", "Items taken from INBOUND and acknowledged."),
		batches:   counter("inbound_batches_total", "Batches handled."),
		retries:   counter("inbound_retries_total", "Batches tried again in place after a transient failure."),
		held:      prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "skein", Subsystem: "bus", Name: "inbound_held", Help: "Items delivered and not yet acknowledged."}),
		forged:    counter("inbound_refused_total", "Items that a sidecar smuggled in as the answer to a request."),
		published: by("stream", "published_total", "Messages published and acknowledged."),
		failed:    by("stream", "publish_failures_total", "Messages that the stream did not take."),
		dead:      counter("dead_total", "Items put aside as unable to be handled."),
		replayed:  counter("replayed_total", "Items put back from DEAD."),
		purged:    by("stream", "purged_total", "Messages that the janitor removed."),
	}
	if r != nil {
		r.MustRegister(m.inbound, m.batches, m.retries, m.held, m.forged, m.published, m.failed, m.dead, m.replayed, m.purged)
	}
	return m
}
