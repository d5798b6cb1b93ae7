package labelled

import (
	"fmt"
	"hash/fnv"
	"io/fs"
	"strings"
)

// outlines are the templates. The first three are single processes, the last a worker of a
// cluster, which writes no log and reads no file itself.
func outlines() map[string]outline {
	threads := []string{
		intelFile, "packet_filter/Log::WRITER_ASCII", "http/Log::WRITER_ASCII", "dns/Log::WRITER_ASCII",
		"weird/Log::WRITER_ASCII", "notice/Log::WRITER_ASCII", "ssl/Log::WRITER_ASCII", "conn/Log::WRITER_ASCII",
	}
	return map[string]outline{
		"2.3.2":         {log: "2.3.2/live/prof.log", threads: threads},
		"3.0.14":        {log: "3.0.14/live/prof.log", threads: threads},
		"7.0.11":        {log: "7.0.11/live/prof.log", threads: threads},
		"7.0.11-worker": {log: "7.0.11-cluster/worker-1/prof.log"},
	}
}

// The loads a log may be written under.
func flat() load                      { return load{} }
func bursty(anHour float64) load      { return load{bursts: anHour} }
func daily(swing, peak float64) load  { return load{swing: swing, peak: peak} }
func weekly(swing, peak float64) load { return load{swing: swing, peak: peak, weekend: 26} }

func (l load) name() string {
	switch {
	case l.weekend > 0:
		return fmt.Sprintf("weekend%.0f", 100*l.swing)
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
}

// settings are what each growing resource is tried in. A slow leak has the time it takes to
// become visible: percent x hours is at least 6 and at least three times the noise, and a
// leak that is not much faster than the traffic changes has more than a day.
func settings() []setting {
	mid := func(hours float64) func(float64) curve {
		return func(share float64) curve { return later(hours, linear(share)) }
	}
	return []setting{
		{0.5, 24, flat(), 0.02, "", linear},
		{0.5, 48, flat(), 0.05, "", linear},
		{0.5, 48, daily(0.1, 9), 0.02, "", linear},
		{1, 12, flat(), 0.03, "", linear},
		{1, 24, bursty(0.5), 0.05, "", linear},
		{1, 48, daily(0.2, 15), 0.03, "", linear},
		{2, 12, flat(), 0.05, "", linear},
		{2, 36, daily(0.3, 3), 0.05, "", linear},
		{2, 48, weekly(0.3, 20), 0.03, "", linear},
		{5, 6, flat(), 0.05, "", linear},
		{5, 12, flat(), 0.05, "stairs", staircase},
		{5, 36, daily(0.4, 12), 0.05, "withload", withLoad},
		{10, 3, flat(), 0.05, "", linear},
		{10, 10, flat(), 0.05, "midlog", mid(5)},
		{10, 30, daily(0.6, 6), 0.1, "", linear},
		{20, 2, flat(), 0.05, "", linear},
		{20, 6, bursty(1), 0.1, "", linear},
		{50, 1, flat(), 0.05, "", linear},
		{50, 2, flat(), 0.1, "", linear},
	}
}

// growing is a resource that leaks.
type growing struct {
	leak     string
	resource string
	releases []string
	also     change // what the sensor is like
}

func leaks() []growing {
	all := []string{"3.0.14", "7.0.11", "2.3.2", "7.0.11-worker"}
	sizes := []string{"2.3.2", "3.0.14"} // of globals and connections are written until 5.0
	return []growing{
		{"script-table", ownTable, all, nil},
		{"intel", dataStore, sizes, nil},
		{"globals", "Global_sizes total", sizes, nil},
		{"core", "Memory total", all, nil},
		{"conns-held", heldConns, all, nil},
		{"sessions", sessions, all, nil},
		{"conn-memory", "Conns avg", sizes, nil},
		{"reassembler", "Total reassembler data", sizes, nil},
		{"timers", "FileAnalysisInactivityTimer", all, nil},
		{"triggers", "TriggerTimer", all, nil},
	}
}

// broken is a thing that stops or falls behind, which is no matter of percent.
type broken struct {
	leak    string
	what    string
	variant string
	hours   float64
	load    load
	change  change
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
		{"diurnal", "", 48, 1, 0.1, weekly(0.4, 15), nil},

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

		{"scans", "", 6, 1, 0.05, flat(), with(scans(2))},
		{"scans", "", 12, 1, 0.03, flat(), with(scans(0.5))},
		{"scans", "", 24, 1, 0.05, daily(0.4, 11), with(scans(0.3))},

		{"starved", "", 6, 1, 0.05, flat(), with(starved)},
		{"starved", "", 12, 1, 0.1, bursty(1), with(starved)},
		{"starved", "", 24, 1, 0.05, daily(0.5, 6), with(starved)},
	}
}

// specs is the whole set of made logs.
func specs() []spec {
	single, any := []string{"2.3.2", "3.0.14", "7.0.11"}, []string{"2.3.2", "3.0.14", "7.0.11", "7.0.11-worker"}
	var all []spec
	for _, g := range leaks() {
		for i, s := range settings() {
			all = append(all, spec{
				class: g.leak, leak: g.leak, what: g.resource, percent: s.percent, variant: s.shape,
				template: g.releases[i%len(g.releases)], hours: s.hours, noise: s.noise, load: s.load,
				changes: []change{grow(g.resource, s.curve(s.percent/100))},
			})
		}
	}
	for _, b := range breakdowns() {
		for _, release := range single {
			all = append(all, spec{
				class: b.leak, leak: b.leak, what: b.what, variant: b.variant,
				template: release, hours: b.hours, noise: 0.05, load: b.load, changes: []change{b.change},
			})
		}
	}
	for _, s := range healthy() {
		releases := any
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
	for i := range all {
		all[i].seed = hash(all[i].name())
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

func realLogs(fs.FS) []Case { return nil }
