package labelled

// Names of what drawn sensors have in addition to the templates.
const (
	tunnelTimer  = "IPTunnelInactivityTimer"
	customTable  = "Custom::seen"
	scannedTable = "Site::scanners"
	connWriter   = "conn/Log::WRITER_ASCII"
	dnsWriter    = "dns/Log::WRITER_ASCII"
)

var stockTables = []string{
	"Known::hosts", "Known::services", "Software::tracked", "SSL::intermediate_cache", "Weird::did_log", customTable, scannedTable,
}

func classes() []class {
	var (
		long    = []Span{Day, TwoDays, Days}
		all     = []Span{Hours, Day, TwoDays, Days}
		short   = []Span{Snapshots}
		nights  = []Span{Days}
		sensor  = []string{"2.3.2", "3.0.14", "7.0.11", "7.0.11-worker"}
		single  = []string{"2.3.2", "3.0.14", "7.0.11"}
		sizes   = []string{"2.3.2", "3.0.14"}
		peaks   = []string{"3.0.14", "7.0.11", "7.0.11-worker"}
		heap    = []string{"2.3.2"}
		newest  = []string{"7.0.11", "7.0.11-worker"}
		threads = []string{"2.3.2", "3.0.14", "7.0.11", "7.0.11-manager"}
	)
	return []class{
		{name: "table", leak: "script-table", spans: all, texts: sensor, is: (*drawing).siteTable},
		{name: "table-from-0", leak: "script-table", spans: all, texts: sensor, is: (*drawing).tableFrom0},
		{name: "intel", leak: "intel", spans: all, texts: sizes, is: (*drawing).intel},
		{name: "globals", leak: "globals", spans: all, texts: sizes, is: (*drawing).allGlobals},
		{name: "core", leak: "core", spans: all, texts: sensor, is: (*drawing).core},
		{name: "sessions", leak: "sessions", spans: all, texts: sensor, is: (*drawing).sessionsLeak},
		{name: "conns-held", leak: "conns-held", spans: all, texts: sensor, is: (*drawing).held},
		{name: "conn-memory", leak: "conn-memory", spans: all, texts: sizes, is: (*drawing).connMemory},
		{name: "reassembler", leak: "reassembler", spans: all, texts: sizes, is: (*drawing).reassembler},
		{name: "timers", leak: "timers", spans: all, texts: sensor, is: (*drawing).timersLeak},
		{name: "triggers", leak: "triggers", spans: all, texts: sensor, is: (*drawing).triggersLeak},
		{name: "backlog-in", leak: "backlog-in", spans: all, texts: threads, is: (*drawing).backlogIn},
		{name: "backlog-out", leak: "backlog-out", spans: all, texts: threads, is: (*drawing).backlogOut},
		{name: "reader", leak: "reader", spans: all, texts: threads, is: (*drawing).reader},
		{name: "thread-stuck", leak: "thread-stuck", spans: all, texts: threads, is: (*drawing).stuck},
		{name: "dns-stuck", leak: "dns-stuck", spans: all, texts: single, is: (*drawing).dnsStuck},
		{name: "nightly-leak", spans: nights, texts: sensor, is: (*drawing).nightlyLeak},
		{name: "fast-core", leak: "core", spans: short, texts: sensor, is: (*drawing).fastCore},
		{name: "single-core", leak: "core", spans: short, texts: newest, is: (*drawing).singleCore},

		{name: "plain", spans: all, texts: append(sensor, "7.0.11-manager"), is: func(*drawing) {}},
		{name: "create-expire", spans: all, texts: sensor, is: (*drawing).createExpire},
		{name: "read-expire", spans: all, texts: sensor, is: (*drawing).readExpire},
		{name: "clears", spans: all, texts: sensor, is: (*drawing).clears},
		{name: "sumstats", spans: all, texts: sensor, is: (*drawing).sumStats},
		{name: "scans", spans: all, texts: sensor, is: (*drawing).scanned},
		{name: "feeds", spans: all, texts: single, is: (*drawing).feeds},
		{name: "caches", spans: all, texts: sensor, is: (*drawing).slowCaches},
		{name: "signatures", spans: all, texts: sensor, is: (*drawing).signatures},
		{name: "malloc-stairs", spans: all, texts: peaks, is: (*drawing).mallocStairs},
		{name: "late-heap", spans: all, texts: heap, is: (*drawing).lateHeap},
		{name: "long-sessions", spans: all, texts: sensor, is: (*drawing).longSessions},
		{name: "drains", spans: all, texts: threads, is: (*drawing).drains},
		{name: "spells", spans: all, texts: sensor, is: (*drawing).spells},
		{name: "other-traffic", spans: all, texts: sensor, is: (*drawing).otherTraffic},
		{name: "moody-traffic", spans: all, texts: sensor, is: (*drawing).moodyTraffic},
		{name: "tunnels", spans: long, texts: sensor, is: func(d *drawing) { d.with(d.tunnels(d.between(14, 60))) }},
		{name: "nightly", spans: nights, texts: sensor, is: (*drawing).nightly},
		{name: "wrong-clock", spans: all, texts: sensor, is: func(d *drawing) { d.with(d.wrongClock()) }},
		{name: "quiet", spans: all, texts: sensor, is: (*drawing).quiet},
		{name: "start", spans: short, texts: sensor, is: (*drawing).start},
		{name: "start-with-feed", spans: short, texts: threads, is: (*drawing).startWithFeed},
		{name: "start-idle", spans: short, texts: sensor, is: (*drawing).quiet},
		{name: "excerpt", spans: short, texts: sensor, is: (*drawing).excerpt},
		{name: "single", spans: short, texts: sensor, is: (*drawing).single},
	}
}
