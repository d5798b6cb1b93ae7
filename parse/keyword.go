package parse

// Rows of fields, in the order of the log. Each function takes the fields behind b[i] in the order of
// Bro's format strings, and returns where the line ends. It returns nowhere if a field is missing, new, in
// another place or no plain number. The line's rule then reads the whole line again, and finds the same
// values in the fields before that one. Decimals alone are kept until the line ends: one may turn out to be
// the time stamp of a separator.

// keywordRow takes a line of fields by its first word.
func (p *parser) keywordRow(b []byte, i int) int {
	s := p.snapshot
	switch b[i+2] {
	case 'C': // TCP-States
		return p.stateRow(b, i)
	case 'i':
		return s.timersRow(b, behind(" Timers:", b, i))
	case 'h':
		return s.threadsRow(b, behindTwo(" Threads", ":", b, i))
	case 'r':
		return s.triggersRow(b, behindTwo(" Trigger", "s:", b, i))
	case 'N':
		return s.dnsRow(b, behindTwo(" DNS_", "Mgr:", b, i))
	case 'u':
		if b[i+3] == 'n' {
			return s.runtimeRow(b, behindTwo(" Run-", "time:", b, i))
		}
		return s.matcherRow(b, behindTwo(" Rule", "Matcher:", b, i))
	case 'l':
		return s.sizesRow(b, behindTwo(" Global_", "sizes", b, i))
	case 'o':
		switch b[i+5] {
		case 's':
			return s.connsRow(b, behind(" Conns:", b, i))
		case 'e':
			return lineEnds(b, uintAt(b, behind(" Connections expired due to inactivity: ", b, i), &s.Conns.Expired))
		case 'l':
			return s.totalRow(b, behind(" Total ", b, i))
		}
	}
	return nowhere
}

func (s *Snapshot) runtimeRow(b []byte, i int) int {
	var r Runtime
	i = decimalAt(b, behindTwo(" user", "+sys=", b, i), &r.UserSys)
	i = decimalAt(b, behind(" user=", b, i), &r.User)
	i = decimalAt(b, behind(" sys=", b, i), &r.Sys)
	end := lineEnds(b, decimalAt(b, behind(" real=", b, i), &r.Real))
	if end >= 0 {
		s.Runtime = r
	}
	return end
}

func (s *Snapshot) connsRow(b []byte, i int) int {
	c := &s.Conns
	if tcp := behind(" tcp=", b, i); tcp >= 0 {
		i = pairAt(b, tcp, &c.TCP.Current, &c.TCP.Max)
		i = pairAt(b, behind(" udp=", b, i), &c.UDP.Current, &c.UDP.Max)
		return lineEnds(b, pairAt(b, behind(" icmp=", b, i), &c.ICMP.Current, &c.ICMP.Max))
	}
	i = uintAt(b, behind(" total=", b, i), &c.Total)
	i = pairAt(b, behindTwo(" current", "=", b, i), &c.Current, &c.Sessions)
	if ext := behind(" ext=", b, i); ext >= 0 {
		i = uintAt(b, ext, &c.Ext)
	}
	avg := c.Avg
	if mem := behind(" mem=", b, i); mem >= 0 {
		i = behind("K", b, uintAt(b, mem, &c.Mem)) // bytes
		i = decimalAt(b, behind(" avg=", b, i), &avg)
		i = kibAt(b, behind(" table=", b, i), &c.Table)
		i = kibAt(b, behindTwo(" conn", "vals=", b, i), &c.ConnVals)
	}
	end := lineEnds(b, i)
	if end >= 0 {
		c.Avg = avg
		s.connsRead()
	}
	return end
}

func (s *Snapshot) matcherRow(b []byte, i int) int {
	m := &s.Matcher
	i = uintAt(b, behindTwo(" match", "ers=", b, i), &m.Matchers)
	if nfa := behindTwo(" nfa_", "states=", b, i); nfa >= 0 {
		i = uintAt(b, nfa, &m.NFAStates)
	}
	i = uintAt(b, behindTwo(" dfa_", "states=", b, i), &m.DFAStates)
	i = uintAt(b, behindTwo(" ncom", "puted=", b, i), &m.Computed)
	i = kibAt(b, behind(" mem=", b, i), &m.Mem)
	if average := behindTwo(" avg_nfa", "_states=", b, i); average >= 0 {
		i = uintAt(b, average, &m.AvgNFAStates)
	}
	end := lineEnds(b, i)
	if end >= 0 {
		s.matcherRead()
	}
	return end
}

func (s *Snapshot) timersRow(b []byte, i int) int {
	i = uintAt(b, behindTwo(" current", "=", b, i), &s.Timers.Current)
	i = uintAt(b, behind(" max=", b, i), &s.Timers.Max)
	if mem := behind(" mem=", b, i); mem >= 0 {
		i = kibAt(b, mem, &s.Timers.Mem)
	}
	lag, i := fewDigitsAt(b, behind(" lag=", b, i))
	end := lineEnds(b, behind("s", b, i))
	if end >= 0 {
		s.Timers.Lag = Opt[float64]{Value: lag, Measured: true}
		s.timersRead()
	}
	return end
}

