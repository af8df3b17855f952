package regex

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/policy"
)

func BenchmarkDecide(b *testing.B) {
	var large strings.Builder
	for i := range 100 {
		fmt.Fprintf(&large, `"^registry\\.corp\\.example/team%d/",`, i)
	}
	policies := map[string]string{
		"small": testPolicy,
		"large": `{"whitelist":[` + large.String() + `"^redis:"],"blacklist":[` + large.String() + `"^docker:"]}`,
	}
	for _, size := range []string{"small", "large"} {
		p := mustLoad(b, policies[size])
		for _, bb := range []struct{ name, ref string }{
			{"allow", "redis:7"}, {"allow-pinned", "redis:7" + digestA}, {"deny", "docker:27"}, {"deny-default", "postgres:17"},
		} {
			r := policy.Request{Source: mustImage(b, bb.ref)}
			b.Run(size+"/"+bb.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := p.Decide(context.Background(), r); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	text := []byte(testPolicy)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := loadText(string(text)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkInspect is paid once for a policy.
func BenchmarkInspect(b *testing.B) {
	l, ok := mustLoad(b, testPolicy).(*lists)
	if !ok {
		b.Fatal("no lists")
	}
	b.ReportAllocs()
	for b.Loop() {
		findFlaws(l)
	}
}
