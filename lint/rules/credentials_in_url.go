package rules

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile"
	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/lint"
)

func credentialsInURL() *lint.Rule {
	return &lint.Rule{
		ID:               "credentials-in-url",
		Summary:          "user name or password in a URL",
		Severity:         lint.Error,
		SecuritySeverity: "8.5",
		Doc: "Whatever stands in a URL stays in the Dockerfile, in the build's provenance and\n" +
			"in its logs. BuildKit takes credentials from build secrets instead:\n" +
			"`GIT_AUTH_TOKEN` for git, `HTTP_AUTH_TOKEN_<host>` for downloads.\n\n" +
			"Any user info in an http(s) URL is found, and a password in any other; the user\n" +
			"of `git@host:path` and `ssh://user@host` is none. The credentials themselves are\n" +
			"never printed.",
		Bad: "FROM scratch\nADD --checksum=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 " +
			"https://bot:s3cret@example.com/tool.tgz /\n",
		Good: "FROM scratch\nADD --checksum=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 " +
			"https://example.com/tool.tgz /\n",
		Check: func(p *lint.Pass) {
			for i := range p.Inputs {
				if url, ok := urlWithUserInfo(&p.Inputs[i]); ok {
					p.ReportInput(i, lint.Diagnostic{
						Message: fmt.Sprintf("%s holds credentials", url),
						Help:    secretHelp(&p.Inputs[i], url),
					})
				}
			}
		},
	}
}

// urlWithUserInfo is the URL of an input that holds credentials. Where the
// source is not known, what is written still tells.
func urlWithUserInfo(in *dockerfile.Input) (string, bool) {
	text := in.Word
	switch s := in.Source.(type) {
	case source.HTTP:
		text = s.URL
	case source.Git:
		text = s.Remote
	case nil:
		if in.Unknown.IsZero() {
			return "", false
		}
	default:
		return "", false
	}
	_, _, ok := source.URLUserInfo(text)
	return text, ok
}

func secretHelp(in *dockerfile.Input, text string) string {
	clean := withoutUserInfo(strings.Trim(text, `"'`))
	host := ""
	if u, err := url.Parse(clean); err == nil {
		host = u.Hostname()
	}
	if strings.HasPrefix(clean, "ssh://") {
		return fmt.Sprintf("write `%s` and build with `--ssh default`", clean)
	}
	if in.Kind == source.KindGit || host == "" {
		return fmt.Sprintf("write `%s` and build with `--secret id=GIT_AUTH_TOKEN,env=<variable>`", clean)
	}
	return fmt.Sprintf("write `%s` and build with `--secret id=HTTP_AUTH_TOKEN_%s,env=<variable>`", clean, host)
}
