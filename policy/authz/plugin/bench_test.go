package plugin

import (
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imgpolicy/imgpolicy/policy/authz"
)

// clients is how many ask at the same time, as many as a busy daemon keeps
// connections open for.
const clients = 16

// BenchmarkSocket asks over a socket, pulls that are allowed and denied and what
// is of no interest by turns, with an audit. Asking takes part of the same cores.
func BenchmarkSocket(b *testing.B) {
	dir := b.TempDir()
	socket := filepath.Join(dir, "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		b.Fatal(err)
	}
	p := New("v1", inForce(b, alpineOnly, authz.Options{}), audited(b, &file{room: -1}), func(string) {})
	server := &http.Server{Handler: p.Handler()}
	defer server.Close()
	go func() { _ = server.Serve(listener) }()
	client := &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: clients,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
	bodies := []string{pullAlpine, pullBusybox, info}
	took := make([]time.Duration, b.N)
	var next atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	for range clients {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				start := time.Now()
				if err := askOver(client, bodies[i%3], i%3 != 1); err != "" {
					b.Error(err)
				}
				took[i] = time.Since(start)
			}
		})
	}
	all.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "decisions/s")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

// askOver asks and compares the answer. It tells what is wrong, "" for nothing.
func askOver(client *http.Client, body string, allowed bool) string {
	resp, err := client.Post("http://plugin/AuthZPlugin.AuthZReq", "application/json", strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	if strings.Contains(string(text), `"Allow":true`) != allowed {
		return string(text)
	}
	return ""
}
