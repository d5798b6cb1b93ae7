package main

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// connections closes the connection that has been quiet for longest when there are too many. If it refused
// the newest, the clients that hold the others could keep Prometheus out.
type connections struct {
	mu   sync.Mutex
	most int
	last map[net.Conn]time.Time // when its state last changed
}

func newConnections(most int) *connections {
	return &connections{most: most, last: map[net.Conn]time.Time{}}
}

// changed implements http.Server.ConnState.
func (c *connections) changed(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if state == http.StateClosed || state == http.StateHijacked {
		delete(c.last, conn)
		return
	}
	if _, known := c.last[conn]; !known && state != http.StateNew {
		return // it was closed here
	}
	c.last[conn] = time.Now()
	if len(c.last) > c.most {
		oldest := c.oldest()
		delete(c.last, oldest)
		go func() { _ = oldest.Close() }() // TLS says good-bye, and the client may not listen
	}
}

func (c *connections) oldest() (oldest net.Conn) {
	for conn, at := range c.last {
		if oldest == nil || at.Before(c.last[oldest]) {
			oldest = conn
		}
	}
	return oldest
}
