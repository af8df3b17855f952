package plugin

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/imgpolicy/imgpolicy/policy/authz"
)

// metrics are what the plugin counts, in a registry of their own.
type metrics struct {
	registry      *prometheus.Registry
	decisions     *prometheus.CounterVec
	seconds       prometheus.Histogram
	reloads       *prometheus.CounterVec
	rejected      prometheus.Gauge
	auditFailures prometheus.Counter
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "imgpolicy_authz_decisions_total",
			Help: "Requests decided, by what was asked of the daemon (other: nothing that fetches) and the decision.",
		}, []string{"endpoint", "decision"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "imgpolicy_authz_decision_seconds",
			Help:    "Time from the daemon's question to the answer.",
			Buckets: []float64{.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .05, .25, 1},
		}),
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "imgpolicy_authz_reloads_total",
			Help: "Times the policy was read again, by the result.",
		}, []string{"result"}),
		rejected: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "imgpolicy_authz_policy_rejected",
			Help: "1 while the policy that is there was rejected and an older one is in force.",
		}),
		auditFailures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "imgpolicy_authz_audit_failures_total",
			Help: "Decisions that could not be written to the audit.",
		}),
	}
	m.registry.MustRegister(m.decisions, m.seconds, m.reloads, m.rejected, m.auditFailures,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, result := range []string{resultLoaded, resultRejected} {
		m.reloads.WithLabelValues(result)
	}
	for _, endpoint := range append(authz.EndpointNames(), otherEndpoint) {
		m.decisions.WithLabelValues(endpoint, "allow")
		m.decisions.WithLabelValues(endpoint, "deny")
	}
	return m
}

// The values of labels.
const (
	resultLoaded   = "loaded"
	resultRejected = "rejected"
	otherEndpoint  = "other"
)

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

func (m *metrics) decided(v *authz.Verdict, took time.Duration) {
	endpoint, decision := v.Endpoint, "deny"
	if endpoint == "" {
		endpoint = otherEndpoint
	}
	if v.Allow {
		decision = "allow"
	}
	m.decisions.WithLabelValues(endpoint, decision).Inc()
	m.seconds.Observe(took.Seconds())
}

func (m *metrics) loaded() {
	m.rejected.Set(0)
	m.reloads.WithLabelValues(resultLoaded).Inc()
}

func (m *metrics) refused() {
	m.rejected.Set(1)
	m.reloads.WithLabelValues(resultRejected).Inc()
}
