package resolve

import (
	"errors"
	"strings"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// complaints are what git and its helpers say, in English, and what that means.
var complaints = []struct {
	text string
	kind error
}{
	{"returned error: 429", ErrRateLimited},
	{"returned error: 404", ErrNotFound},
	{"returned error: 410", ErrNotFound},
	{"returned error: 5", ErrUnavailable},
	{"returned error: 3", ErrUnsupported},
	{"could not read Username", ErrUnauthorized},
	{"could not read Password", ErrUnauthorized},
	{"terminal prompts disabled", ErrUnauthorized},
	{"Authentication failed", ErrUnauthorized},
	{"returned error: 401", ErrUnauthorized},
	{"returned error: 403", ErrUnauthorized},
	{"Permission denied", ErrUnauthorized},
	{"Host key verification failed", ErrTLS},
	{"certificate", ErrTLS},
	{"gnutls_handshake", ErrTLS},
	{"SSL", ErrTLS},
	{"TLS", ErrTLS},
	{"not our ref", ErrNotFound},
	{"unadvertised object", ErrNotFound},
	{"couldn't find remote ref", ErrNotFound},
	{"Repository not found", ErrNotFound},
	{"repository not exported", ErrNotFound},
	{"does not appear to be a git repository", ErrNotFound},
	{"not found", ErrNotFound},
	{"timed out", ErrTimeout},
	{"Connection refused", ErrUnavailable},
	{"Failed to connect", ErrUnavailable},
	{"Could not resolve", ErrUnavailable},
	{"early EOF", ErrUnavailable},
	{"hung up", ErrUnavailable},
	{"Connection reset", ErrUnavailable},
	{"RPC failed", ErrUnavailable},
}

// errRedirected says that the repository is elsewhere.
var errRedirected = errors.New("redirected")

// gitError tells what git's complaint means.
func gitError(err error) error {
	var exit *exitError
	if !errors.As(err, &exit) {
		return err
	}
	for _, c := range complaints {
		if strings.Contains(exit.stderr, c.text) {
			text := gitComplaint(exit.stderr)
			if strings.Contains(text, "terminal prompts disabled") {
				return sayf(c.kind, "git: it wants a password, and there is none for it; it may not exist, or be private")
			}
			if c.kind == ErrUnsupported {
				return errors.Join(errRedirected, sayf(c.kind, "git: %s", text))
			}
			return sayf(c.kind, "git: %s", text)
		}
	}
	return sayf(ErrInvalid, "git: %s", gitComplaint(exit.stderr))
}

// gitComplaint is the line that says what went wrong, which is seldom the last.
func gitComplaint(stderr string) string {
	for _, prefix := range []string{"fatal: ", "ERROR: ", "error: ", "ssh: "} {
		for line := range strings.Lines(stderr) {
			if text, ok := strings.CutPrefix(line, prefix); ok {
				return source.Redact(strings.TrimSpace(text))
			}
		}
	}
	return source.Redact(lastLine(stderr))
}
