package labelled

import (
	"fmt"
	"hash/fnv"
	"io/fs"
	"slices"
	"strings"
)

// outlines returns the templates. The first three are single processes; of a cluster, the workers
// have the connections and the manager has the threads.
func outlines() map[string]outline {
	threads := []string{
		intelFile, "packet_filter/Log::WRITER_ASCII", "http/Log::WRITER_ASCII", "dns/Log::WRITER_ASCII",
		"weird/Log::WRITER_ASCII", "notice/Log::WRITER_ASCII", "ssl/Log::WRITER_ASCII", "conn/Log::WRITER_ASCII",
	}
	return map[string]outline{
		"2.3.2":          {log: "2.3.2/live/prof.log", threads: threads},
		"3.0.14":         {log: "3.0.14/live/prof.log", threads: threads},
		"7.0.11":         {log: "7.0.11/live/prof.log", threads: threads},
		"7.0.11-worker":  {log: "7.0.11-cluster/worker-1/prof.log"},
		"7.0.11-manager": {log: "7.0.11-cluster/manager/prof.log", threads: threads},
	}
}

// The loads a log may be written under.
func flat() load                     { return load{} }
func bursty(anHour float64) load     { return load{bursts: anHour} }
func daily(swing, peak float64) load { return load{swing: swing, peak: peak} }

func weekend(swing, peak, begin float64) load {
	return load{swing: swing, peak: peak, turn: begin, by: -0.35}
}

func monday(swing, peak, begin float64) load {
	return load{swing: swing, peak: peak, turn: begin, by: 0.5}
}

func (l load) name() string {
	switch {
	case l.by < 0:
		return fmt.Sprintf("weekend%.0f", 100*l.swing)
	case l.by > 0:
		return fmt.Sprintf("monday%.0f", 100*l.swing)
	case l.swing > 0:
		return fmt.Sprintf("daily%.0f", 100*l.swing)
	case l.bursts > 0:
		return "bursts"
	}
	return "flat"
}

// setting is how a leak goes on and what it hides in.
type setting struct {
	percent float64 // an hour, of the resource's level
	hours   float64
	load    load
	noise   float64
	shape   string
	curve   func(share float64) curve
	runs    int
	changes []change
}

// settings returns what each growing resource is tried in. A slow leak has time to become
// visible: percent x hours is at least 6 and at least three times the noise, and a
// leak that is not much faster than the traffic changes has more than a day.
func settings() []setting {
	mid := func(hours float64) func(float64) curve {
		return func(share float64) curve { return later(hours, linear(share)) }
	}
	return []setting{
		{percent: 0.5, hours: 24, load: flat(), noise: 0.02, curve: linear, runs: 1},
		{percent: 0.5, hours: 36, load: flat(), noise: 0.05, curve: linear, runs: 1},
		{percent: 0.5, hours: 48, load: daily(0.1, 9), noise: 0.02, curve: linear, runs: 1},
		{percent: 1, hours: 12, load: flat(), noise: 0.03, curve: linear, runs: 1},
		{percent: 1, hours: 24, load: bursty(0.2), noise: 0.03, curve: linear, runs: 1},
		{percent: 1, hours: 36, load: daily(0.2, 15), noise: 0.03, curve: linear, runs: 1},
		{percent: 2, hours: 12, load: flat(), noise: 0.05, curve: linear, runs: 1},
		{percent: 2, hours: 36, load: daily(0.3, 3), noise: 0.05, curve: linear, runs: 1},
		{percent: 2, hours: 36, load: weekend(0.3, 20, 26), noise: 0.03, curve: linear, runs: 1},
		{percent: 5, hours: 6, load: flat(), noise: 0.05, curve: linear, runs: 1},
		{percent: 5, hours: 12, load: flat(), noise: 0.05, shape: "stairs", curve: staircase, runs: 1},
		{percent: 5, hours: 12, load: flat(), noise: 0.03, shape: "starved", curve: linear, runs: 1, changes: []change{starved}},
		{percent: 5, hours: 12, load: flat(), noise: 0.03, shape: "wandering", curve: linear, runs: 1, changes: []change{wandering(0.05, 2)}},
		{percent: 5, hours: 36, load: daily(0.4, 12), noise: 0.05, shape: "withload", curve: withLoad, runs: 1},
		{percent: 10, hours: 3, load: flat(), noise: 0.05, curve: linear, runs: 1},
		{percent: 10, hours: 10, load: flat(), noise: 0.05, shape: "midlog", curve: mid(5), runs: 1},
		{percent: 10, hours: 25, load: daily(0.6, 6), noise: 0.1, curve: linear, runs: 1},
		{percent: 20, hours: 2, load: flat(), noise: 0.05, curve: linear, runs: 1},
		{percent: 20, hours: 6, load: bursty(1), noise: 0.1, curve: linear, runs: 1},
		{percent: 20, hours: 12, load: flat(), noise: 0.03, shape: "restarts", curve: linear, runs: 3},
		{percent: 50, hours: 1.5, load: flat(), noise: 0.05, curve: linear, runs: 1},
		{percent: 50, hours: 2, load: flat(), noise: 0.1, curve: linear, runs: 1},
	}
}

