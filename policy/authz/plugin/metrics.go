package plugin

import (
	"fmt"
	"io"
	"net/http"
	"time"

	// Not Prometheus' own client: importing it reads all that the runtime measures,
	// which every run of the program would wait two milliseconds for.
	vm "github.com/VictoriaMetrics/metrics"

	"github.com/imgpolicy/imgpolicy/policy/authz"
)

// metrics are what the plugin counts.
type metrics struct {
	families      []*family
	decisions     *family
	seconds       *vm.PrometheusHistogram
	reloads       *family
	rejected      *vm.Gauge
	auditFailures *vm.Counter
}

// family are the metrics of one name.
type family struct {
	*vm.Set
	name, kind, help string
}

// metricsPrefix is what the names of all begin with.
const metricsPrefix = "imgpolicy_authz_"

func (m *metrics) family(name, kind, help string) *family {
	f := &family{vm.NewSet(), metricsPrefix + name, kind, help}
	m.families = append(m.families, f)
	return f
}

// counter is that with these labels, such as {result="loaded"}.
func (f *family) counter(labels string) *vm.Counter { return f.GetOrCreateCounter(f.name + labels) }

func newMetrics() *metrics {
	m := &metrics{}
	m.decisions = m.family("decisions_total", "counter", "Requests decided, by what was asked of the daemon (other: nothing that fetches) and the decision.")
	seconds := m.family("decision_seconds", "histogram", "Time from the daemon's question to the answer.")
	m.seconds = seconds.NewPrometheusHistogramExt(seconds.name, []float64{.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .05, .25, 1})
	m.reloads = m.family("reloads_total", "counter", "Times the policy was read again, by the result.")
	rejected := m.family("policy_rejected", "gauge", "1 while the policy that is there was rejected and an older one is in force.")
	m.rejected = rejected.NewGauge(rejected.name, nil)
	m.auditFailures = m.family("audit_failures_total", "counter", "Decisions that could not be written to the audit.").counter("")
	for _, result := range []string{resultLoaded, resultRejected} {
		m.reload(result)
	}
	for _, endpoint := range append(authz.EndpointNames(), otherEndpoint) {
		m.decision(endpoint, "allow")
		m.decision(endpoint, "deny")
	}
	return m
}

// The values of labels.
const (
	resultLoaded   = "loaded"
	resultRejected = "rejected"
	otherEndpoint  = "other"
)

func (m *metrics) decision(endpoint, decision string) *vm.Counter {
	return m.decisions.counter(fmt.Sprintf("{decision=%q,endpoint=%q}", decision, endpoint))
}

func (m *metrics) reload(result string) *vm.Counter {
	return m.reloads.counter(fmt.Sprintf("{result=%q}", result))
}

func (m *metrics) handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		m.write(w)
	})
}

// write writes all in the text format of Prometheus, and what there is to know of the
// process.
func (m *metrics) write(w io.Writer) {
	for _, f := range m.families {
		fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", f.name, f.help, f.name, f.kind)
		f.WritePrometheus(w)
	}
	vm.WriteProcessMetrics(w)
	vm.WriteFDMetrics(w)
}

func (m *metrics) decided(v *authz.Verdict, took time.Duration) {
	endpoint, decision := v.Endpoint, "deny"
	if endpoint == "" {
		endpoint = otherEndpoint
	}
	if v.Allow {
		decision = "allow"
	}
	m.decision(endpoint, decision).Inc()
	m.seconds.Update(took.Seconds())
}

func (m *metrics) loaded() {
	m.rejected.Set(0)
	m.reload(resultLoaded).Inc()
}

func (m *metrics) refused() {
	m.rejected.Set(1)
	m.reload(resultRejected).Inc()
}
