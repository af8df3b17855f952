package policy

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/imgpolicy/imgpolicy/policy"
)

// generated is how many questions are made; IMGPOLICY_GENERATED asks for more.
const generated = 2400

// generate makes the question of a seed.
func generate(seed uint64) Question {
	r := newRNG(seed)
	q := r.question()
	kind, _, _ := strings.Cut(q.Source, "://")
	switch {
	case strings.HasPrefix(kind, "docker-image"):
		kind = "image"
	case kind == "https":
		kind = "http"
	case fields[kind] == nil:
		kind = "image"
	}
	q.Files = files()
	q.Modules = []policy.File{{Name: "Dockerfile.rego", Text: []byte(r.policy(kind))}}
	return q
}

func TestGeneratedAgreeWithBuildx(t *testing.T) {
	t.Parallel()
	first, n := uint64(0), uint64(generated)
	if text := os.Getenv("IMGPOLICY_GENERATED"); text != "" {
		from, count, _ := strings.Cut(text, "+")
		first, _ = strconv.ParseUint(from, 10, 64)
		n, _ = strconv.ParseUint(count, 10, 64)
	}
	const shards = 8
	counts := [shards]map[string]int{}
	t.Run("shards", func(t *testing.T) {
		for shard := range uint64(shards) {
			counts[shard] = map[string]int{}
			t.Run(fmt.Sprint(shard), func(t *testing.T) {
				t.Parallel()
				for seed := first + shard; seed < first+n; seed += shards {
					if !t.Run(fmt.Sprint(seed), func(t *testing.T) { counts[shard][agree(t, generate(seed)).Action]++ }) {
						t.Logf("question %d", seed)
					}
				}
			})
		}
	})
	total := map[string]int{}
	for _, c := range counts {
		for action, n := range c {
			total[action] += n
		}
	}
	t.Logf("%d questions: %v", n, total)
}
