package main

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"
)

// keptClient is a client that keeps its connection.
type keptClient struct {
	net.Conn
	replies *bufio.Reader
}

func newKeptClient(t *testing.T, address string) keptClient {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	return keptClient{conn, bufio.NewReader(conn)}
}

// get requests a page and returns the error of the request.
func (c keptClient) get() error {
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		return err
	}
	reply, err := http.ReadResponse(c.replies, nil)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	_, err = io.Copy(io.Discard, reply.Body)
	return err
}

// The newest connection is served, however many clients hold. The server closes the one that was quiet for
// longest.
func TestConnections(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "page") })
	server := newServer(page, "", slog.New(slog.DiscardHandler))
	// A client has its reply a moment before its connection is idle, so each waits for the one before.
	idle, changed := make(chan struct{}, 2*maxConnections), server.ConnState
	server.ConnState = func(conn net.Conn, state http.ConnState) {
		if changed(conn, state); state == http.StateIdle {
			idle <- struct{}{}
		}
	}
	served := make(chan error)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Close()
		<-served
	})
	const over = 20
	var clients []keptClient
	for i := range maxConnections + over {
		c := newKeptClient(t, listener.Addr().String())
		clients = append(clients, c)
		if err := c.get(); err != nil {
			t.Fatalf("client %d: %v", i, err)
		}
		<-idle
	}
	if err := newKeptClient(t, listener.Addr().String()).get(); err != nil {
		t.Errorf("one more client: %v", err)
	}
	for i, c := range clients[:over] {
		if _, err := c.replies.ReadByte(); err != io.EOF {
			t.Errorf("client %d: error %v, want the connection closed", i, err)
		}
	}
	for i, c := range clients[over+10:] {
		if err := c.get(); err != nil {
			t.Errorf("client %d: %v", over+10+i, err)
		}
	}
}
