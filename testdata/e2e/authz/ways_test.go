package authz

import (
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// house is a daemon with its plugin and a registry.
type house struct {
	*daemon
	plugin *guard
	images *images
	strict bool
}

// TestWays tries every way round the plugin, as it is and with --strict.
func TestWays(t *testing.T) {
	needDaemon(t)
	images := serveImages(t)
	g := newGuard(t, buildProgram(t), shortDir(t), images.policy())
	g.start()
	d := startDaemon(t, g.name)
	if out, ok := d.docker("swarm", "init", "--advertise-addr", "127.0.0.1"); !ok {
		t.Fatalf("docker swarm init: %s", out)
	}
	for _, strict := range []bool{false, true} {
		name := "lax"
		if strict {
			name = "strict"
			g.kill(15)
			g.start("--strict")
		}
		t.Run(name, func(t *testing.T) {
			h := &house{daemon: d, plugin: g, images: images, strict: strict}
			t.Run("clients", h.clients)
			t.Run("requests", h.requests)
			t.Run("builds", h.builds)
			t.Run("archives", h.archives)
			t.Run("services", h.services)
		})
	}
}

// of is a reference in the registry.
func (h *house) of(image string) string { return h.images.host + "/" + image }

// fresh is a daemon without images and a registry that was asked nothing.
func (h *house) fresh() {
	h.daemon.clear()
	h.images.forget()
}

// nothing makes sure that nothing of the images that are denied came in.
func (h *house) nothing(t *testing.T) {
	t.Helper()
	for _, repository := range []string{"bad", "other"} {
		if got := h.images.fetched(repository); len(got) > 0 {
			t.Errorf("the registry was asked for %q", got)
		}
	}
	if got := h.daemon.images(); got != "" {
		t.Errorf("images came in: %s", got)
	}
}

// clients are the docker clients there are: newer ones write names in full.
func clients() []string {
	out := []string{dockerClient}
	if other, err := exec.LookPath("docker"); err == nil && other != dockerClient {
		out = append(out, other)
	}
	return out
}

func (h *house) clients(t *testing.T) {
	for _, client := range clients() {
		for _, tt := range []struct {
			name string
			args []string
			// want is the image that comes in, and says what the client says where
			// none does.
			want, says string
		}{
			{"pull", []string{"pull", h.of("ok:1")}, "ok:1", ""},
			{"pull by digest", []string{"pull", h.of("ok@") + h.images.digests["ok:1"]}, "ok:<none>", ""},
			{"pull by tag and digest", []string{"pull", h.of("ok:1@") + h.images.digests["ok:1"]}, "ok:<none>", ""},
			{"pull of what is denied", []string{"pull", h.of("bad:1")}, "", "authorization denied by plugin " + h.plugin.name + ": " + h.of("bad:1") + " is denied by the image policy: blacklist entry"},
			{"pull of what is not listed", []string{"pull", h.of("other:1")}, "", h.of("other:1") + " is denied by the image policy: no whitelist entry matches"},
			{"pull by digest of what is not listed", []string{"pull", h.of("other@") + h.images.digests["other:1"]}, "", "is denied by the image policy"},
			{"pull of all tags", []string{"pull", "--all-tags", h.of("ok")}, "", h.of("ok") + " without a tag is denied"},
			{"create", []string{"create", h.of("ok:1")}, "ok:1", ""},
			{"create of what is not listed", []string{"create", h.of("other:1")}, "", h.of("other:1") + " is denied by the image policy"},
			{"run of what is not listed", []string{"run", h.of("other:1")}, "", h.of("other:1") + " is denied by the image policy"},
			{"plugin", []string{"plugin", "install", "--grant-all-permissions", h.of("other:1")}, "", ""},
			{"import", []string{"import", h.images.archive, "x:1"}, "", "docker import is denied"},
			{"import of a URL", []string{"import", "http://" + h.images.host + "/v2/", "x:1"}, "", "docker import is denied"},
		} {
			t.Run(filepath.Base(filepath.Dir(filepath.Dir(client)))+"/"+tt.name, func(t *testing.T) {
				h.fresh()
				out, ok := h.client(client, tt.args...)
				if tt.want == "" {
					if ok || !strings.Contains(out, tt.says) {
						t.Errorf("docker %s: %s", strings.Join(tt.args, " "), out)
					}
					if tt.args[0] != "plugin" { // whose privileges are asked of the registry by a GET
						h.nothing(t)
					}
					return
				}
				if got := h.daemon.images(); !ok || !strings.Contains(got, "/"+tt.want+"@") || strings.Count(got, "\n") != 1 {
					t.Errorf("docker %s: %s\nimages: %s", strings.Join(tt.args, " "), out, got)
				}
			})
		}
	}
}

func (h *house) requests(t *testing.T) {
	const create = "/v1.41/images/create"
	query := func(pairs ...string) string {
		var out []string
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, pairs[i]+"="+url.QueryEscape(pairs[i+1]))
		}
		return "?" + strings.Join(out, "&")
	}
	ok, other := query("fromImage", h.of("ok"), "tag", "1"), query("fromImage", h.of("other"), "tag", "1")
	form := query("fromImage", h.of("other"), "tag", "1")[1:]
	const isForm = "Content-Type: application/x-www-form-urlencoded"
	for _, tt := range []struct {
		name, request string
		code          int
		says          string
	}{
		{"as it should be", posted(create+ok, "", ""), 200, ""},
		{"unversioned", posted("/images/create"+ok, "", ""), 200, ""},
		{"unversioned, not listed", posted("/images/create"+other, "", ""), 403, "is denied by the image policy"},
		{"absolute form", posted("http://docker"+create+other, "", ""), 403, "is denied by the image policy"},
		{"encoded path", posted("/v1.41/images/%63reate"+other, "", ""), 403, "decoded it is another endpoint"},
		{"encoded path of what is listed", posted("/v1.41/images/%63reate"+ok, "", ""), 403, "decoded it is another endpoint"},
		{"form", posted(create+ok, isForm, form), 403, "a form as body"},
		{"form and another type", posted(create+ok, isForm+"\r\nContent-Type: text/plain", form), 403, "a body of Content-Length"},
		{"chunked form", chunked(create+ok, isForm, form), 403, "a form as body"},
		{"two tags", posted(create+query("fromImage", h.of("ok:1"), "tag", "2"), "", ""), 403, "these are two tags"},
		{"all tags by a colon", posted(create+query("fromImage", h.of("ok:")), "", ""), 403, "without a tag"},
		{"all tags by an empty tag", posted(create+query("fromImage", h.of("ok"), "tag", ""), "", ""), 403, "without a tag"},
		{"two images", posted(create+query("fromImage", h.of("ok"), "fromImage", h.of("other"), "tag", "1"), "", ""), 403, "fromImage is there 2 times"},
		{"two slashes", posted("/v1.41/images//create"+other, "", ""), 301, ""}, // before the plugin is asked
		{"dots", posted("/v1.41/images/x/../create"+other, "", ""), 301, ""},
		{"plugin without a body", posted("/v1.41/plugins/pull"+query("remote", h.of("ok:1")), "", ""), 403, "only application/json is shown"},
		{"plugin", posted("/v1.41/plugins/pull"+query("remote", h.of("other:1")), "Content-Type: application/json", "[]"), 403, "is denied by the image policy"},
		{"upgrade", posted("/v1.41/plugins/x/upgrade"+query("remote", h.of("other:1")), "Content-Type: application/json", "[]"), 403, "is denied by the image policy"},
		{"service without a type", posted("/v1.41/services/create", "", `{"Name":"x","TaskTemplate":{"ContainerSpec":{"Image":"`+h.of("other:1")+`"}}}`), 403, "only application/json is shown"},
		{"service with two images", posted("/v1.41/services/create", "Content-Type: application/json", `{"Name":"x","TaskTemplate":{"ContainerSpec":{"Image":"`+h.of("ok:1")+`","image":"`+h.of("other:1")+`"}}}`), 403, `the keys "Image" and "image"`},
		{"service with more after it", posted("/v1.41/services/create", "Content-Type: application/json", `{"Name":"x","TaskTemplate":{"ContainerSpec":{"Image":"`+h.of("ok:1")+`"}}}{}`), 403, "cannot be read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h.fresh()
			got, err := h.raw(tt.request)
			if err != nil || got.code != tt.code || !strings.Contains(got.body, tt.says) {
				t.Errorf("%d %s, %v", got.code, got.body, err)
			}
			if tt.code != 200 {
				h.nothing(t)
			} else if got := h.daemon.images(); !strings.HasPrefix(got, h.of("ok:1")) {
				t.Errorf("images: %s", got)
			}
		})
	}
	// Of headers that are there twice the daemon reads the first, and shows a plugin
	// the last; of a body without a length it shows nothing. Some clients send no
	// length for no body, so that only --strict denies it.
	t.Run("chunked form and another type", func(t *testing.T) {
		h.fresh()
		got, err := h.raw(chunked(create+ok, isForm+"\r\nContent-Type: text/plain", form))
		if err != nil {
			t.Fatal(err)
		}
		if h.strict {
			if got.code != 403 || !strings.Contains(got.body, "without Content-Length is denied by --strict") {
				t.Errorf("%d %s", got.code, got.body)
			}
			h.nothing(t)
		} else if images := h.daemon.images(); !strings.HasPrefix(images, h.of("other:1")) {
			t.Errorf("%d %s: the README says that this gets through; images: %s", got.code, got.body, images)
		}
	})
}

