package resolve

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/imgpolicy/imgpolicy/dockerfile/source"
)

// statusError is an answer that is not what was asked for, in the words of the
// status and, for registries, of their first error.
func statusError(resp *http.Response) error {
	text := fmt.Sprintf("it answered %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	var structured transport.Error
	if json.Unmarshal(body, &structured) == nil && len(structured.Errors) > 0 {
		text += source.Redact(fmt.Sprintf(": %s: %s", structured.Errors[0].Code, structured.Errors[0].Message))
	}
	kind := statusKind(resp.StatusCode)
	if wait := resp.Header.Get("Retry-After"); kind == ErrRateLimited && wait != "" {
		text += ", try again after " + wait
		if _, err := strconv.ParseUint(wait, 10, 64); err == nil { // and no date
			text += " seconds"
		}
	}
	return sayf(kind, "%s", text)
}

func statusKind(status int) error {
	switch {
	case status == http.StatusNotFound || status == http.StatusGone:
		return ErrNotFound
	case status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusProxyAuthRequired:
		return ErrUnauthorized
	case status == http.StatusTooManyRequests:
		return ErrRateLimited
	case status == http.StatusRequestEntityTooLarge:
		return ErrTooLarge
	case status >= 500:
		return ErrUnavailable
	}
	return ErrInvalid
}

// registryKind is the kind of an error that go-containerregistry made.
func registryKind(err error) (error, bool) {
	var status *transport.Error
	if errors.As(err, &status) {
		return statusKind(status.StatusCode), true
	}
	return nil, false
}

// registryCause words one, without the request and the body that are in it.
func registryCause(err error) (string, bool) {
	var status *transport.Error
	if !errors.As(err, &status) {
		return "", false
	}
	return fmt.Sprintf("it answered %d %s", status.StatusCode, http.StatusText(status.StatusCode)), true
}