func (s *Snapshot) dnsRow(b []byte, i int) int {
	d := &s.DNS
	i = uintAt(b, behindTwo(" req", "uests=", b, i), &d.Requests)
	successful, spelling := behindTwo(" success", "ful=", b, i), SuccessfulSpelling
	if successful < 0 {
		successful, spelling = behindTwo(" succesf", "ul=", b, i), SuccesfulSpelling
	}
	i = uintAt(b, successful, &d.Successful)
	i = uintAt(b, behind(" failed=", b, i), &d.Failed)
	i = uintAt(b, behindTwo(" pending", "=", b, i), &d.Pending)
	i = uintAt(b, behindTwo(" cached_", "hosts=", b, i), &d.CachedHosts)
	end := lineEnds(b, uintAt(b, behindTwo(" cached_", "addrs=", b, i), &d.CachedAddrs))
	if end >= 0 {
		s.writtenBy(spelling)
	}
	return end
}

func (s *Snapshot) triggersRow(b []byte, i int) int {
	i = uintAt(b, behind(" total=", b, i), &s.Triggers.Total)
	return lineEnds(b, uintAt(b, behindTwo(" pending", "=", b, i), &s.Triggers.Pending))
}

func (s *Snapshot) threadsRow(b []byte, i int) int {
	end := lineEnds(b, uintAt(b, behindTwo(" current", "=", b, i), &s.Threads.Current))
	if end >= 0 {
		s.writtenBy(ThreadLines)
	}
	return end
}

// fields takes the fields of a Memory line. That is never a row: it has a time stamp of its own.
func (m *Memory) fields(b []byte, i int) int {
	i = kibAt(b, behind("total=", b, i), &m.Total)
	i = kibAt(b, behindTwo(" total_a", "dj=", b, i), &m.TotalAdj)
	return kibAt(b, behindTwo(" malloce", "d: ", b, i), &m.Malloced)
}

// fields takes the fields of a Comm line.
func (c *Comm) fields(b []byte, i int) int {
	i = uintAt(b, behind(" peers=", b, i), &c.Peers)
	i = uintAt(b, behind(" stores=", b, i), &c.Stores)
	i = uintAt(b, behind("=", b, behindTwo(" pending", "_queries", b, i)), &c.PendingQueries)
	i = uintAt(b, behindTwo(" events_", "in=", b, i), &c.EventsIn)
	i = uintAt(b, behindTwo(" events_", "out=", b, i), &c.EventsOut)
	i = uintAt(b, behindTwo(" logs_", "in=", b, i), &c.LogsIn)
	i = uintAt(b, behindTwo(" logs_", "out=", b, i), &c.LogsOut)
	i = uintAt(b, behind(" ids_in=", b, i), &c.IDsIn)
	return uintAt(b, behindTwo(" ids_", "out=", b, i), &c.IDsOut)
}

// commRow takes a Comm line that lacks its newline, and the row behind it.
func (p *parser) commRow(b []byte, i int, stamp []byte) int {
	i = behind(" ", b, p.snapshot.Comm.fields(b, i))
	if i < 0 || !rowFollows(b, i, stamp) {
		return nowhere
	}
	end := p.indentedRow(b, i+len(stamp), stamp)
	if end >= 0 {
		p.snapshot.writtenBy(CommCounters)
	}
	return end
}

// totalRow takes "reassembler data: 4K" or "number of table entries: 8327/8564".
func (s *Snapshot) totalRow(b []byte, i int) int {
	if data := behind("reassembler data: ", b, i); data >= 0 {
		end := lineEnds(b, kibAt(b, data, &s.Reassembly))
		if end >= 0 {
			s.writtenBy(ReassemblerSize)
		}
		return end
	}
	i = behind("number of table entries: ", b, i)
	end := lineEnds(b, pairAt(b, i, &s.Globals.Entries, &s.Globals.EntriesRecursive))
	if end >= 0 {
		s.Expensive = true
	}
	return end
}

// sizesRow takes " > 100k: 0K" or " total: 2928K".
func (s *Snapshot) sizesRow(b []byte, i int) int {
	header := behind(" > 100k: 0K", b, i)
	if header < 0 {
		header = kibAt(b, behind(" total: ", b, i), &s.Globals.Size)
	}
	end := lineEnds(b, header)
	if end >= 0 {
		s.Expensive = true
		s.writtenBy(GlobalSizes)
	}
	return end
}

// uintAt reads a number and returns where it ends.
func uintAt(b []byte, i int, field *Opt[uint64]) int {
	n, end := numberAt(b, i)
	if uint(end) >= uint(len(b)) || !endsNumber(b[end]) {
		return nowhere
	}
	*field = Opt[uint64]{Value: n, Measured: true}
	return end
}

// kibAt reads "NK".
func kibAt(b []byte, i int, field *Opt[uint64]) int {
	n, end := numberAt(b, i)
	if end = behind("K", b, end); n >= wrappedKiB || end < 0 {
		return nowhere
	}
	*field = Opt[uint64]{Value: n * 1024, Measured: true}
	return end
}

// pairAt reads "N/M".
func pairAt(b []byte, i int, n, m *Opt[uint64]) int {
	first, i := numberAt(b, i)
	second, i := numberAt(b, behind("/", b, i))
	if uint(i) >= uint(len(b)) || !endsNumber(b[i]) {
		return nowhere
	}
	*n = Opt[uint64]{Value: first, Measured: true}
	*m = Opt[uint64]{Value: second, Measured: true}
	return i
}

// decimalAt reads "N.N".
func decimalAt(b []byte, i int, field *Opt[float64]) int {
	v, end := fewDigitsAt(b, i)
	if uint(end) >= uint(len(b)) || !blank(b[end]) {
		return nowhere
	}
	*field = Opt[float64]{Value: v, Measured: true}
	return end
}
