package labelled

import (
	"math"

	"bro_exporter/parse"
)

// count returns a field of whole numbers, not measured if the release does not write it.
func (p *process) count(name string) parse.Opt[uint64] { return p.times(name, 1) }

func (p *process) kib(name string) parse.Opt[uint64] { return p.times(name, 1024) }

func (p *process) times(name string, unit uint64) parse.Opt[uint64] {
	slot := p.t.slot(name)
	if slot == nowhere {
		return parse.Opt[uint64]{}
	}
	return parse.Opt[uint64]{Value: unit * uint64(p.values[slot]), Measured: true}
}

// decimal returns a field rounded to the log's decimals.
func (p *process) decimal(name string, decimals int) parse.Opt[float64] {
	slot := p.t.slot(name)
	if slot == nowhere || math.IsNaN(p.values[slot]) {
		return parse.Opt[float64]{}
	}
	unit := math.Pow10(decimals)
	return parse.Opt[float64]{Value: math.Floor(p.values[slot]*unit+0.5) / unit, Measured: true}
}

// snapshot sets s to what a parser reads from the text that appendTo writes.
func (p *process) snapshot(s *parse.Snapshot) {
	*s = parse.Snapshot{
		Time: p.time, First: p.written == 1, Expensive: p.values[expensive] != 0,
		Timers:  parse.Timers{ByName: s.Timers.ByName[:0]},
		Threads: parse.Threads{List: s.Threads.List[:0]},
		Globals: parse.Globals{List: s.Globals.List[:0]},
	}
	s.Releases = p.t.releases[s.Expensive]
	p.memorySnapshot(&s.Memory, s.First)
	s.Runtime = parse.Runtime{
		UserSys: p.decimal("Run-time user+sys", 1), User: p.decimal("Run-time user", 1),
		Sys: p.decimal("Run-time sys", 1), Real: p.decimal("Run-time real", 1),
	}
	p.connsSnapshot(&s.Conns, s.Expensive)
	p.statesSnapshot(&s.TCPStates)
	s.Reassembly = p.kib("Total reassembler data")
	p.timersSnapshot(&s.Timers)
	s.DNS = parse.DNS{
		Requests: p.count("DNS_Mgr requests"), Successful: p.count("DNS_Mgr successful"),
		Failed: p.count("DNS_Mgr failed"), Pending: p.count("DNS_Mgr pending"),
		CachedHosts: p.count("DNS_Mgr cached_hosts"), CachedAddrs: p.count("DNS_Mgr cached_addrs"),
	}
	if !s.DNS.Successful.Measured {
		s.DNS.Successful = p.count("DNS_Mgr succesful")
	}
	s.Triggers = parse.Triggers{Total: p.count("Triggers total"), Pending: p.count("Triggers pending")}
	p.threadsSnapshot(&s.Threads)
	s.Comm = parse.Comm{
		Peers: p.count("Comm peers"), Stores: p.count("Comm stores"), PendingQueries: p.count("Comm pending_queries"),
		EventsIn: p.count("Comm events_in"), EventsOut: p.count("Comm events_out"),
		LogsIn: p.count("Comm logs_in"), LogsOut: p.count("Comm logs_out"),
		IDsIn: p.count("Comm ids_in"), IDsOut: p.count("Comm ids_out"),
	}
	if s.Expensive {
		p.matcherSnapshot(&s.Matcher)
		p.globalsSnapshot(&s.Globals)
	}
}

func (p *process) memorySnapshot(m *parse.Memory, first bool) {
	*m = parse.Memory{Total: p.kib("Memory total"), TotalAdj: p.kib("Memory total_adj"), Malloced: p.kib("Memory malloced")}
	if m.Malloced.Value == 0 {
		m.Malloced = parse.Opt[uint64]{}
	}
	if m.TotalAdj.Value > m.Total.Value || first && m.TotalAdj.Value != 0 {
		m.TotalAdj = parse.Opt[uint64]{}
	}
}

