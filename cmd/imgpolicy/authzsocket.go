package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
)

// daemonSocket is where a daemon asks.
type daemonSocket struct {
	listener net.Listener
	name     string
	// made tells of the socket as it was made here, nil where systemd has it.
	path string
	made os.FileInfo
}

// listenForDaemon takes the socket that systemd hands over, or makes one.
func listenForDaemon(path string) (*daemonSocket, error) {
	given, err := activation.Listeners()
	if err != nil {
		return nil, err
	}
	switch {
	case len(given) > 1:
		return nil, fmt.Errorf("systemd hands over %d sockets, and one is needed; give the unit one ListenStream=", len(given))
	case len(given) == 1 && given[0] == nil:
		return nil, errors.New("what systemd hands over is no socket to listen at; give the unit one ListenStream=")
	case len(given) == 1:
		return &daemonSocket{listener: given[0], name: given[0].Addr().String()}, nil
	}
	if err := freeForSocket(path); err != nil {
		return nil, err
	}
	return makeSocket(path)
}

// freeForSocket makes sure that nobody else answers there. What is left of a
// plugin that was killed is in nobody's way.
func freeForSocket(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return failure{"socket " + path, cause(err), "run as root, or give another --socket"}
	case info.Mode()&fs.ModeSocket == 0:
		return failure{"socket " + path, "is there and is no socket", "remove it, or give another --socket"}
	}
	conn, err := net.DialTimeout("unix", path, time.Second)
	if err != nil {
		return nil
	}
	conn.Close()
	return failure{"socket " + path, "is answered by another process", "stop that first, or give another --socket"}
}

// makeSocket makes a socket that only its owner and group may ask at. It is made
// in a directory of its own and then moved: at no time is it there for others, or
// there and not listened at.
func makeSocket(path string) (*daemonSocket, error) {
	fail := func(err error) (*daemonSocket, error) {
		return nil, failure{"socket " + path, cause(err), "run as root, or give another --socket"}
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fail(err)
	}
	own, err := os.MkdirTemp(dir, ".")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(own)
	at := filepath.Join(own, "s")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: at, Net: "unix"})
	if err != nil {
		return fail(err)
	}
	listener.SetUnlinkOnClose(false) // by the name it was made under
	made, err := os.Lstat(at)
	if err == nil {
		err = os.Chmod(at, 0o660)
	}
	if err == nil {
		err = os.Rename(at, path)
	}
	if err != nil {
		listener.Close()
		return fail(err)
	}
	return &daemonSocket{listener: listener, name: path, path: path, made: made}, nil
}

// close ends listening, and removes the socket unless another has taken its place.
func (s *daemonSocket) close() {
	s.listener.Close()
	if s.made == nil {
		return
	}
	if now, err := os.Lstat(s.path); err == nil && os.SameFile(now, s.made) {
		os.Remove(s.path)
	}
}

// cause is an error of the system without what it was asked to do.
func cause(err error) string {
	var of *fs.PathError
	var network *net.OpError
	var link *os.LinkError
	switch {
	case errors.As(err, &of):
		err = of.Err
	case errors.As(err, &link):
		err = link.Err
	case errors.As(err, &network):
		err = network.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	return err.Error()
}
