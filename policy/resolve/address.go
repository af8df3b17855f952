package resolve

import (
	"net/netip"
	"strings"
)

// private are the networks besides those that net/netip names which no public
// host is in: what is on the machine, near it, or reserved.
var private = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"168.63.129.16/32", // Azure's service for the machines of a customer, though its address is public
	"::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fec0::/10",
)

// embedding are IPv6 networks whose addresses stand for an IPv4 address, with
// the byte that it begins at.
var embedding = map[netip.Prefix]int{
	netip.MustParsePrefix("64:ff9b::/96"): 12, // NAT64
	netip.MustParsePrefix("2002::/16"):    2,  // 6to4
}

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, p := range list {
		out[i] = netip.MustParsePrefix(p)
	}
	return out
}

// isPrivate tells whether an address is one that only a neighbour can reach.
func isPrivate(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return true
	}
	for _, p := range private {
		if p.Contains(a) {
			return true
		}
	}
	for p, at := range embedding {
		if p.Contains(a) {
			b := a.As16()
			return isPrivate(netip.AddrFrom4([4]byte(b[at : at+4])))
		}
	}
	return false
}

// host is a host with the port it is asked at, in the one spelling that hosts
// are compared in.
type host struct {
	name string
	port string // "" where an entry means all of them
}

// parseHost reads HOST, HOST:PORT or [ADDRESS]:PORT. port is the one that is
// meant where none is written.
func parseHost(text, port string) host {
	name := text
	if at := strings.LastIndexByte(text, ':'); at >= 0 && !strings.Contains(text[at:], "]") &&
		(strings.HasPrefix(text, "[") || strings.Count(text, ":") == 1) {
		name = text[:at]
		if text[at+1:] != "" {
			port = text[at+1:]
		}
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	if a, err := netip.ParseAddr(name); err == nil {
		name = a.Unmap().String()
	}
	return host{name, port}
}

func (h host) String() string {
	name := h.name
	if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	if h.port == "" {
		return name
	}
	return name + ":" + h.port
}

// hosts are those that something is allowed for.
type hosts []host

func parseHosts(list []string) hosts {
	out := make(hosts, 0, len(list))
	for _, text := range list {
		out = append(out, parseHost(text, ""))
	}
	return out
}

func (all hosts) has(h host) bool {
	for _, a := range all {
		if a.name == h.name && (a.port == "" || a.port == h.port) {
			return true
		}
	}
	return false
}

// isLocalName tells the names that resolvers answer with the machine itself.
func isLocalName(name string) bool {
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}
