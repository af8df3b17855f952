package regex

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
	"github.com/imgpolicy/imgpolicy/policy/document"
)

func FuzzLoad(f *testing.F) {
	for _, text := range readCases(f).Configs {
		f.Add([]byte(text))
	}
	f.Add([]byte(testPolicy))
	f.Add([]byte("{\"whitelist\": [\"^a\\.b\", // c\n]}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := loadText(string(text))
		if err == nil {
			var model plugin
			if err := json.Unmarshal(text, &model); err != nil {
				t.Fatalf("Load took %q, encoding/json says %v", text, err)
			}
			l, ok := p.(*lists)
			if !ok || len(l.whitelist) != len(model.Whitelist) || len(l.blacklist) != len(model.Blacklist) || l.defaultAllow != model.DefaultAllow {
				t.Fatalf("Load(%q) = %+v, want %+v", text, l, model)
			}
			decide(t, p, mustImage(t, "alpine:3"))
			return
		}
		var bad *policy.LoadError
		if !errors.As(err, &bad) || p != nil {
			t.Fatalf("Load(%q) = %v, %v, want a *policy.LoadError", text, p, err)
		}
		lines := strings.Split(string(text), "\n")
		if bad.Line < 1 || bad.Line > len(lines) {
			t.Fatalf("Load(%q): line %d of %d", text, bad.Line, len(lines))
		}
		if n := utf8.RuneCountInString(lines[bad.Line-1]); bad.Column < 1 || bad.Column > n+1 {
			t.Fatalf("Load(%q): column %d of %d", text, bad.Column, n)
		}
		if message := err.Error(); document.Printable(bad.Message) != bad.Message && utf8.RuneCountInString(bad.Message) <= 200 || !utf8.ValidString(message) {
			t.Fatalf("Load(%q): unprintable %q", text, message)
		}
	})
}

// FuzzDecide compares with the plugin asked about every spelling, which are
// made here the long way.
func FuzzDecide(f *testing.F) {
	for _, c := range readCases(f).Cases {
		if c.Ref != "" {
			f.Add("^alpine:", ":latest$", false, c.Ref)
		}
	}
	f.Add(`^alpine:3\.18$`, "^docker:", true, "alpine:3.18"+digestA)
	f.Add("@sha256:", "^quay[.]io/", true, "quay.io/x/y"+digestA)
	f.Add("^lex.doy/", "", false, "docker.io/lex.doy/alpine:3") // whose short form is another image
	f.Add("x", "", false, "docker.io/lex.doy/alpine:3")
	f.Add("\x80", "u", true, "docker.iU/lep.doy/alx3") // which only the plain host matches
	f.Fuzz(func(t *testing.T, allow, deny string, defaultAllow bool, ref string) {
		text, err := json.Marshal(plugin{[]string{allow}, []string{deny}, defaultAllow})
		if err != nil {
			t.Fatal(err)
		}
		p, err := loadText(string(text))
		if err != nil {
			return
		}
		img, err := source.ParseImage(ref)
		if err != nil {
			return
		}
		var model plugin // what json.Marshal made of invalid UTF-8
		if err := json.Unmarshal(text, &model); err != nil {
			t.Fatal(err)
		}
		whitelisted, blacklisted := false, false
		spellings := longWay(img)
		for _, s := range spellings {
			whitelisted = whitelisted || plugin{Whitelist: model.Whitelist}.allows(s)
			blacklisted = blacklisted || !plugin{Blacklist: model.Blacklist, DefaultAllow: true}.allows(s)
		}
		// What denies is tried on the host as everybody writes it, too, which the
		// plugin does not do.
		host := plainHost(img.Host(), "https")
		host = cmp.Or(hubHosts[host], host)
		if plain, err := source.ParseReference(host + strings.TrimPrefix(img.Ref(), img.Host())); err == nil {
			for _, s := range longWay(plain) {
				blacklisted = blacklisted || !plugin{Blacklist: model.Blacklist, DefaultAllow: true}.allows(s)
			}
		}
		want := whitelisted || !blacklisted && defaultAllow
		got := decide(t, p, img)
		if (got.Outcome == policy.Allow) != want {
			t.Fatalf("Decide(%s) under %s = %v, want allow: %t", ref, text, got.Outcome, want)
		}
		if len(spellings) == 1 && img.Host() == host && want != model.allows(spellings[0]) {
			t.Fatalf("the plugin decides otherwise about %s under %s", spellings[0], text)
		}
		if !want && !strings.HasPrefix(got.Messages[0], img.Short()+" is denied by the image policy: ") {
			t.Fatalf("message %q, want it to name %s", got.Messages[0], img.Short())
		}
	})
}

