package main

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"

	"bro_exporter/logs"
	"bro_exporter/parse"
)

// encoder makes a line of JSON of a snapshot, in memory that is used again. A line is what encoding/json
// makes of the field tags in package parse, which a test holds it to, at a fifth of the time:
// reflection and a method call for each of 500 numbers took four fifths of dump's.
type encoder struct{ b []byte }

func (e *encoder) encode(log logs.Log, s *parse.Snapshot) {
	e.b = append(e.b[:0], '{')
	e.text("process", log.Process)
	e.text("path", log.Path)
	e.snapshot(s)
	e.b = append(e.b, "}\n"...)
}

func (e *encoder) snapshot(s *parse.Snapshot) {
	e.float("time", parse.Opt[float64]{Value: s.Time, Measured: true})
	if s.Line != 0 {
		e.number("line", uint64(s.Line))
	}
	e.bool("first", s.First)
	e.bool("expensive", s.Expensive)
	e.text("releases", s.Releases.String())
	e.object("memory", func() {
		e.uint("total_bytes", s.Memory.Total)
		e.uint("total_adj_bytes", s.Memory.TotalAdj)
		e.uint("malloced_bytes", s.Memory.Malloced)
	})
	e.object("runtime", func() {
		e.float("user_system_seconds", s.Runtime.UserSys)
		e.float("user_seconds", s.Runtime.User)
		e.float("system_seconds", s.Runtime.Sys)
		e.float("real_seconds", s.Runtime.Real)
	})
	e.object("connections", func() { e.connections(&s.Conns) })
	e.states(&s.TCPStates)
	e.uint("reassembler_bytes", s.Reassembly)
	e.object("rule_matcher", func() {
		e.uint("matchers", s.Matcher.Matchers)
		e.uint("nfa_states", s.Matcher.NFAStates)
		e.uint("nfa_states_average", s.Matcher.AvgNFAStates)
		e.uint("dfa_states", s.Matcher.DFAStates)
		e.uint("dfa_states_computed", s.Matcher.Computed)
		e.uint("memory_bytes", s.Matcher.Mem)
	})
	e.object("timers", func() {
		e.uint("pending", s.Timers.Current)
		e.uint("pending_max", s.Timers.Max)
		e.uint("memory_bytes", s.Timers.Mem)
		e.float("lag_seconds", s.Timers.Lag)
		list(e, "by_name", s.Timers.ByName, e.timer)
	})
	e.object("dns", func() {
		e.uint("requests", s.DNS.Requests)
		e.uint("successful", s.DNS.Successful)
		e.uint("failed", s.DNS.Failed)
		e.uint("pending", s.DNS.Pending)
		e.uint("cached_hosts", s.DNS.CachedHosts)
		e.uint("cached_addresses", s.DNS.CachedAddrs)
	})
	e.object("triggers", func() {
		e.uint("total", s.Triggers.Total)
		e.uint("pending", s.Triggers.Pending)
	})
	e.object("threads", func() {
		e.uint("current", s.Threads.Current)
		list(e, "list", s.Threads.List, e.thread)
	})
	e.object("broker", func() { e.broker(&s.Comm) })
	e.object("globals", func() {
		list(e, "list", s.Globals.List, e.global)
		e.uint("size_bytes", s.Globals.Size)
		e.uint("table_entries", s.Globals.Entries)
		e.uint("table_entries_recursive", s.Globals.EntriesRecursive)
	})
}

func (e *encoder) connections(c *parse.Conns) {
	e.uint("total", c.Total)
	e.uint("current", c.Current)
	e.uint("sessions", c.Sessions)
	e.uint("external", c.Ext)
	e.uint("memory_bytes", c.Mem)
	e.float("memory_average_bytes", c.Avg)
	e.uint("session_table_bytes", c.Table)
	e.uint("connection_values_bytes", c.ConnVals)
	e.protocol("tcp", c.TCP)
	e.protocol("udp", c.UDP)
	e.protocol("icmp", c.ICMP)
	e.uint("expired_inactive", c.Expired)
}

func (e *encoder) protocol(key string, p parse.Protocol) {
	e.object(key, func() {
		e.uint("current", p.Current)
		e.uint("max", p.Max)
	})
}

func (e *encoder) states(m *parse.TCPStates) {
	if !m.Measured {
		return
	}
	b := e.key("tcp_states")
	for i, row := range m.Cells {
		b = append(b, opening(i))
		for j, cell := range row {
			b = strconv.AppendInt(append(b, opening(j)), cell, 10)
		}
		b = append(b, ']')
	}
	b = append(b, ']')
	e.b = b
}

