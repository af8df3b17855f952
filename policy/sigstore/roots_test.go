package sigstore

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/policy-helpers/roots"
	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// published is a TUF repository of the test's own, with the files that it serves
// and those it was asked for.
type published struct {
	repository

	t     *testing.T
	key   ed25519.PrivateKey
	files map[string][]byte
	asked []string
}

// publish is one with the root that policy-helpers have. What it says expires
// after a time.
func publish(t *testing.T, valid time.Duration) *published {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	p := &published{repository: repository{url: "https://tuf.example"}, t: t, key: private, files: map[string][]byte{}}
	p.check(err)
	key, err := metadata.KeyFromPublicKey(public)
	p.check(err)
	text, err := roots.EmbeddedTUF.ReadFile("tuf-root/targets/" + rootFile)
	p.check(err)
	target, err := metadata.TargetFile().FromBytes(rootFile, text, "sha256")
	p.check(err)
	later := time.Now().Add(time.Hour)
	root, targets := metadata.Root(later), metadata.Targets(later)
	targets.Signed.Targets[rootFile] = target
	for _, role := range []string{metadata.ROOT, metadata.TARGETS, metadata.SNAPSHOT, metadata.TIMESTAMP} {
		p.check(root.Signed.AddKey(key, role))
	}
	p.root = encode(p, root)
	p.files["1.targets.json"] = encode(p, targets)
	p.files["1.snapshot.json"] = encode(p, metadata.Snapshot(later))
	p.files["timestamp.json"] = encode(p, metadata.Timestamp(time.Now().Add(valid)))
	p.files["targets/"+target.Hashes["sha256"].String()+"."+rootFile] = text
	return p
}

func (p *published) check(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func encode[T metadata.Roles](p *published, m *metadata.Metadata[T]) []byte {
	p.t.Helper()
	signer, err := signature.LoadSigner(p.key, crypto.Hash(0))
	p.check(err)
	_, err = m.Sign(signer)
	p.check(err)
	body, err := m.ToBytes(false)
	p.check(err)
	return body
}

func (p *published) fetch(_ context.Context, url string, _ int64) ([]byte, error) {
	name := strings.TrimPrefix(url, p.url+"/")
	p.asked = append(p.asked, name)
	if body, ok := p.files[name]; ok {
		return body, nil
	}
	return nil, fs.ErrNotExist
}

func unreachable(context.Context, string, int64) ([]byte, error) {
	return nil, errors.New("unreachable")
}

// TestOnline gets the root from a TUF repository, once in a run, and from what
// that has left in a later one.
func TestOnline(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"", filepath.Join(t.TempDir(), "a", "sigstore")} {
		p := publish(t, time.Hour)
		trusted := p.online(folder, p.fetch)
		if folder != "" {
			if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the folder is there: %v", err)
			}
		}
		if len(p.asked) > 0 {
			t.Errorf("%q were asked for", p.asked)
		}
		for range 2 {
			if m, err := trusted(t.Context()); err != nil || len(m.RekorLogs()) == 0 {
				t.Fatalf("%v, %v", m, err)
			}
		}
		if want := 5; len(p.asked) != want || p.asked[1] != "timestamp.json" {
			t.Errorf("%q were asked for", p.asked)
		}
		_, err := p.online(folder, unreachable)(t.Context())
		if kept := err == nil; kept != (folder != "") {
			t.Errorf("a later run without network, %q: %v", folder, err)
		}
	}
}

// TestOnlineFailing tells why there is no root, and asks no second time.
func TestOnlineFailing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	expired, forged := publish(t, -time.Hour), publish(t, time.Hour)
	forged.files["timestamp.json"] = publish(t, time.Hour).files["timestamp.json"]
	changed := publish(t, time.Hour)
	for name := range changed.files {
		if strings.HasSuffix(name, rootFile) {
			changed.files[name] = slices.Concat(changed.files[name], []byte("\n"))
		}
	}
	for name, tt := range map[string]struct {
		p     *published
		fetch Fetch
		want  string
	}{
		"unreachable": {forged, unreachable, "unreachable"},
		"expired":     {expired, expired.fetch, "expired"},
		"forged":      {forged, forged.fetch, "timestamp"},
		"changed":     {changed, changed.fetch, "length"},
	} {
		trusted := tt.p.online(filepath.Join(folder, name), tt.fetch)
		_, err := trusted(t.Context())
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
		asked := len(tt.p.asked)
		if _, again := trusted(t.Context()); again == nil || len(tt.p.asked) != asked {
			t.Errorf("%s: %v the second time, %d requests after %d", name, again, len(tt.p.asked), asked)
		}
	}
}

// TestOnlineWithoutFolder has a file where the folder should be.
func TestOnlineWithoutFolder(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p := publish(t, time.Hour)
	if _, err := p.online(file, p.fetch)(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestOffline takes what an earlier run has kept, and makes no folder.
func TestOffline(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "sigstore")
	p := publish(t, time.Hour)
	if m, err := p.offline(folder)(t.Context()); err != nil || len(m.RekorLogs()) == 0 {
		t.Errorf("%v, %v", m, err)
	}
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
	// Nothing but the log's name tells the kept root from the embedded one.
	for name, text := range p.files {
		if strings.HasSuffix(name, rootFile) {
			delete(p.files, name)
			changed := strings.ReplaceAll(string(text), "https://rekor.sigstore.dev", "https://rekor.example")
			p.republish(changed)
		}
	}
	if _, err := p.online(folder, p.fetch)(t.Context()); err != nil {
		t.Fatal(err)
	}
	m, err := p.offline(folder)(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, log := range m.RekorLogs() {
		if log.BaseURL == "https://rekor.example" {
			return
		}
	}
	t.Errorf("the embedded root was taken: %v", m.RekorLogs())
}

// republish publishes another root.
func (p *published) republish(text string) {
	p.t.Helper()
	target, err := metadata.TargetFile().FromBytes(rootFile, []byte(text), "sha256")
	p.check(err)
	targets := metadata.Targets(time.Now().Add(time.Hour))
	targets.Signed.Targets[rootFile] = target
	p.files["1.targets.json"] = encode(p, targets)
	p.files["targets/"+target.Hashes["sha256"].String()+"."+rootFile] = []byte(text)
}