func longWay(img source.Image) []string {
	names := []string{img.Name()}
	for _, implied := range []string{"docker.io/library/", "docker.io/"} {
		short, ok := strings.CutPrefix(img.Name(), implied)
		if same, err := source.ParseImage(short); ok && err == nil && same.Name() == img.Name() {
			names = append(names, short)
			break
		}
	}
	var out []string
	for _, name := range names {
		switch tag, digest := img.Tag(), img.Digest(); {
		case digest == "":
			out = append(out, name+":"+tag)
		case tag == "":
			out = append(out, name+":"+digest, name+"@"+digest)
		default:
			out = append(out, name+":"+digest, name+"@"+digest, name+":"+tag, name+":"+tag+"@"+digest)
		}
	}
	return out
}

// FuzzInspect takes out what is said never to decide, and makes the fixes: what
// is left decides the same, or is a policy at least.
func FuzzInspect(f *testing.F) {
	for _, seed := range [][4]string{
		{"^a:", "^a:1$", "^a", "a:1"},
		{`^quay\.io/`, `^(quay\.io/a|quay\.io/b):`, `:latest$`, "quay.io/a" + digestA},
		{`gcr.io/acme`, `(?i)gcr\.io/acme/`, `.*`, "gcr.io/acme/x:1" + digestA},
		{`^a:3|`, `x*`, `^docker\.io/library/a`, "a:3.1" + digestA},
		{`^(a|b)?c[de]+@`, `^ac`, `c\b`, "acd" + digestA},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	f.Fuzz(func(t *testing.T, first, second, deny, ref string) {
		text, err := json.Marshal(plugin{[]string{first, second}, []string{deny}, true})
		if err != nil {
			t.Fatal(err)
		}
		p, err := loadText(string(text))
		if err != nil {
			return
		}
		l, ok := p.(*lists)
		if !ok {
			t.Fatal("no lists")
		}
		img, imageErr := source.ParseImage(ref)
		for _, flaw := range l.Inspect(t.Context(), nil) {
			if string(text[flaw.Start:flaw.End]) == "" {
				t.Fatalf("%s: no entry at %d", flaw.Rule, flaw.Start)
			}
			for _, fix := range flaw.Fixes {
				changed := string(text)
				for _, e := range slices.Backward(fix.Edits) {
					changed = changed[:e.Start] + e.New + changed[e.End:]
				}
				if _, err := loadText(changed); err != nil {
					t.Fatalf("%s under %s: the fix makes %s: %v", flaw.Message, text, changed, err)
				}
			}
			if flaw.Rule != "pattern-shadowed" || imageErr != nil {
				continue
			}
			less := &lists{file: l.file, defaultAllow: true, fallback: l.fallback}
			less.whitelist = slices.DeleteFunc(slices.Clone(l.whitelist), func(e entry) bool { return e.start == flaw.Start })
			less.blacklist = slices.DeleteFunc(slices.Clone(l.blacklist), func(e entry) bool { return e.start == flaw.Start })
			was, is := decide(t, l, img), decide(t, less, img)
			if was.Outcome != is.Outcome || was.By != is.By {
				t.Fatalf("%s under %s: %s is decided by %v, without it by %v", flaw.Message, text, ref, was.By, is.By)
			}
		}
	})
}
