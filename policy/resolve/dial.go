package resolve

import (
	"context"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// guard knows which hosts may be asked at addresses that are not public, and
// without TLS.
type guard struct {
	insecure hosts
	// allowed are the hosts that may be at a private address.
	allowed func(host) bool
	dialer  net.Dialer
	// control sees every address before anything connects to it; nil to let it be.
	control func(address string) error
}

const dialTimeout = 10 * time.Second

// refusal is a connection that was not made.
func refusal(h host, address string) error {
	if address == h.name {
		return sayf(ErrPrivateAddress, "%s is a private address, and a Dockerfile alone does not send requests there; where it may be asked, use --allow-private %s", h, h)
	}
	return sayf(ErrPrivateAddress, "%s is at the private address %s, and a Dockerfile alone does not send requests there; where it may be asked, use --allow-private %s", h, address, h)
}

// DialContext connects to a host, and to no private address of one that is not
// allowed. The address is checked as the socket is about to connect to it, so
// that no name can mean another address by then.
func (g *guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	h := parseHost(address, "")
	d, allowed := g.dialer, g.allowed(h)
	d.ControlContext = func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
		a, err := netip.ParseAddrPort(resolved)
		if !allowed && (err != nil || isPrivate(a.Addr())) {
			return refusal(h, a.Addr().Unmap().String())
		}
		if g.control != nil {
			return g.control(resolved)
		}
		return nil
	}
	return d.DialContext(ctx, network, address)
}

// checkLiteral refuses a host that is written as a private address, where a
// proxy resolves names and nothing can be checked later.
func (g *guard) checkLiteral(h host) error {
	if g.allowed(h) {
		return nil
	}
	if isLocalName(h.name) {
		return refusal(h, "127.0.0.1")
	}
	if a, ok := literal(h.name); ok && isPrivate(a) {
		return refusal(h, a.String())
	}
	return nil
}

// addresses resolves a host for a program that connects by itself. None of them
// is private unless the host is allowed.
func (g *guard) addresses(ctx context.Context, h host) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	var found []netip.Addr
	if a, ok := literal(h.name); ok {
		found = []netip.Addr{a} // whatever it is as a name: curl and ssh do not look it up
	} else {
		var err error
		if found, err = net.DefaultResolver.LookupNetIP(ctx, "ip", h.name); err != nil {
			return nil, err
		}
	}
	for i, a := range found {
		found[i] = a.Unmap()
		if isPrivate(found[i]) && !g.allowed(h) {
			return nil, refusal(h, found[i].String())
		}
	}
	return found, nil
}
