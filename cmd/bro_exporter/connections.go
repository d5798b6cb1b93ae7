package main

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// connections closes the connection that has been quiet for the longest time when there are too many.
// Refusing the newest would let whoever holds the others keep Prometheus out.
type connections struct {
	mu   sync.Mutex
	most int
	last map[net.Conn]time.Time // when its state last changed
}

func newConnections(most int) *connections {
	return &connections{most: most, last: map[net.Conn]time.Time{}}
}

// changed is an http.Server.ConnState.
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
		go func() { _ = oldest.Close() }() // by TLS it says good-bye, to whoever may not listen
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