// growing is a resource that leaks by a share of its own level. Connections that no session table
// holds leak by a share of all sessions.
type growing struct {
	leak     string
	resource string
	variant  string   // of the one above it; only the shorter settings try it
	releases []string // the settings take turns
	changes  []change // what the sensor is like
}

func leaks() []growing {
	const files, dns, scheduled = "FileAnalysisInactivityTimer", "DNSExpireTimer", "ScheduleTimer"
	all := []string{"3.0.14", "7.0.11", "2.3.2", "7.0.11-worker"}
	single := []string{"7.0.11", "2.3.2", "3.0.14"}
	sizes := []string{"2.3.2", "3.0.14"} // of globals and connections are written until 5.0
	return []growing{
		{leak: "script-table", resource: ownTable, releases: all},
		{leak: "script-table", resource: ownTable, variant: "huge", releases: single, changes: []change{larger(ownTable, 8)}},
		{leak: "intel", resource: dataStore, releases: sizes, changes: []change{larger(dataStore, 50)}},
		{leak: "globals", resource: "Global_sizes total", releases: sizes},
		{leak: "core", resource: "Memory total", releases: all},
		{leak: "conns-held", resource: heldConns, releases: all},
		{leak: "sessions", resource: sessions, releases: all},
		{leak: "conn-memory", resource: "Conns avg", releases: sizes},
		{leak: "reassembler", resource: "Total reassembler data", releases: sizes},
		{leak: "timers", resource: files, releases: all},
		{leak: "timers", resource: dns, variant: "dns", releases: []string{"2.3.2", "7.0.11", "3.0.14"}},
		{leak: "timers", resource: scheduled, variant: "scheduled", releases: single, changes: []change{larger(scheduled, 100)}},
		{leak: "triggers", resource: "TriggerTimer", releases: all},
	}
}

// broken is a thing that stops or falls behind: it has no growth in percent.
type broken struct {
	leak    string
	what    string
	variant string
	hours   float64
	load    load
	leaks   change
}

