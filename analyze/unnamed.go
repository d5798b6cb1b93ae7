package analyze

import (
	"math"
	"slices"
	"strconv"

	"bro_exporter/parse"
)

// unnamed follows the tables that a release from 5.1 on lists without their names:
//
//	1795368063.562356                 547/547 entries
//
// They stand in the order of their names, and only those of 100 entries or more.
type unnamed struct {
	names  []string
	sizes  []float64
	listed []string // the names of those that the newest snapshot lists
	made   int
}

const (
	listedFrom = 100
	// maxUnnamed bounds how many are told apart.
	maxUnnamed = 128
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
	u.listed = append(u.listed[:0], make([]string, len(sizes))...)
	u.match(sizes)
	for i, size := range sizes {
		add(u.listed[i], size)
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
	// A table that is listed no more keeps its place, for when it is again.
	var names []string
	var now []float64
	for i, j := m, n; i > 0 || j > 0; {
		switch {
		case i > 0 && j > 0 && cost[i][j] == cost[i-1][j-1]+change(u.sizes[i-1], sizes[j-1]):
			names, now = append(names, u.names[i-1]), append(now, sizes[j-1])
			u.listed[j-1] = u.names[i-1]
			i, j = i-1, j-1
		case i > 0 && cost[i][j] == cost[i-1][j]+unlisted(u.sizes[i-1]):
			names, now = append(names, u.names[i-1]), append(now, listedFrom)
			i--
		default:
			u.made++
			names, now = append(names, strconv.Itoa(u.made)), append(now, sizes[j-1])
			u.listed[j-1] = strconv.Itoa(u.made)
			j--
		}
	}
	slices.Reverse(names)
	slices.Reverse(now)
	if len(now) > 2*maxUnnamed {
		names, now = nil, nil
	}
	u.names, u.sizes = names, now
}

// change weighs that a table of one size became one of another.
func change(a, b float64) float64 { return math.Abs(math.Log(max(b, 1) / max(a, 1))) }

// unlisted weighs that a table was not listed before, or is not any more: it had fewer entries than
// are listed.
func unlisted(size float64) float64 { return 0.1 + change(listedFrom, size) }