// The daemon shows a plugin nothing of what a build fetches.
func (h *house) builds(t *testing.T) {
	for name, buildkit := range map[string]string{"classic": "DOCKER_BUILDKIT=0", "BuildKit": "DOCKER_BUILDKIT=1"} {
		t.Run(name, func(t *testing.T) {
			h.fresh()
			out, ok := h.clientWith(dockerClient, []string{buildkit}, "", "build", "--tag", "built:1", dockerfile(t, h.of("other:1")))
			built := strings.Contains(h.daemon.images(), "built:1")
			switch {
			case !h.strict && (!ok || !built):
				t.Errorf("a build fails that the plugin does not see: %s", out)
			case h.strict && (ok || built || !strings.Contains(out, "--strict") && !strings.Contains(out, "received 403")):
				t.Errorf("a build with --strict: %s", out)
			case h.strict:
				h.nothing(t)
			}
		})
	}
}

func (h *house) archives(t *testing.T) {
	t.Run("load", func(t *testing.T) {
		h.fresh()
		out, ok := h.docker("load", "--input", h.images.archive)
		switch {
		case !h.strict && !ok:
			t.Errorf("docker load: %s", out)
		case h.strict && (ok || !strings.Contains(out, "docker load is denied")):
			t.Errorf("docker load with --strict: %s", out)
		case h.strict:
			h.nothing(t)
		}
	})
	// An image that is there, as one that was loaded before, is used without a
	// question.
	t.Run("present", func(t *testing.T) {
		h.fresh()
		args := []string{}
		if h.strict {
			h.plugin.kill(15)
			h.plugin.start(args...)
		}
		if out, ok := h.docker("load", "--input", h.images.archive); !ok {
			t.Fatalf("docker load: %s", out)
		}
		if h.strict {
			h.plugin.kill(15)
			h.plugin.start("--strict")
		}
		if out, ok := h.docker("create", h.of("other:1")); !ok {
			t.Errorf("docker create of an image that is there: %s", out)
		}
	})
}