func breakdowns() []broken {
	const connWriter, dnsWriter, noticeWriter = "conn/Log::WRITER_ASCII", "dns/Log::WRITER_ASCII", "notice/Log::WRITER_ASCII"
	day := daily(0.4, 14)
	return []broken{
		{leak: "thread-stuck", what: connWriter, variant: "from0.1h", hours: 6, load: flat(), leaks: readsLess(connWriter, allUntil(0.1, 0))},
		{leak: "thread-stuck", what: connWriter, variant: "from5.83h", hours: 6, load: flat(), leaks: readsLess(connWriter, allUntil(5.83, 0))},
		{leak: "thread-stuck", what: noticeWriter, variant: "from6h", hours: 12, load: flat(), leaks: readsLess(noticeWriter, allUntil(6, 0))},
		{leak: "thread-stuck", what: dnsWriter, variant: "from20h", hours: 24, load: day, leaks: readsLess(dnsWriter, allUntil(20, 0))},

		{leak: "backlog-in", what: connWriter, variant: "reads99%", hours: 12, load: flat(), leaks: readsLess(connWriter, allUntil(0, 0.99))},
		{leak: "backlog-in", what: dnsWriter, variant: "reads95%", hours: 24, load: day, leaks: readsLess(dnsWriter, allUntil(0, 0.95))},
		{leak: "backlog-in", what: connWriter, variant: "reads80%", hours: 6, load: flat(), leaks: readsLess(connWriter, allUntil(2, 0.8))},
		{leak: "backlog-in", what: dnsWriter, variant: "reads50%", hours: 4, load: flat(), leaks: readsLess(dnsWriter, allUntil(3, 0.5))},

		{leak: "backlog-out", what: ownReader, variant: "reads99%", hours: 12, load: flat(), leaks: mainReadsLess(allUntil(0, 0.99))},
		{leak: "backlog-out", what: ownReader, variant: "reads95%", hours: 24, load: day, leaks: mainReadsLess(allUntil(0, 0.95))},
		{leak: "backlog-out", what: ownReader, variant: "reads80%", hours: 6, load: flat(), leaks: mainReadsLess(allUntil(2, 0.8))},
		{leak: "backlog-out", what: ownReader, variant: "reads50%", hours: 4, load: flat(), leaks: mainReadsLess(allUntil(3, 0.5))},

		{leak: "reader", what: intelFile, variant: "reads99.5%", hours: 24, load: flat(), leaks: readsLess(intelFile, allUntil(0, 0.995))},
		{leak: "reader", what: intelFile, variant: "reads98%", hours: 24, load: day, leaks: readsLess(intelFile, allUntil(0, 0.98))},
		{leak: "reader", what: intelFile, variant: "reads95%", hours: 12, load: flat(), leaks: readsLess(intelFile, allUntil(0, 0.95))},
		{leak: "reader", what: intelFile, variant: "reads80%", hours: 6, load: flat(), leaks: readsLess(intelFile, allUntil(2, 0.8))},

		{leak: "dns-stuck", what: "DNS_Mgr pending", variant: "from0.2h", hours: 6, load: flat(), leaks: stuckDNS(0.2)},
		{leak: "dns-stuck", what: "DNS_Mgr pending", variant: "from5.5h", hours: 6, load: flat(), leaks: stuckDNS(5.5)},
		{leak: "dns-stuck", what: "DNS_Mgr pending", variant: "from6h", hours: 12, load: bursty(0.5), leaks: stuckDNS(6)},
		{leak: "dns-stuck", what: "DNS_Mgr pending", variant: "from12h", hours: 24, load: day, leaks: stuckDNS(12)},
	}
}

// sound is a healthy log.
type sound struct {
	class   string
	variant string
	hours   float64
	runs    int
	noise   float64
	load    load
	changes []change
}