func (p *process) connsSnapshot(c *parse.Conns, expensive bool) {
	protocol := func(name string) parse.Protocol {
		return parse.Protocol{Current: p.count("Conns " + name), Max: p.count("Conns " + name + "/")}
	}
	*c = parse.Conns{
		Total: p.count("Conns total"), Current: p.count("Conns current"), Sessions: p.count("Conns current/"), Ext: p.count("Conns ext"),
		TCP: protocol("tcp"), UDP: protocol("udp"), ICMP: protocol("icmp"),
		Expired: p.count("Connections expired due to inactivity"),
	}
	if expensive {
		c.Mem, c.Avg = p.count("Conns mem"), p.decimal("Conns avg", 1)
		c.Table, c.ConnVals = p.kib("Conns table"), p.kib("Conns connvals")
	}
}

func (p *process) statesSnapshot(s *parse.TCPStates) {
	s.Measured = true
	slot := p.t.slot("TCP-States")
	for i := range s.Cells {
		for k := range s.Cells[i] {
			s.Cells[i][k] = int64(p.values[slot])
			slot++
		}
	}
}

func (p *process) timersSnapshot(t *parse.Timers) {
	const notDispatched = 1e8
	t.Current, t.Max, t.Mem = p.count("Timers current"), p.count("Timers max"), p.kib("Timers mem")
	if t.Lag = p.decimal("Timers lag", 2); t.Lag.Value > notDispatched {
		t.Lag = parse.Opt[float64]{}
	}
	for _, line := range p.t.order.timers {
		if p.values[line.shown] != 0 {
			t.ByName = append(t.ByName, parse.Timer{Name: line.name, Pending: uint64(p.values[line.slot])})
		}
	}
}

func (p *process) threadsSnapshot(t *parse.Threads) {
	t.Current = p.count("Threads current")
	for _, line := range p.t.order.threads {
		if p.values[line.shown] == 0 {
			continue
		}
		v := p.values[line.slot : line.slot+line.words]
		t.List = append(t.List, parse.Thread{
			Name: line.name, In: uint64(v[0]), Out: uint64(v[1]), PendingIn: uint64(v[2]), PendingOut: uint64(v[3]),
			InReads: uint64(v[4]), InWrites: uint64(v[5]), OutReads: uint64(v[6]), OutWrites: uint64(v[7]),
		})
	}
}

func (p *process) matcherSnapshot(m *parse.RuleMatcher) {
	*m = parse.RuleMatcher{
		Matchers: p.count("RuleMatcher matchers"), NFAStates: p.count("RuleMatcher nfa_states"), AvgNFAStates: p.count("RuleMatcher avg_nfa_states"),
		DFAStates: p.count("RuleMatcher dfa_states"), Computed: p.count("RuleMatcher ncomputed"), Mem: p.kib("RuleMatcher mem"),
	}
}

func (p *process) globalsSnapshot(g *parse.Globals) {
	g.Size = p.kib("Global_sizes total")
	g.Entries, g.EntriesRecursive = p.count("Total number of table entries"), p.count("Total number of table entries/")
	for _, line := range p.t.order.globals {
		if p.values[line.shown] != 0 {
			g.List = append(g.List, p.globalSnapshot(line))
		}
	}
}

func (p *process) globalSnapshot(line named) parse.Global {
	number := func(v float64, unit uint64) parse.Opt[uint64] {
		return parse.Opt[uint64]{Value: unit * uint64(v), Measured: true}
	}
	var g parse.Global
	v := p.values[line.slot : line.slot+line.words]
	if p.t.sized() {
		g.Name, g.Size = line.name, number(v[0], 1024)
		v = v[1:]
	}
	if len(v) == 2 {
		g.Entries, g.EntriesRecursive = number(v[0], 1), number(v[1], 1)
	}
	return g
}
