package labelled

import (
	"fmt"
	"hash/fnv"
	"io/fs"
	"slices"
	"strings"
)

// outlines are the templates. The first three are single processes; of a cluster, the workers
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

// settings are what each growing resource is tried in. A slow leak has the time it takes to
// become visible: percent x hours is at least 6 and at least three times the noise, and a
// leak that is not much faster than the traffic changes has more than a day.
func settings() []setting {
	mid := func(hours float64) func(float64) curve {
		return func(share float64) curve { return later(hours, linear(share)) }
	}
	return []setting{
		{0.5, 24, flat(), 0.02, "", linear, 1, nil},
		{0.5, 36, flat(), 0.05, "", linear, 1, nil},
		{0.5, 48, daily(0.1, 9), 0.02, "", linear, 1, nil},
		{1, 12, flat(), 0.03, "", linear, 1, nil},
		{1, 24, bursty(0.2), 0.03, "", linear, 1, nil},
		{1, 36, daily(0.2, 15), 0.03, "", linear, 1, nil},
		{2, 12, flat(), 0.05, "", linear, 1, nil},
		{2, 36, daily(0.3, 3), 0.05, "", linear, 1, nil},
		{2, 36, weekend(0.3, 20, 26), 0.03, "", linear, 1, nil},
		{5, 6, flat(), 0.05, "", linear, 1, nil},
		{5, 12, flat(), 0.05, "stairs", staircase, 1, nil},
		{5, 12, flat(), 0.03, "starved", linear, 1, []change{starved}},
		{5, 12, flat(), 0.03, "wandering", linear, 1, []change{wandering(0.05, 2)}},
		{5, 36, daily(0.4, 12), 0.05, "withload", withLoad, 1, nil},
		{10, 3, flat(), 0.05, "", linear, 1, nil},
		{10, 10, flat(), 0.05, "midlog", mid(5), 1, nil},
		{10, 25, daily(0.6, 6), 0.1, "", linear, 1, nil},
		{20, 2, flat(), 0.05, "", linear, 1, nil},
		{20, 6, bursty(1), 0.1, "", linear, 1, nil},
		{20, 12, flat(), 0.03, "restarts", linear, 3, nil},
		{50, 1.5, flat(), 0.05, "", linear, 1, nil},
		{50, 2, flat(), 0.1, "", linear, 1, nil},
	}
}

// growing is a resource that leaks, by a share of its own level; of that of all sessions if
// it is the connections that no session table holds.
type growing struct {
	leak     string
	resource string
	variant  string   // of one above, tried in the shorter settings only
	releases []string // the settings take turns
	changes  []change // what the sensor is like
}

func leaks() []growing {
	const files, dns, scheduled = "FileAnalysisInactivityTimer", "DNSExpireTimer", "ScheduleTimer"
	all := []string{"3.0.14", "7.0.11", "2.3.2", "7.0.11-worker"}
	single := []string{"7.0.11", "2.3.2", "3.0.14"}
	sizes := []string{"2.3.2", "3.0.14"} // of globals and connections are written until 5.0
	return []growing{
		{"script-table", ownTable, "", all, nil},
		{"script-table", ownTable, "huge", single, []change{larger(ownTable, 8)}},
		{"intel", dataStore, "", sizes, []change{larger(dataStore, 50)}},
		{"globals", "Global_sizes total", "", sizes, nil},
		{"core", "Memory total", "", all, nil},
		{"conns-held", heldConns, "", all, nil},
		{"sessions", sessions, "", all, nil},
		{"conn-memory", "Conns avg", "", sizes, nil},
		{"reassembler", "Total reassembler data", "", sizes, nil},
		{"timers", files, "", all, nil},
		{"timers", dns, "dns", []string{"2.3.2", "7.0.11", "3.0.14"}, nil},
		{"timers", scheduled, "scheduled", single, []change{larger(scheduled, 100)}},
		{"triggers", "TriggerTimer", "", all, nil},
	}
}