func healthy() []sound {
	const connWriter, httpWriter, sslWriter = "conn/Log::WRITER_ASCII", "http/Log::WRITER_ASCII", "ssl/Log::WRITER_ASCII"
	const files = "FileAnalysisInactivityTimer"
	with := func(c ...change) []change { return c }
	return []sound{
		{class: "constant", hours: 6, runs: 1, noise: 0.01, load: flat()},
		{class: "constant", hours: 12, runs: 1, noise: 0.01, load: flat()},
		{class: "constant", hours: 24, runs: 1, noise: 0.02, load: flat()},

		{class: "noise", hours: 6, runs: 1, noise: 0.1, load: flat()},
		{class: "noise", hours: 12, runs: 1, noise: 0.05, load: flat()},
		{class: "noise", hours: 24, runs: 1, noise: 0.1, load: flat()},

		{class: "diurnal", variant: "morning", hours: 6, runs: 1, noise: 0.03, load: daily(0.6, 8)},
		{class: "diurnal", variant: "morning", hours: 12, runs: 1, noise: 0.05, load: daily(0.4, 12)},
		{class: "diurnal", variant: "evening", hours: 10, runs: 1, noise: 0.03, load: daily(0.5, 1)},
		{class: "diurnal", hours: 24, runs: 1, noise: 0.05, load: daily(0.3, 20)},
		{class: "diurnal", hours: 36, runs: 1, noise: 0.05, load: daily(0.6, 11)},
		{class: "diurnal", hours: 48, runs: 1, noise: 0.1, load: weekend(0.4, 15, 26)},
		{class: "diurnal", hours: 48, runs: 1, noise: 0.05, load: monday(0.3, 14, 24)},

		{class: "bursts", hours: 6, runs: 1, noise: 0.05, load: bursty(2)},
		{class: "bursts", hours: 12, runs: 1, noise: 0.03, load: bursty(0.5)},
		{class: "bursts", hours: 24, runs: 1, noise: 0.05, load: bursty(0.2)},

		{class: "start-up", variant: "0.5h", hours: 6, runs: 1, noise: 0.03, load: flat(), changes: with(slowStart(0.5))},
		{class: "start-up", variant: "1h", hours: 8, runs: 1, noise: 0.05, load: flat(), changes: with(slowStart(1))},
		{class: "start-up", variant: "1h", hours: 24, runs: 1, noise: 0.03, load: daily(0.3, 4), changes: with(slowStart(1))},

		{class: "steps", variant: "up", hours: 12, runs: 1, noise: 0.03, load: flat(), changes: with(reload([]float64{5}, []float64{0.4}))},
		{class: "steps", variant: "down", hours: 12, runs: 1, noise: 0.05, load: flat(), changes: with(reload([]float64{7}, []float64{-0.3}))},
		{class: "steps", variant: "up-down-up", hours: 24, runs: 1, noise: 0.03, load: daily(0.3, 9), changes: with(reload([]float64{4, 11, 18}, []float64{0.5, 0.1, 0.3}))},
		{class: "steps", variant: "up-up-down-up", hours: 12, runs: 1, noise: 0.03, load: flat(), changes: with(reload([]float64{2, 5, 8, 11}, []float64{0.1, 0.2, 0.05, 0.12}))},

		{class: "restarts", variant: "two", hours: 24, runs: 2, noise: 0.05, load: daily(0.3, 14)},
		{class: "restarts", variant: "four", hours: 12, runs: 4, noise: 0.03, load: flat()},
		{class: "restarts", variant: "hourly", hours: 12, runs: 12, noise: 0.05, load: flat()},

		{class: "backlog-drains", variant: "in", hours: 6, runs: 1, noise: 0.05, load: flat(), changes: with(backlog(connWriter, false, 2, 20))},
		{class: "backlog-drains", variant: "in-late", hours: 6, runs: 1, noise: 0.05, load: flat(), changes: with(backlog(connWriter, false, 5, 20))},
		{class: "backlog-drains", variant: "in-twice", hours: 12, runs: 1, noise: 0.05, load: flat(), changes: with(backlog(connWriter, false, 3, 60), backlog(httpWriter, false, 8, 30))},
		{class: "backlog-drains", variant: "out", hours: 6, runs: 1, noise: 0.05, load: flat(), changes: with(backlog(ownReader, true, 4, 15))},

		{class: "saw-tooth", variant: "0.5h", hours: 6, runs: 1, noise: 0.03, load: flat(), changes: with(fills(saw(0.5, 0.9)))},
		{class: "saw-tooth", variant: "1h", hours: 10.5, runs: 1, noise: 0.05, load: flat(), changes: with(fills(saw(1, 2)))},
		{class: "saw-tooth", variant: "2h", hours: 15.8, runs: 1, noise: 0.03, load: daily(0.2, 9), changes: with(fills(saw(2, 1)))},

		{class: "plateau", variant: "0.5h", hours: 6, runs: 1, noise: 0.03, load: flat(), changes: with(fills(plateau(0.5, 1)))},
		{class: "plateau", variant: "1h", hours: 12, runs: 1, noise: 0.05, load: flat(), changes: with(fills(plateau(1, 2)))},
		{class: "plateau", variant: "2h", hours: 24, runs: 1, noise: 0.03, load: daily(0.3, 5), changes: with(fills(plateau(2, 1)))},

		{class: "dfa-cache", variant: "1h", hours: 8, runs: 1, noise: 0.03, load: flat(), changes: with(cacheOf(5, 1))},
		{class: "dfa-cache", variant: "2h", hours: 12, runs: 1, noise: 0.03, load: flat(), changes: with(cacheOf(3, 2))},
		{class: "dfa-cache", variant: "3h", hours: 24, runs: 1, noise: 0.05, load: daily(0.3, 8), changes: with(cacheOf(10, 3))},

		{class: "rare-records", hours: 12, runs: 1, noise: 0.05, load: flat(), changes: with(restlessMemory)},
		{class: "rare-records", hours: 24, runs: 1, noise: 0.05, load: flat(), changes: with(restlessMemory)},
		{class: "rare-records", hours: 48, runs: 1, noise: 0.05, load: daily(0.2, 13), changes: with(restlessMemory)},

		{class: "memory-burst", hours: 6, runs: 1, noise: 0.03, load: flat(), changes: with(grow("Memory total", bump(4, 5, 0.3)))},
		{class: "memory-burst", hours: 12, runs: 1, noise: 0.03, load: flat(), changes: with(grow("Memory total", bump(6, 10, 0.5)))},
		{class: "memory-burst", variant: "late", hours: 12, runs: 1, noise: 0.03, load: flat(), changes: with(grow("Memory total", bump(11, 2, 0.2)))},

		{class: "busy-spells", variant: "timers", hours: 12, runs: 1, noise: 0.05, load: flat(), changes: with(spell(files, 7), spell("TCPConnectionExpireTimer", 9))},
		{class: "busy-spells", variant: "triggers", hours: 6, runs: 1, noise: 0.05, load: flat(), changes: with(spell("TriggerTimer", 4.5), spell("TriggerTimer", 2))},
		{class: "busy-spells", variant: "conns", hours: 8, runs: 1, noise: 0.05, load: flat(), changes: with(spell(sessions, 6), spell("Total reassembler data", 5))},

		{class: "dns-burst", hours: 6, runs: 1, noise: 0.05, load: flat(), changes: with(busyDNS(3, 5))},
		{class: "dns-burst", hours: 12, runs: 1, noise: 0.05, load: flat(), changes: with(busyDNS(10, 15))},
		{class: "dns-burst", variant: "late", hours: 12, runs: 1, noise: 0.05, load: flat(), changes: with(busyDNS(11.7, 6))},

		{class: "idle-threads", hours: 6, runs: 1, noise: 0.03, load: flat(), changes: with(idleThreads)},
		{class: "idle-threads", hours: 12, runs: 1, noise: 0.05, load: daily(0.3, 9), changes: with(idleThreads)},
		{class: "idle-threads", hours: 24, runs: 1, noise: 0.05, load: flat(), changes: with(idleThreads)},

		{class: "thread-replaced", hours: 6, runs: 1, noise: 0.03, load: flat(), changes: with(replaced(connWriter, 3))},
		{class: "thread-replaced", hours: 12, runs: 1, noise: 0.03, load: flat(), changes: with(replaced(intelFile, 6), replaced(sslWriter, 8))},
		{class: "thread-replaced", variant: "late", hours: 12, runs: 1, noise: 0.05, load: flat(), changes: with(replaced(connWriter, 11.5))},

		{class: "late-writers", hours: 6, runs: 1, noise: 0.03, load: flat(), changes: with(appears(connWriter, 1), appears(sslWriter, 4))},
		{class: "late-writers", hours: 12, runs: 1, noise: 0.03, load: flat(), changes: with(appears(httpWriter, 6), appears(sslWriter, 11))},
		{class: "late-writers", hours: 24, runs: 1, noise: 0.05, load: daily(0.4, 10), changes: with(appears(connWriter, 3), appears(sslWriter, 12))},

		{class: "zero-start", variant: "2", hours: 6, runs: 1, noise: 0.03, load: flat(), changes: with(zeroSnapshots(2))},
		{class: "zero-start", variant: "5", hours: 6, runs: 1, noise: 0.05, load: flat(), changes: with(zeroSnapshots(5))},
		{class: "zero-start", variant: "twice", hours: 12, runs: 2, noise: 0.03, load: flat(), changes: with(zeroSnapshots(3))},

		{class: "never-expensive", hours: 6, runs: 1, noise: 0.03, load: flat(), changes: with(neverExpensive)},
		{class: "never-expensive", hours: 12, runs: 1, noise: 0.05, load: bursty(0.5), changes: with(neverExpensive)},
		{class: "never-expensive", hours: 24, runs: 1, noise: 0.05, load: daily(0.4, 7), changes: with(neverExpensive)},

		{class: "short", hours: 10 * interval / 3600., runs: 1, noise: 0.05, load: flat()},
		{class: "short", hours: 4 * interval / 3600., runs: 1, noise: 0.05, load: flat()},
		{class: "short", hours: 0.25, runs: 1, noise: 0.1, load: bursty(2)},

		{class: "idle", hours: 1, runs: 1, noise: 0.03, load: flat(), changes: with(idle)},
		{class: "idle", hours: 6, runs: 1, noise: 0.03, load: flat(), changes: with(idle)},
		{class: "idle", hours: 24, runs: 1, noise: 0.03, load: flat(), changes: with(idle)},

		{class: "wandering", hours: 6, runs: 1, noise: 0.03, load: flat(), changes: with(wandering(0.15, 2))},
		{class: "wandering", hours: 12, runs: 1, noise: 0.05, load: flat(), changes: with(wandering(0.2, 4))},
		{class: "wandering", hours: 24, runs: 1, noise: 0.03, load: daily(0.3, 17), changes: with(wandering(0.15, 3))},

		{class: "scans", hours: 6, runs: 1, noise: 0.05, load: flat(), changes: with(scans(2))},
		{class: "scans", hours: 12, runs: 1, noise: 0.03, load: flat(), changes: with(scans(0.5))},
		{class: "scans", hours: 24, runs: 1, noise: 0.05, load: daily(0.4, 11), changes: with(scans(0.3))},

		{class: "starved", hours: 6, runs: 1, noise: 0.05, load: flat(), changes: with(starved)},
		{class: "starved", hours: 12, runs: 1, noise: 0.1, load: bursty(1), changes: with(starved)},
		{class: "starved", hours: 24, runs: 1, noise: 0.05, load: daily(0.5, 6), changes: with(starved)},
	}
}

