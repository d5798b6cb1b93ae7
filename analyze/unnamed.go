package analyze

import (
	"math"
	"strconv"

	"bro_exporter/parse"
)

// unnamed follows the tables that a release from 5.1 on lists without their names:
//
//	1795368063.562356                 547/547 entries
//
// They stand in the order of their names, and only those of 100 entries or more.
type unnamed struct {
	names []string
	sizes []float64
	made  int
}

const (
	listedFrom = 100
	// maxUnnamed bounds how many are told apart.
	maxUnnamed = 128
	// muchChange, a logarithm, makes it doubtful that two sizes are of one table, or means that it was
	// emptied: it has a new number then.
	muchChange = 0.25
)

// each adds the sizes of a snapshot's unnamed tables under numbers that stay theirs.
func (u *unnamed) each(s *parse.Snapshot, add func(name string, v float64)) {
	var sizes []float64
	for i := range s.Globals.List {
		if g := &s.Globals.List[i]; g.Name == "" && g.EntriesRecursive.Measured {
			sizes = append(sizes, float64(g.EntriesRecursive.Value))
		}
	}
	if len(sizes) == 0 || len(sizes) > maxUnnamed {
		return
	}
	u.match(sizes)
	for i, size := range sizes {
		add(u.names[i], size)
	}
}

// match finds out which table of before is which now: the alignment in order with the least change.
func (u *unnamed) match(sizes []float64) {
	m, n := len(u.sizes), len(sizes)
	cost := make([][]float64, m+1)
	for i := range cost {
		cost[i] = make([]float64, n+1)
		for j := range cost[i] {
			switch {
			case i == 0 && j == 0:
			case i == 0:
				cost[i][j] = cost[i][j-1] + unlisted(sizes[j-1])
			case j == 0:
				cost[i][j] = cost[i-1][j] + unlisted(u.sizes[i-1])
			default:
				cost[i][j] = min(
					cost[i-1][j-1]+change(u.sizes[i-1], sizes[j-1]),
					cost[i-1][j]+unlisted(u.sizes[i-1]),
					cost[i][j-1]+unlisted(sizes[j-1]))
			}
		}
	}
	names := make([]string, n)
	for i, j := m, n; j > 0; {
		switch {
		case i > 0 && j > 0 && cost[i][j] == cost[i-1][j-1]+change(u.sizes[i-1], sizes[j-1]):
			if change(u.sizes[i-1], sizes[j-1]) <= muchChange {
				names[j-1] = u.names[i-1]
			}
			i, j = i-1, j-1
		case i > 0 && cost[i][j] == cost[i-1][j]+unlisted(u.sizes[i-1]):
			i--
		default:
			j--
		}
	}
	for j := range names {
		if names[j] == "" {
			u.made++
			names[j] = strconv.Itoa(u.made)
		}
	}
	u.names, u.sizes = names, sizes
}

// change weighs that a table of one size became one of another.
func change(a, b float64) float64 { return math.Abs(math.Log(max(b, 1) / max(a, 1))) }

// unlisted weighs that a table was not listed before, or is not any more: it had fewer entries than
// are listed.
func unlisted(size float64) float64 { return 0.1 + change(listedFrom, size) }
