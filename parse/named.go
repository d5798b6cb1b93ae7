package parse

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
)

// From 5.1 on a process lists its large tables without their names:
//
//	1795479442.048493                4/704 entries
//	1795479442.048493                734/734 entries
//
// A script can print names, and below the list it does (zeek/named-tables.zeek):
//
//	1795479442.048493                Leak::conns_seen = (734 entries)
//	1795479442.048493                Leak::nested = (4 entries) &create_expire=1.0 hr
//
// The list is in the byte order of the names, and holds every table with 100 entries or more, so
// each line of it finds its name.

// largeTable is how many entries, with those of tables within it, put a table into the list.
const largeTable = 100

// namedTable takes "(734 entries)", and "&create_expire=1.0 hr" behind it.
func (t *text) namedTable() (g Global, ok bool) {
	start := t.i
	if t.word("(") && !t.end() && digit(t.b[t.i]) {
		n, _, isNumber := t.number()
		if isNumber && t.word("entries)") {
			g.Entries = Opt[uint64]{Value: n, Measured: true}
			if t.word("&create_expire=") {
				end := t.lineEnd(t.i)
				g.CreateExpire = interval(t.b[t.i:end])
				t.i = end
			}
			return g, true
		}
		t.err = ""
	}
	t.i = start
	return Global{}, false
}

// interval reads an interval as Zeek prints it, "1.0 hr 30.0 mins", as seconds.
func interval(b []byte) (sum Opt[float64]) {
	units := map[string]float64{"day": 86400, "hr": 3600, "min": 60, "sec": 1, "msec": 1e-3, "usec": 1e-6}
	words := bytes.Fields(b)
	for ; len(words) >= 2; words = words[2:] {
		n, err := strconv.ParseFloat(string(words[0]), 64)
		unit := units[string(bytes.TrimSuffix(words[1], []byte("s")))]
		if err != nil || unit == 0 {
			return Opt[float64]{}
		}
		sum = Opt[float64]{Value: sum.Value + n*unit, Measured: true}
	}
	if len(words) != 0 {
		return Opt[float64]{}
	}
	return sum
}

// isName reports whether g is no line of the list but the name of one. Scripts of users print
// "NAME = 0K (734/734 entries)", where 0K is no size.
func (g *Global) isName() bool {
	return g.Name != "" && g.Entries.Measured && g.Size.Value == 0
}

// nameTables gives the tables of the list the names that a script has printed. Those whose name is
// not certain stay without.
func (s *Snapshot) nameTables() {
	list := s.Globals.List
	names, tables := false, false
	for i := range list {
		names = names || list[i].isName()
		tables = tables || list[i].Name == ""
	}
	if !names || !tables {
		return
	}
	slices.SortStableFunc(list, func(a, b Global) int {
		switch aName, bName := a.isName(), b.isName(); {
		case aName && bName:
			return cmp.Compare(a.Name, b.Name)
		case aName:
			return 1
		case bName:
			return -1
		}
		return 0
	})
	first := slices.IndexFunc(list, func(g Global) bool { return g.isName() })
	s.Globals.List = list[:first]
	match(unnamed(list[:first], list[first:]), list[first:])
}

// unnamed returns the tables of the list that are to get a name. A table below largeTable is in the
// list for the tables within it; not every script prints the names of those.
func unnamed(list, names []Global) []*Global {
	small := slices.ContainsFunc(names, func(g Global) bool { return g.Entries.Value < largeTable })
	var tables []*Global
	for i := range list {
		if g := &list[i]; g.Name == "" && (small || g.Entries.Value >= largeTable) {
			tables = append(tables, g)
		}
	}
	return tables
}

// match names the tables. Both lists are in the order of the names, so a table's name is certain
// if the first name that can be its own is the last one as well.
func match(tables []*Global, names []Global) {
	earliest := make([]int, len(tables))
	next := 0
	for i, t := range tables {
		for next < len(names) && names[next].Entries != t.Entries {
			next++
		}
		if next == len(names) {
			return // no names for these tables
		}
		earliest[i] = next
		next++
	}
	latest := len(names) - 1
	for i, t := range slices.Backward(tables) {
		for names[latest].Entries != t.Entries {
			latest--
		}
		if latest == earliest[i] {
			t.Name, t.CreateExpire = names[latest].Name, names[latest].CreateExpire
		}
		latest--
	}
}