// specs returns a whole set of made logs.
func specs(set int) []spec {
	all := slices.Concat(leakySpecs(), brokenSpecs(), healthySpecs())
	for i := range all {
		all[i].seed = hash(all[i].name()) + uint64(set)
	}
	return all
}

func leakySpecs() []spec {
	var all []spec
	for k, g := range leaks() {
		for i, s := range settings() {
			if g.variant != "" && s.hours > 12 {
				continue
			}
			all = append(all, spec{
				class: g.leak, leak: g.leak, what: g.resource, percent: s.percent, variant: g.variant + s.shape,
				template: g.releases[(i+k)%len(g.releases)], hours: s.hours, runs: s.runs, noise: s.noise, load: s.load,
				changes: slices.Concat(g.changes, s.changes), leaks: grow(g.resource, s.curve(s.percent/100)),
			})
		}
	}
	return all
}

func brokenSpecs() []spec {
	var all []spec
	for _, b := range breakdowns() {
		for i, release := range []string{"2.3.2", "3.0.14", "7.0.11"} {
			noises := []float64{0.02, 0.05, 0.1}
			all = append(all, spec{
				class: b.leak, leak: b.leak, what: b.what, variant: b.variant,
				template: release, hours: b.hours, noise: noises[i], load: b.load, leaks: b.leaks,
			})
		}
	}
	return all
}

