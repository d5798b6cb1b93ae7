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
// They stand in the order of their names, and only those of 100 entries or more. So the order of two
// tables never changes, and a table that is emptied leaves its place and comes back to it.
type unnamed struct {
	tables []place // all that were ever listed, in order
	made   int
}

// place is a table without a name.
type place struct {
	name string
	size float64 // when it was last listed; 0 if the newest snapshot does not list it
}

const (
	listedFrom = 100
	// maxUnnamed bounds how many are told apart.
	maxUnnamed = 128
	// manyEntries is the size from which growth by muchGrowth, a logarithm, between two snapshots makes
	// it doubtful that both are of one table. What was emptied lately soon grows to a multiple.
	manyEntries, muchGrowth = 1000, 0.5
	// moved weighs that a table has another size at all, comeback that it is listed again, newcomer that
	// it is listed for the first time. Its size then says little: tables fill fast at first.
	moved, comeback, newcomer, listedSize = 0.1, 0.3, 1, 0.25
)

// each adds the sizes of a snapshot's unnamed tables under numbers that stay theirs.
func (u *unnamed) each(s *parse.Snapshot, add func(name string, v float64)) {
	var sizes []float64
	for i := range s.Globals.List {
		if g := &s.Globals.List[i]; g.Name == "" && g.EntriesRecursive.Measured {
			sizes = append(sizes, float64(max(1, g.EntriesRecursive.Value)))
		}
	}
	if len(sizes) == 0 || len(sizes) > maxUnnamed {
		return
	}
	if !u.resize(sizes) {
		u.match(sizes)
	}
	for _, t := range u.tables {
		if t.size > 0 {
			add(t.name, t.size)
		}
	}
}

// resize gives the listed tables their new sizes, if there are as many as before and each has changed
// little. That is so in most snapshots, and costs less than match.
func (u *unnamed) resize(sizes []float64) bool {
	const little = 1.1
	var listed []*place
	for i := range u.tables {
		if u.tables[i].size > 0 {
			listed = append(listed, &u.tables[i])
		}
	}
	if len(listed) != len(sizes) {
		return false
	}
	for i, t := range listed {
		if sizes[i] > little*t.size || t.size > little*sizes[i] {
			return false
		}
	}
	for i, t := range listed {
		t.size = sizes[i]
	}
	return true
}

// match finds out which table is which: the alignment in order with the least change.
func (u *unnamed) match(sizes []float64) {
	cost := u.costs(sizes)
	var tables []place
	i, j := len(u.tables), len(sizes)
	for i > 0 || j > 0 {
		switch {
		case i > 0 && j > 0 && cost[i][j] == cost[i-1][j-1]+u.tables[i-1].change(sizes[j-1]):
			i, j = i-1, j-1
			tables = append(tables, u.tables[i].grown(sizes[j]))
		case i > 0 && cost[i][j] == cost[i-1][j]+u.tables[i-1].absent():
			i--
			tables = append(tables, place{name: u.tables[i].name})
		default:
			j--
			tables = append(tables, place{size: sizes[j]})
		}
	}
	slices.Reverse(tables)
	for i := range tables {
		if tables[i].name == "" {
			u.made++
			tables[i].name = strconv.Itoa(u.made)
		}
	}
	u.tables = withoutOldest(tables)
}

// grown returns the table with a new size, without its name if it is doubtful that it is the same.
func (t place) grown(size float64) place {
	if t.size >= manyEntries && math.Log(size/t.size) > muchGrowth {
		return place{size: size}
	}
	return place{t.name, size}
}

// costs returns what the best alignment of the first i tables with the first j sizes costs.
func (u *unnamed) costs(sizes []float64) [][]float64 {
	width := len(sizes) + 1
	all := make([]float64, (len(u.tables)+1)*width)
	cost := make([][]float64, len(u.tables)+1)
	for i := range cost {
		cost[i] = all[i*width : (i+1)*width]
	}
	small := make([]float64, len(sizes)) // what a newcomer costs less if it is small
	for j, size := range sizes {
		small[j] = listedSize * logRatio(size, listedFrom)
		cost[0][j+1] = cost[0][j] + newcomer + small[j]
	}
	for i, t := range u.tables {
		absent := t.absent()
		cost[i+1][0] = cost[i][0] + absent
		for j, size := range sizes {
			cost[i+1][j+1] = min(cost[i+1][j]+newcomer+small[j], cost[i][j+1]+absent, cost[i][j]+t.change(size))
		}
	}
	return cost
}

// change weighs that the table has a size now.
func (t place) change(size float64) float64 {
	switch t.size {
	case size:
		return 0
	case 0:
		return comeback + listedSize*logRatio(size, listedFrom)
	default:
		return moved + logRatio(size, t.size)
	}
}

// absent weighs that the table is not listed now: it has fewer entries than are listed.
func (t place) absent() float64 {
	if t.size == 0 {
		return 0
	}
	return moved + logRatio(t.size, listedFrom)
}

func logRatio(a, b float64) float64 { return math.Abs(math.Log(a / b)) }

// withoutOldest drops tables that are not listed if there are too many.
func withoutOldest(tables []place) []place {
	over := len(tables) - maxUnnamed
	return slices.DeleteFunc(tables, func(t place) bool {
		if over <= 0 || t.size > 0 {
			return false
		}
		over--
		return true
	})
}
