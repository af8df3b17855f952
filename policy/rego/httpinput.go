package rego

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"golang.org/x/net/idna"

	"github.com/imgpolicy/imgpolicy/policy"
)

func (p *Policy) httpDocument(identifier, scheme string, attrs map[string]string, meta *policy.HTTPMetadata) (*document, error) {
	u, err := url.Parse(identifier)
	if err != nil {
		return nil, fmt.Errorf("failed to parse http source url: %w", err)
	}
	d := &document{kind: "http", fields: map[string]any{}}
	host := u.Host
	if !p.opt.OldHost {
		host = normalHost(u)
	}
	put(d.fields, "url", identifier)
	put(d.fields, "schema", scheme)
	put(d.fields, "host", host)
	put(d.fields, "path", u.Path)
	query := map[string]any{}
	for k, values := range u.Query() {
		list := make([]any, len(values))
		for i, v := range values {
			list[i] = jsonText(v)
		}
		query[jsonText(k)] = list
	}
	if len(query) > 0 {
		d.fields["query"] = query
	}
	_, hasAuth := attrs["http.authheadersecret"]
	put(d.fields, "hasAuth", hasAuth)
	if meta != nil {
		d.checksum, d.signature, d.attestations = meta.Checksum, meta.Signature, meta.Attestations
	}
	put(d.fields, "checksum", d.checksum)
	if d.checksum == "" {
		d.needs("checksum")
	}
	return d, nil
}

// normalHost is the host as Buildx v0.38 compares it: lower case, ASCII, without
// a trailing dot, IP addresses in their shortest form, no default port.
func normalHost(u *url.URL) string {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	host = strings.TrimSuffix(host, ".")
	if ip := net.ParseIP(host); ip != nil {
		host = ip.String()
	} else if ascii, err := idna.Lookup.ToASCII(host); err == nil {
		host = ascii
	}
	if port == "80" && u.Scheme == "http" || port == "443" && u.Scheme == "https" {
		port = ""
	}
	switch {
	case port != "":
		return net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		return "[" + host + "]"
	default:
		return host
	}
}