func healthySpecs() []spec {
	single := []string{"2.3.2", "3.0.14", "7.0.11"}
	every := slices.Concat(single, []string{"7.0.11-worker", "7.0.11-manager"})
	var all []spec
	for _, s := range healthy() {
		releases := every
		if s.changes != nil {
			releases = single
		}
		for _, release := range releases {
			all = append(all, spec{
				class: s.class, variant: s.variant, template: release,
				hours: s.hours, runs: s.runs, noise: s.noise, load: s.load, changes: s.changes,
			})
		}
	}
	return all
}

func (s *spec) name() string {
	parts := []string{s.class}
	if s.percent > 0 {
		parts = append(parts, fmt.Sprintf("%g%%", s.percent), "h")
	}
	if s.variant != "" {
		parts = append(parts, s.variant)
	}
	parts = append(parts, s.load.name(), fmt.Sprintf("noise%g", 100*s.noise), fmt.Sprintf("%.3gh", s.hours), s.template)
	return strings.Join(parts, "/")
}

// hash makes the seed of a log from its name, so that it stays the same when the set grows.
func hash(name string) uint64 {
	h := fnv.New32a()
	h.Write([]byte(name))
	return uint64(h.Sum32())
}

// realLogs returns the logs in testdata whose truth is known. Two are missing because people could
// disagree about them: a table filled on purpose up to a limit (heap-over-4GiB) and a file read
// again and again without a pause (input-queue).
func realLogs(testdata fs.FS) []Case {
	var all []Case
	for _, l := range []struct{ leak, what, path string }{
		// Local scripts, loopback traffic of a few minutes.
		{path: "2.3.2/live/prof.log"},
		{path: "3.0.14/live/prof.log"},
		{path: "7.0.11/live/prof.log"},
		{path: "2.3.2/live-default-interval/prof.log"},
		{path: "7.0.11/live-default-interval/prof.log"},
		// The same with event profiling_update printing its own lines.
		{path: "2.3.2/custom/prof.log"},
		{path: "3.0.14/custom/prof.log"},
		{path: "7.0.11/custom-no-newline/prof.log"},
		{path: "2.3.2/longline/prof.log"},
		// No traffic, threads with odd names; then processes of a few seconds.
		{path: "2.3.2/threads/prof.log"},
		{path: "3.0.14/threads/prof.log"},
		{path: "7.0.11/threads/prof.log"},
		{path: "2.3.2/restart/prof.run1.log"},
		{path: "2.3.2/restart/prof.run2.log"},
		{path: "7.0.11/restart/prof.run1.log"},
		{path: "7.0.11/restart/prof.run2.log"},
		{path: "7.0.11/no-interface/prof.log"},
		// Three minutes of packets read in three seconds.
		{path: "7.0.11/pcap/prof.log"},
		// 5 GB of strings allocated at the start, then kept.
		{path: "7.0.11/memory-over-4GiB-at-start/prof.log"},
		{path: "7.0.11-cluster/manager/prof.log"},
		{path: "7.0.11-cluster/proxy-1/prof.log"},
		{path: "7.0.11-cluster/worker-1/prof.log"},
		{path: "7.0.11-cluster/worker-2/prof.log"},
		// A script fills tables for ever, up to 200 entries a second.
		{leak: "script-table", what: "Leak::conns_seen", path: "2.3.2/table-leak/prof.log"},
		{leak: "script-table", what: "Leak::conns_seen", path: "3.0.14/table-leak/prof.log"},
		{leak: "script-table", what: "Leak::conns_seen", path: "7.0.11/table-leak/prof.log"},
	} {
		all = append(all, Case{Name: "real/" + l.path, Class: "real", Leak: l.leak, What: l.what, testdata: testdata, path: l.path})
	}
	return all
}
