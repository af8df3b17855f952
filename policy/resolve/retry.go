package resolve

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// retry sends a request again where the host is busy or the connection broke.
type retry struct {
	times   int
	backoff time.Duration // before the first, doubled each time
	longest time.Duration // that a host may ask to wait
	timeout time.Duration // of one try, until its answer begins
}

// maxDrained bounds what is read of an answer that is thrown away.
const maxDrained = 64 << 10

// do sends req by send, which must be able to send it more than once. Where all
// tries fail the last answer is the answer.
func (r retry) do(req *http.Request, send func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	hasBody := req.Body != nil && req.Body != http.NoBody
	for try := 0; ; try++ {
		if hasBody && try > 0 {
			body, err := req.GetBody()
			if err != nil {
				return nil, err
			}
			req = req.Clone(req.Context())
			req.Body = body
		}
		resp, err := send(req)
		again, wait := r.again(resp, err, try)
		if !again || hasBody && req.GetBody == nil {
			return resp, err
		}
		if resp != nil {
			_, _ = io.CopyN(io.Discard, resp.Body, maxDrained)
			resp.Body.Close()
		}
		if waitErr := sleep(req.Context(), wait); waitErr != nil {
			return nil, errors.Join(waitErr, err)
		}
	}
}

// timed sends once and ends the try where its answer does not begin in time. The
// body is then under its reader's own limits.
func (r retry) timed(req *http.Request, send func(*http.Request) (*http.Response, error)) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	timer := time.AfterFunc(r.timeout, func() { cancel(context.DeadlineExceeded) })
	resp, err := send(req.WithContext(ctx))
	if err != nil {
		timer.Stop()
		if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			err = sayf(ErrTimeout, "no answer within %s", r.timeout)
		}
		cancel(nil)
		return nil, err
	}
	timer.Stop()
	resp.Body = &releasing{resp.Body, func() { cancel(nil) }}
	return resp, nil
}

// again tells whether a try is followed by another, and when.
func (r retry) again(resp *http.Response, err error, try int) (bool, time.Duration) {
	if try >= r.times {
		return false, 0
	}
	wait := r.backoff << try
	wait += rand.N(wait/4 + 1) // #nosec G404 -- spreads what is tried again, and is no secret
	if err != nil {
		return transient(err), wait
	}
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode < 500 || resp.StatusCode == http.StatusNotImplemented {
		return false, 0
	}
	if asked, ok := retryAfter(resp.Header.Get("Retry-After")); ok {
		return asked <= r.longest, max(asked, wait)
	}
	return true, wait
}

// transient tells a connection that broke from one that was never to be.
func transient(err error) bool {
	var s *said
	return !errors.As(err, &s) && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EPIPE))
}

// retryAfter reads the header of that name: seconds, or a time.
func retryAfter(text string) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, time.Until(at)), true
	}
	return 0, false
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
