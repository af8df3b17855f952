package resolve

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
	"github.com/imgpolicy/imgpolicy/policy"
)

// What a lookup fails with, to be told apart by errors.Is.
var (
	// ErrNotFound says that the host answered and does not have it: no such tag,
	// digest, file, ref or commit. For a source that is pinned it is gone.
	ErrNotFound = errors.New("not found")
	// ErrUnauthorized says that the host wants other credentials, or any.
	ErrUnauthorized = errors.New("not authorized")
	// ErrPrivateAddress says that nothing was asked: the host is at an address
	// that a Dockerfile alone may not send requests to.
	ErrPrivateAddress = errors.New("private address")
	// ErrPlainHTTP says that the request would have left without TLS.
	ErrPlainHTTP = errors.New("plain HTTP")
	// ErrTLS says that the host could not prove who it is.
	ErrTLS = errors.New("no trusted TLS connection")
	// ErrTimeout says that the answer took too long.
	ErrTimeout = errors.New("timeout")
	// ErrTooLarge says that the answer is larger than is read.
	ErrTooLarge = errors.New("too large")
	// ErrRateLimited says that the host wants fewer requests.
	ErrRateLimited = errors.New("rate limited")
	// ErrUnavailable says that the host cannot be reached or has trouble of its
	// own.
	ErrUnavailable = errors.New("unavailable")
	// ErrMismatch says that the content is not what its digest says, or what the
	// host said of it.
	ErrMismatch = errors.New("digest mismatch")
	// ErrNoPlatform says that there is the image, but not for the platform.
	ErrNoPlatform = errors.New("no such platform")
	// ErrInvalid says that the answer makes no sense.
	ErrInvalid = errors.New("invalid answer")
	// ErrUnsupported says that this is not looked up at all.
	ErrUnsupported = policy.ErrUnsupported
)

// Error is a lookup that failed. It unwraps to one of the errors above and to
// what caused it, and its text has no credentials and no control characters.
type Error struct {
	// Reference is the source as people write it, Host what was asked about it.
	Reference, Host string
	Kind            error
	Err             error
}

func (e *Error) Error() string {
	text := printable(source.Redact(e.Reference)) + ": "
	if !strings.Contains(e.Reference, e.Host) {
		text += printable(e.Host) + ": "
	}
	text += cause(e.Err)
	if errors.Is(e.Kind, ErrTLS) && strings.Contains(text, "certificate") && e.Host != "" {
		text += "; have this machine trust its authority, or let it pass unchecked with --insecure-registry " + printable(e.Host)
	}
	return text
}

// Names is the source as people write it, which the text of the error begins
// with.
func (e *Error) Names() string { return e.Reference }

// Unwrap is the kind and the cause.
func (e *Error) Unwrap() []error { return []error{e.Kind, e.Err} }

// said is a cause in words of our own.
type said struct {
	kind error
	text string
}

func (s *said) Error() string { return s.text }
func (s *said) Unwrap() error { return s.kind }

func sayf(kind error, format string, args ...any) error {
	return &said{kind, fmt.Sprintf(format, args...)}
}

// failed is err as the error of a lookup. What is one already stays, and so does
// the end of the caller's own context, which is no failure of the host.
func failed(ctx context.Context, reference, host string, err error) error {
	var already *Error
	if err == nil || errors.As(err, &already) {
		return err
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return &Error{Reference: reference, Host: host, Kind: kindOf(err), Err: err}
}

// kindOf tells which of the errors above err is.
func kindOf(err error) error {
	var s *said
	if errors.As(err, &s) {
		return s.kind
	}
	if kind, ok := registryKind(err); ok {
		return kind
	}
	var (
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		verify   *tls.CertificateVerificationError
		record   tls.RecordHeaderError
		alert    tls.AlertError
		dns      *net.DNSError
		timeout  interface{ Timeout() bool }
	)
	switch {
	case errors.As(err, &unknown), errors.As(err, &hostname), errors.As(err, &invalid),
		errors.As(err, &verify), errors.As(err, &record), errors.As(err, &alert), errors.Is(err, http.ErrSchemeMismatch):
		return ErrTLS
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return ErrTimeout
	case errors.As(err, &dns), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return ErrUnavailable
	}
	var network net.Error
	if errors.As(err, &network) {
		return ErrUnavailable
	}
	return ErrInvalid
}

// cause words err for people. The texts of net/http repeat the URL, with
// whatever secret its query has, so they are never shown.
func cause(err error) string {
	var s *said
	var u *url.Error
	var dns *net.DNSError
	switch {
	case errors.As(err, &s):
		return printable(s.text)
	case errors.As(err, &dns) && dns.IsNotFound:
		return "no host has the name " + printable(dns.Name)
	case errors.As(err, &dns):
		return "the name " + printable(dns.Name) + " could not be looked up"
	case errors.Is(err, context.DeadlineExceeded):
		return "the answer took too long"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "the connection ended in the middle of the answer"
	case kindOf(err) == ErrTimeout:
		return "the answer took too long"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "it does not speak TLS"
	}
	if text, ok := registryCause(err); ok {
		return printable(text)
	}
	if errors.As(err, &u) {
		err = u.Err
	}
	return printable(source.Redact(err.Error()))
}

// maxCause bounds how much of another's words is shown.
const maxCause = 300

// printable is text on one line, without what a terminal would obey.
func printable(text string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', r == '\r':
			return ' '
		case !unicode.IsPrint(r):
			return '\ufffd'
		}
		return r
	}, strings.TrimSpace(text))
	if len(clean) <= maxCause {
		return clean
	}
	cut := clean[:maxCause]
	for !utf8.ValidString(cut) {
		cut = cut[:len(cut)-1]
	}
	return cut + "…"
}
