package plugin

import (
	"encoding/json"
	"net/http"
)

// Status answers people and monitors, as the original does: /health, /version and
// /config are texts without an end of line, whatever the method. /metrics is
// Prometheus'.
func (p *Plugin) Status() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { text(w, p.health()) })
	mux.HandleFunc("/version", func(w http.ResponseWriter, _ *http.Request) { text(w, p.version) })
	mux.HandleFunc("/config", func(w http.ResponseWriter, _ *http.Request) { text(w, p.config()) })
	mux.Handle("/metrics", p.metrics.handler())
	return mux
}

func text(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(body)) // whoever asked is gone
}

// health is HEALTHY as long as there is an answer to be had: requests are decided.
// A second line says that it is by an old policy.
func (p *Plugin) health() string {
	if why := p.rejected.Load(); why != nil {
		return "HEALTHY\n" + *why
	}
	return "HEALTHY"
}

func (p *Plugin) config() string {
	text, err := json.MarshalIndent(p.inForce.Load().Lists, "", "    ")
	if err != nil {
		return err.Error() // these types can be encoded
	}
	return string(text)
}