// broken is a thing that stops or falls behind, which is no matter of percent.
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
		{"thread-stuck", connWriter, "from0.1h", 6, flat(), readsLess(connWriter, allUntil(0.1, 0))},
		{"thread-stuck", connWriter, "from5.83h", 6, flat(), readsLess(connWriter, allUntil(5.83, 0))},
		{"thread-stuck", noticeWriter, "from6h", 12, flat(), readsLess(noticeWriter, allUntil(6, 0))},
		{"thread-stuck", dnsWriter, "from20h", 24, day, readsLess(dnsWriter, allUntil(20, 0))},

		{"backlog-in", connWriter, "reads99%", 12, flat(), readsLess(connWriter, allUntil(0, 0.99))},
		{"backlog-in", dnsWriter, "reads95%", 24, day, readsLess(dnsWriter, allUntil(0, 0.95))},
		{"backlog-in", connWriter, "reads80%", 6, flat(), readsLess(connWriter, allUntil(2, 0.8))},
		{"backlog-in", dnsWriter, "reads50%", 4, flat(), readsLess(dnsWriter, allUntil(3, 0.5))},

		{"backlog-out", ownReader, "reads99%", 12, flat(), mainReadsLess(allUntil(0, 0.99))},
		{"backlog-out", ownReader, "reads95%", 24, day, mainReadsLess(allUntil(0, 0.95))},
		{"backlog-out", ownReader, "reads80%", 6, flat(), mainReadsLess(allUntil(2, 0.8))},
		{"backlog-out", ownReader, "reads50%", 4, flat(), mainReadsLess(allUntil(3, 0.5))},

		{"reader", intelFile, "reads99.5%", 24, flat(), readsLess(intelFile, allUntil(0, 0.995))},
		{"reader", intelFile, "reads98%", 24, day, readsLess(intelFile, allUntil(0, 0.98))},
		{"reader", intelFile, "reads95%", 12, flat(), readsLess(intelFile, allUntil(0, 0.95))},
		{"reader", intelFile, "reads80%", 6, flat(), readsLess(intelFile, allUntil(2, 0.8))},

		{"dns-stuck", "DNS_Mgr pending", "from0.2h", 6, flat(), stuckDNS(0.2)},
		{"dns-stuck", "DNS_Mgr pending", "from5.5h", 6, flat(), stuckDNS(5.5)},
		{"dns-stuck", "DNS_Mgr pending", "from6h", 12, bursty(0.5), stuckDNS(6)},
		{"dns-stuck", "DNS_Mgr pending", "from12h", 24, day, stuckDNS(12)},
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
		{"constant", "", 6, 1, 0.01, flat(), nil},
		{"constant", "", 12, 1, 0.01, flat(), nil},
		{"constant", "", 24, 1, 0.02, flat(), nil},

		{"noise", "", 6, 1, 0.1, flat(), nil},
		{"noise", "", 12, 1, 0.05, flat(), nil},
		{"noise", "", 24, 1, 0.1, flat(), nil},

		{"diurnal", "morning", 6, 1, 0.03, daily(0.6, 8), nil},
		{"diurnal", "morning", 12, 1, 0.05, daily(0.4, 12), nil},
		{"diurnal", "evening", 10, 1, 0.03, daily(0.5, 1), nil},
		{"diurnal", "", 24, 1, 0.05, daily(0.3, 20), nil},
		{"diurnal", "", 36, 1, 0.05, daily(0.6, 11), nil},
		{"diurnal", "", 48, 1, 0.1, weekend(0.4, 15, 26), nil},
		{"diurnal", "", 48, 1, 0.05, monday(0.3, 14, 24), nil},

		{"bursts", "", 6, 1, 0.05, bursty(2), nil},
		{"bursts", "", 12, 1, 0.03, bursty(0.5), nil},
		{"bursts", "", 24, 1, 0.05, bursty(0.2), nil},

		{"start-up", "0.5h", 6, 1, 0.03, flat(), with(slowStart(0.5))},
		{"start-up", "1h", 8, 1, 0.05, flat(), with(slowStart(1))},
		{"start-up", "1h", 24, 1, 0.03, daily(0.3, 4), with(slowStart(1))},

		{"steps", "up", 12, 1, 0.03, flat(), with(reload([]float64{5}, []float64{0.4}))},
		{"steps", "down", 12, 1, 0.05, flat(), with(reload([]float64{7}, []float64{-0.3}))},
		{"steps", "up-down-up", 24, 1, 0.03, daily(0.3, 9), with(reload([]float64{4, 11, 18}, []float64{0.5, 0.1, 0.3}))},
		{"steps", "up-up-down-up", 12, 1, 0.03, flat(), with(reload([]float64{2, 5, 8, 11}, []float64{0.1, 0.2, 0.05, 0.12}))},

		{"restarts", "two", 24, 2, 0.05, daily(0.3, 14), nil},
		{"restarts", "four", 12, 4, 0.03, flat(), nil},
		{"restarts", "hourly", 12, 12, 0.05, flat(), nil},

		{"backlog-drains", "in", 6, 1, 0.05, flat(), with(backlog(connWriter, false, 2, 20))},
		{"backlog-drains", "in-late", 6, 1, 0.05, flat(), with(backlog(connWriter, false, 5, 20))},
		{"backlog-drains", "in-twice", 12, 1, 0.05, flat(), with(backlog(connWriter, false, 3, 60), backlog(httpWriter, false, 8, 30))},
		{"backlog-drains", "out", 6, 1, 0.05, flat(), with(backlog(ownReader, true, 4, 15))},

		{"saw-tooth", "0.5h", 6, 1, 0.03, flat(), with(fills(saw(0.5, 0.9)))},
		{"saw-tooth", "1h", 10.5, 1, 0.05, flat(), with(fills(saw(1, 2)))},
		{"saw-tooth", "2h", 15.8, 1, 0.03, daily(0.2, 9), with(fills(saw(2, 1)))},

		{"plateau", "0.5h", 6, 1, 0.03, flat(), with(fills(plateau(0.5, 1)))},
		{"plateau", "1h", 12, 1, 0.05, flat(), with(fills(plateau(1, 2)))},
		{"plateau", "2h", 24, 1, 0.03, daily(0.3, 5), with(fills(plateau(2, 1)))},

		{"dfa-cache", "1h", 8, 1, 0.03, flat(), with(cacheOf(5, 1))},
		{"dfa-cache", "2h", 12, 1, 0.03, flat(), with(cacheOf(3, 2))},
		{"dfa-cache", "3h", 24, 1, 0.05, daily(0.3, 8), with(cacheOf(10, 3))},

		{"rare-records", "", 12, 1, 0.05, flat(), with(restlessMemory)},
		{"rare-records", "", 24, 1, 0.05, flat(), with(restlessMemory)},
		{"rare-records", "", 48, 1, 0.05, daily(0.2, 13), with(restlessMemory)},

		{"memory-burst", "", 6, 1, 0.03, flat(), with(grow("Memory total", bump(4, 5, 0.3)))},
		{"memory-burst", "", 12, 1, 0.03, flat(), with(grow("Memory total", bump(6, 10, 0.5)))},
		{"memory-burst", "late", 12, 1, 0.03, flat(), with(grow("Memory total", bump(11, 2, 0.2)))},

		{"busy-spells", "timers", 12, 1, 0.05, flat(), with(spell(files, 7), spell("TCPConnectionExpireTimer", 9))},
		{"busy-spells", "triggers", 6, 1, 0.05, flat(), with(spell("TriggerTimer", 4.5), spell("TriggerTimer", 2))},
		{"busy-spells", "conns", 8, 1, 0.05, flat(), with(spell(sessions, 6), spell("Total reassembler data", 5))},

		{"dns-burst", "", 6, 1, 0.05, flat(), with(busyDNS(3, 5))},
		{"dns-burst", "", 12, 1, 0.05, flat(), with(busyDNS(10, 15))},
		{"dns-burst", "late", 12, 1, 0.05, flat(), with(busyDNS(11.7, 6))},

		{"idle-threads", "", 6, 1, 0.03, flat(), with(idleThreads)},
		{"idle-threads", "", 12, 1, 0.05, daily(0.3, 9), with(idleThreads)},
		{"idle-threads", "", 24, 1, 0.05, flat(), with(idleThreads)},

		{"thread-anew", "", 6, 1, 0.03, flat(), with(anew(connWriter, 3))},
		{"thread-anew", "", 12, 1, 0.03, flat(), with(anew(intelFile, 6), anew(sslWriter, 8))},
		{"thread-anew", "late", 12, 1, 0.05, flat(), with(anew(connWriter, 11.5))},

		{"late-writers", "", 6, 1, 0.03, flat(), with(appears(connWriter, 1), appears(sslWriter, 4))},
		{"late-writers", "", 12, 1, 0.03, flat(), with(appears(httpWriter, 6), appears(sslWriter, 11))},
		{"late-writers", "", 24, 1, 0.05, daily(0.4, 10), with(appears(connWriter, 3), appears(sslWriter, 12))},

		{"zero-start", "2", 6, 1, 0.03, flat(), with(zeroBlocks(2))},
		{"zero-start", "5", 6, 1, 0.05, flat(), with(zeroBlocks(5))},
		{"zero-start", "twice", 12, 2, 0.03, flat(), with(zeroBlocks(3))},

		{"never-expensive", "", 6, 1, 0.03, flat(), with(neverExpensive)},
		{"never-expensive", "", 12, 1, 0.05, bursty(0.5), with(neverExpensive)},
		{"never-expensive", "", 24, 1, 0.05, daily(0.4, 7), with(neverExpensive)},

		{"short", "", 10 * interval / 3600., 1, 0.05, flat(), nil},
		{"short", "", 4 * interval / 3600., 1, 0.05, flat(), nil},
		{"short", "", 0.25, 1, 0.1, bursty(2), nil},

		{"idle", "", 1, 1, 0.03, flat(), with(idle)},
		{"idle", "", 6, 1, 0.03, flat(), with(idle)},
		{"idle", "", 24, 1, 0.03, flat(), with(idle)},

		{"wandering", "", 6, 1, 0.03, flat(), with(wandering(0.15, 2))},
		{"wandering", "", 12, 1, 0.05, flat(), with(wandering(0.2, 4))},
		{"wandering", "", 24, 1, 0.03, daily(0.3, 17), with(wandering(0.15, 3))},

		{"scans", "", 6, 1, 0.05, flat(), with(scans(2))},
		{"scans", "", 12, 1, 0.03, flat(), with(scans(0.5))},
		{"scans", "", 24, 1, 0.05, daily(0.4, 11), with(scans(0.3))},

		{"starved", "", 6, 1, 0.05, flat(), with(starved)},
		{"starved", "", 12, 1, 0.1, bursty(1), with(starved)},
		{"starved", "", 24, 1, 0.05, daily(0.5, 6), with(starved)},
	}
}

