package e2e

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"sync"
)

// either is a listener for TLS and for plain connections, as the client begins.
type either struct {
	net.Listener
	tls *tls.Config
}

// Accept returns a connection that finds out when it is read from.
func (l either) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &eitherConn{Conn: c, tls: l.tls}, nil
}

// eitherConn is a connection that the client begins on.
type eitherConn struct {
	net.Conn
	tls   *tls.Config
	begin sync.Once
	under net.Conn
}

// handshake is the first byte of a client that speaks TLS.
const handshake = 22

func (c *eitherConn) Read(b []byte) (int, error) {
	c.begin.Do(func() {
		first := make([]byte, 1)
		n, _ := io.ReadFull(c.Conn, first)
		c.under = begun{c.Conn, io.MultiReader(bytes.NewReader(first[:n]), c.Conn)}
		if first[0] == handshake {
			c.under = tls.Server(c.under, c.tls)
		}
	})
	return c.under.Read(b)
}

func (c *eitherConn) Write(b []byte) (int, error) { return c.under.Write(b) }

// begun is a connection of which something was read.
type begun struct {
	net.Conn
	all io.Reader
}

func (c begun) Read(b []byte) (int, error) { return c.all.Read(b) }
