package resolve_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/golang/snappy"

	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/resolve"
)

// github is GitHub's API as far as it tells what is attested, by repository.
type github struct {
	answers map[string]string
	asked   []string
}

func (g *github) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.asked = append(g.asked, r.URL.RequestURI())
	switch {
	case r.URL.Path == "/file":
		fmt.Fprint(w, "hello")
	case strings.HasPrefix(r.URL.Path, "/bundles/"):
		text := []byte(`{"stored":1}`)
		if strings.HasSuffix(r.URL.Path, ".sn") {
			text = snappy.Encode(nil, text)
		}
		_, _ = w.Write(text)
	default:
		repository := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/repos/"), "/attestations/"+helloDigest)
		answer, ok := g.answers[repository]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		fmt.Fprint(w, strings.ReplaceAll(answer, "HOST", r.Host))
	}
}

const helloDigest = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

func TestGitHubAttestations(t *testing.T) {
	t.Parallel()
	g := &github{answers: map[string]string{
		"o/inline":  `{"attestations":[{"bundle":{"a":1},"bundle_url":"https://HOST/bundles/x"},{"bundle":{"a":2}},{}]}`,
		"o/stored":  `{"attestations":[{"bundle":null,"bundle_url":"https://HOST/bundles/a.json?sig=secret"}]}`,
		"o/packed":  `{"attestations":[{"bundle_url":"https://HOST/bundles/a.json.sn"}]}`,
		"o/none":    `{"attestations":[]}`,
		"o/text":    `sorry`,
		"o/many":    `{"attestations":[{}` + strings.Repeat(",{}", 32) + `]}`,
		"o/plain":   `{"attestations":[{"bundle_url":"http://example.com/bundles/a.json"}]}`,
		"o/private": `{"attestations":[{"bundle_url":"https://127.0.0.2/bundles/a.json?sig=secret"}]}`,
	}}
	host, roots := serve(t, g)
	o := options(host, roots)
	o.GitHub = "https://" + host
	r := resolve.New(o)
	defer r.Close()
	ask := func(repositories ...string) (*policy.Metadata, error) {
		return r.Metadata(t.Context(), policy.Question{
			Source: download(t, "https://"+host+"/file", ""), Needs: []string{"http.attestations"}, Repositories: repositories,
		})
	}
	for repository, want := range map[string]string{
		"o/inline": `[{"a":1},{"a":2}]`, "o/stored": `[{"stored":1}]`, "o/packed": `[{"stored":1}]`,
		"o/none": "null", "o/gone": "null", "../o": "null", "o/..": "null", "o": "null", "o/a/b": "null", "o/a?b": "null",
	} {
		m, err := ask(repository)
		if err != nil {
			t.Errorf("%s: %v", repository, err)
			continue
		}
		bundles, ok := m.HTTP.Attestations[repository]
		if text, _ := json.Marshal(bundles); string(text) != want || !ok || m.HTTP.Checksum != helloDigest {
			t.Errorf("%s: %s, want %s", repository, text, want)
		}
	}
	if want := "/repos/o/none/attestations/" + helloDigest + "?predicate_type=https%3A%2F%2Fslsa.dev%2Fprovenance%2Fv1"; !slices.Contains(g.asked, want) {
		t.Errorf("%q were asked for, not %s", g.asked, want)
	}
	for _, uri := range g.asked {
		if strings.Contains(uri, "..") || strings.Contains(uri, "/o/a") {
			t.Errorf("%s was asked for", uri)
		}
	}
	for repository, want := range map[string]error{
		"o/text": resolve.ErrInvalid, "o/many": resolve.ErrTooLarge, "o/plain": resolve.ErrPlainHTTP, "o/private": resolve.ErrPrivateAddress,
	} {
		if m, err := ask(repository); !errors.Is(err, want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, %v, want %v", repository, m, err, want)
		}
	}
	if m, err := ask("o/none", "o/inline"); err != nil || len(m.HTTP.Attestations) != 2 {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := ask(strings.Fields(strings.Repeat("o/none ", 17))...); !errors.Is(err, resolve.ErrUnsupported) {
		t.Errorf("too many: %v", err)
	}
}