func (h *house) services(t *testing.T) {
	t.Run("denied", func(t *testing.T) {
		h.fresh()
		for _, image := range []string{"bad:1", "other:1"} {
			out, ok := h.docker("service", "create", "--detach", "--name", "denied", "--restart-condition", "none", h.of(image))
			if ok || !strings.Contains(out, h.of(image)) || !strings.Contains(out, "is denied by the image policy") {
				t.Errorf("docker service create: %s", out)
			}
		}
		if got := h.daemon.images(); got != "" {
			t.Errorf("images came in: %s", got)
		}
	})
	t.Run("allowed and updated", func(t *testing.T) {
		h.fresh()
		defer h.docker("service", "rm", "web")
		if out, ok := h.docker("service", "create", "--detach", "--name", "web", "--restart-condition", "none", h.of("ok:1")); !ok {
			t.Fatalf("docker service create: %s", out)
		}
		for end := time.Now().Add(time.Minute); !strings.Contains(h.daemon.images(), h.of("ok:")); time.Sleep(200 * time.Millisecond) {
			if time.Now().After(end) {
				out, _ := h.docker("service", "ps", "--no-trunc", "web")
				t.Fatalf("the node does not pull: %s", out)
			}
		}
		out, ok := h.docker("service", "update", "--detach", "--image", h.of("bad:1"), "web")
		if ok || !strings.Contains(out, "is denied by the image policy") {
			t.Errorf("docker service update: %s", out)
		}
		if out, ok := h.docker("service", "update", "--detach", "--image", h.of("ok:2"), "web"); !ok {
			t.Errorf("docker service update: %s", out)
		}
		out, ok = h.docker("service", "update", "--detach", "--rollback", "web")
		if ok == h.strict || h.strict && !strings.Contains(out, "rollback of a service is denied") {
			t.Errorf("docker service update --rollback: %s", out)
		}
	})
}