// opening returns what stands before item i of an array.
func opening(i int) byte {
	if i == 0 {
		return '['
	}
	return ','
}

// Timers and threads make up half of a line, so their keys are constants.

func (e *encoder) timer(t *parse.Timer) {
	e.text("name", t.Name)
	e.b = strconv.AppendUint(append(e.b, `,"pending":`...), t.Pending, 10)
}

func (e *encoder) thread(t *parse.Thread) {
	e.text("name", t.Name)
	b := strconv.AppendUint(append(e.b, `,"messages_in":`...), t.In, 10)
	b = strconv.AppendUint(append(b, `,"messages_out":`...), t.Out, 10)
	b = strconv.AppendUint(append(b, `,"messages_pending_in":`...), t.PendingIn, 10)
	b = strconv.AppendUint(append(b, `,"messages_pending_out":`...), t.PendingOut, 10)
	b = strconv.AppendUint(append(b, `,"queue_in_reads":`...), t.InReads, 10)
	b = strconv.AppendUint(append(b, `,"queue_in_writes":`...), t.InWrites, 10)
	b = strconv.AppendUint(append(b, `,"queue_out_reads":`...), t.OutReads, 10)
	e.b = strconv.AppendUint(append(b, `,"queue_out_writes":`...), t.OutWrites, 10)
}

func (e *encoder) broker(c *parse.Comm) {
	e.uint("peers", c.Peers)
	e.uint("stores", c.Stores)
	e.uint("pending_queries", c.PendingQueries)
	e.uint("events_in", c.EventsIn)
	e.uint("events_out", c.EventsOut)
	e.uint("logs_in", c.LogsIn)
	e.uint("logs_out", c.LogsOut)
	e.uint("ids_in", c.IDsIn)
	e.uint("ids_out", c.IDsOut)
}

func (e *encoder) global(g *parse.Global) {
	if g.Name != "" {
		e.text("name", g.Name)
	}
	e.uint("size_bytes", g.Size)
	e.uint("table_entries", g.Entries)
	e.uint("table_entries_recursive", g.EntriesRecursive)
	e.float("create_expire_seconds", g.CreateExpire)
}

// key returns b with what stands before the value of a member.
func (e *encoder) key(key string) []byte {
	b := e.b
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = append(b, '"')
	b = append(b, key...)
	return append(b, '"', ':')
}

// object adds an object with the members that fields adds, or nothing if it adds none.
func (e *encoder) object(key string, fields func()) {
	before := len(e.b)
	e.b = append(e.key(key), '{')
	empty := len(e.b)
	if fields(); len(e.b) == empty {
		e.b = e.b[:before]
		return
	}
	e.b = append(e.b, '}')
}

// list adds an array of objects, or nothing if there is none.
func list[T any](e *encoder, key string, items []T, fields func(*T)) {
	if len(items) == 0 {
		return
	}
	e.b = e.key(key)
	for i := range items {
		e.b = append(e.b, opening(i), '{')
		fields(&items[i])
		e.b = append(e.b, '}')
	}
	e.b = append(e.b, ']')
}

func (e *encoder) uint(key string, o parse.Opt[uint64]) {
	if o.Measured {
		e.number(key, o.Value)
	}
}

func (e *encoder) number(key string, v uint64) {
	e.b = strconv.AppendUint(e.key(key), v, 10)
}

func (e *encoder) float(key string, o parse.Opt[float64]) {
	if !o.Measured {
		return
	}
	if v := math.Abs(o.Value); v == 0 || v >= 1e-6 && v < 1e21 {
		e.b = strconv.AppendFloat(e.key(key), o.Value, 'f', -1, 64)
		return
	}
	e.b = append(e.key(key), marshaled(o.Value)...)
}

func (e *encoder) bool(key string, v bool) {
	e.b = strconv.AppendBool(e.key(key), v)
}

func (e *encoder) text(key, s string) {
	b := e.key(key)
	for i := range len(s) {
		if c := s[i]; c-' ' > '~'-' ' || c == '"' || c == '\\' {
			b = append(b, marshaled(s)...)
			e.b = b
			return
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	b = append(b, '"')
	e.b = b
}

// marshaled is for what the log rarely holds. It makes names valid UTF-8.
func marshaled(v any) []byte {
	var b bytes.Buffer
	to := json.NewEncoder(&b)
	to.SetEscapeHTML(false)
	if err := to.Encode(v); err != nil {
		panic(err) // a string or a finite number: the parser takes no other
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
