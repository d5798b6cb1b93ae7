package collector

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// patience is how long a file may take to be polled before it counts as one that hangs.
const patience = 5 * time.Second

// node is a prof.log that is followed.
type node struct {
	follower *follower
	found    time.Time
	missing  time.Time // since when discovery finds it no more, zero if it does

	busy atomic.Bool // it is being polled
	// polled is when a poll began, in Unix nanoseconds, 0 before the first.
	polled atomic.Int64
	view   atomic.Pointer[view] // nil before the first poll has ended
}

// take reports whether the caller may poll the node now.
func (n *node) take() bool { return n.busy.CompareAndSwap(false, true) }

// poll polls the file and reports whether anything of it has changed.
func (n *node) poll() (changed bool) {
	now := time.Now()
	n.polled.Store(now.UnixNano())
	v := n.follower.poll(now)
	return n.view.Swap(v) != v
}

// shown returns what is known of the node. A file that hangs at its first poll is down.
func (n *node) shown(now time.Time) *view {
	if v := n.view.Load(); v != nil {
		return v
	}
	v := &view{process: n.follower.process, path: n.follower.path}
	if now.Sub(n.found) > patience {
		v.file.polled, v.file.present = true, true
		v.err = silent
	}
	return v
}

const silent = "its disk does not answer"

// hangs reports whether the poll that is going on takes long.
func (n *node) hangs(now time.Time) bool {
	return n.busy.Load() && now.Sub(time.Unix(0, n.polled.Load())) > patience
}

// Run follows all prof.logs until ctx is done.
func (c *Collector) Run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	c.discover()
	running.Go(func() { every(ctx, c.config.DiscoveryInterval, c.discover) })
	start, ready := time.Now(), false
	poll := func() {
		c.pollAll(&running)
		if !ready && (c.allPolled() || time.Since(start) > patience) {
			ready = true
			close(c.ready)
		}
	}
	poll()
	every(ctx, c.config.PollInterval, poll)
}

// every calls do in an interval until ctx is done.
func every(ctx context.Context, interval time.Duration, do func()) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			do()
		}
	}
}

// Poll polls every prof.log there is once, takes it as it is although its process may be about to
// write more, and returns how many could be read.
func (c *Collector) Poll() int {
	read := 0
	now := time.Now()
	for _, file := range c.find().Files {
		n := &node{follower: newFollower(file, c.config, c.resyncs, &c.buffers), found: now}
		// What is half written today will not be completed in the time that we have.
		v := n.follower.poll(now.Add(givenUp))
		n.view.Store(v)
		if v.file.readable {
			read++
		}
		c.mu.Lock()
		c.nodes[file.Path] = n
		c.mu.Unlock()
	}
	return read
}

// pollAll polls every file that is not being polled yet. It returns when it has, or after a
// PollInterval: then a file hangs or there is too much to read, and what was left out is polled
// first the next time.
func (c *Collector) pollAll(running *sync.WaitGroup) {
	r := &round{nodes: c.idle(), done: make(chan struct{}), running: running}
	r.grow()
	timeout := time.NewTimer(c.config.PollInterval)
	defer timeout.Stop()
	select {
	case <-r.done:
	case <-timeout.C:
	}
	r.over.Store(true)
}

// idle returns the nodes that are not being polled, those first whose last poll is longest ago.
func (c *Collector) idle() []*node {
	c.mu.Lock()
	defer c.mu.Unlock()
	nodes := make([]*node, 0, len(c.nodes))
	for _, n := range c.nodes {
		if !n.busy.Load() {
			nodes = append(nodes, n)
		}
	}
	slices.SortFunc(nodes, func(a, b *node) int { return cmp.Compare(a.polled.Load(), b.polled.Load()) })
	return nodes
}

// allPolled reports whether every node was polled.
func (c *Collector) allPolled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.nodes {
		if n.view.Load() == nil {
			return false
		}
	}
	return true
}

// round is one poll of all files.
type round struct {
	nodes   []*node
	next    atomic.Int64  // index of the node to poll
	walkers atomic.Int64  // that walk along the nodes
	over    atomic.Bool   // the next round has begun
	done    chan struct{} // closed when no one walks any more
	running *sync.WaitGroup
}

// grow adds a walker, if there may be one more.
func (r *round) grow() {
	if r.walkers.Add(1) > int64(runtime.GOMAXPROCS(0)) {
		r.walkers.Add(-1)
		return
	}
	r.running.Go(func() {
		r.walk()
		if r.walkers.Add(-1) == 0 {
			close(r.done)
		}
	})
}

// walk polls one node after the other. Where something has changed there is work for another
// walker; where nothing has, waking one would cost more than the poll.
func (r *round) walk() {
	for !r.over.Load() {
		i := r.next.Add(1) - 1
		if i >= int64(len(r.nodes)) {
			return
		}
		n := r.nodes[i]
		if !n.take() {
			continue
		}
		if n.poll() {
			r.grow()
		}
		n.busy.Store(false)
	}
}