// specs is a whole set of made logs.
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

// hash makes the seed of a log from its name, so that it stays the same when others come.
func hash(name string) uint64 {
	h := fnv.New32a()
	h.Write([]byte(name))
	return uint64(h.Sum32())
}

// realLogs are logs of testdata whose truth is known: what was run to write them, and what
// they show. Left out are those of which two people could say two things: a table filled on
// purpose up to a limit (heap-over-4GiB) and a file read anew without a pause (input-queue).
func realLogs(testdata fs.FS) []Case {
	var all []Case
	for _, l := range []struct{ leak, what, path string }{
		// Local scripts, loopback traffic of a few minutes.
		{"", "", "2.3.2/live/prof.log"},
		{"", "", "3.0.14/live/prof.log"},
		{"", "", "7.0.11/live/prof.log"},
		{"", "", "2.3.2/live-default-interval/prof.log"},
		{"", "", "7.0.11/live-default-interval/prof.log"},
		// The same with event profiling_update printing lines of its own.
		{"", "", "2.3.2/custom/prof.log"},
		{"", "", "3.0.14/custom/prof.log"},
		{"", "", "7.0.11/custom-no-newline/prof.log"},
		{"", "", "2.3.2/longline/prof.log"},
		// No traffic, threads with odd names; then processes of a few seconds.
		{"", "", "2.3.2/threads/prof.log"},
		{"", "", "3.0.14/threads/prof.log"},
		{"", "", "7.0.11/threads/prof.log"},
		{"", "", "2.3.2/restart/prof.run1.log"},
		{"", "", "2.3.2/restart/prof.run2.log"},
		{"", "", "7.0.11/restart/prof.run1.log"},
		{"", "", "7.0.11/restart/prof.run2.log"},
		{"", "", "7.0.11/no-interface/prof.log"},
		// Three minutes of packets read in three seconds.
		{"", "", "7.0.11/pcap/prof.log"},
		// 5 GB of strings allocated at the start, then kept.
		{"", "", "7.0.11/memory-over-4GiB-at-start/prof.log"},
		{"", "", "7.0.11-cluster/manager/prof.log"},
		{"", "", "7.0.11-cluster/proxy-1/prof.log"},
		{"", "", "7.0.11-cluster/worker-1/prof.log"},
		{"", "", "7.0.11-cluster/worker-2/prof.log"},
		// A script fills tables for ever, up to 200 entries a second.
		{"script-table", "Leak::conns_seen", "2.3.2/table-leak/prof.log"},
		{"script-table", "Leak::conns_seen", "3.0.14/table-leak/prof.log"},
		{"script-table", "Leak::conns_seen", "7.0.11/table-leak/prof.log"},
	} {
		all = append(all, Case{Name: "real/" + l.path, Class: "real", Leak: l.leak, What: l.what, testdata: testdata, path: l.path})
	}
	return all
}
