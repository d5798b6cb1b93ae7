package analyze

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// minRecords is how many records show growth at least.
const minRecords = 3

// The records of healthy memory scatter around its causes by usualScatter of it, in the middle of labelled logs.
// Few records hardly show their own scatter, so this counts as much as a degree of freedom for each half of a day,
// and mostUsual of them at most.
const (
	usualScatter = 0.005
	mostUsual    = 6
)

// fitPeak is fitOnce for the greatest value so far. Where that rose, it shows how much there was; where it
// did not, only that there was no more. So a cause that was as strong before explains no record, and a line
// that would have set a record where there is none is too steep.
func (c *course) fitPeak(y []float64) fittedTrend {
	records := c.records(y)
	known := &rowNormals{columns: c.columns}
	healthy := known.below(y, nil, records)
	t := fittedTrend{rest: healthy.rest}
	n := len(y)
	t.onset, t.causes, t.coefficients = c.x[0], sum(c.columns, healthy.coefficients, n), healthy.coefficients
	t.base = t.causes[0]
	t.err = math.Sqrt(healthy.sse/float64(n)*memory(healthy.rest)) / max(c.hours(), 1e-9)
	if len(healthy.rows) < minRecords+1 {
		return t
	}
	at, with, gains := c.peakOnset(y, &healthy, known)
	t.onset = c.x[at]
	c.measurePeak(&t, y, at, &healthy, with)
	t.onsetError = c.onsetError(gains, at, t.variance)
	return t
}

// records returns the points at which y rose.
func (c *course) records(y []float64) []int {
	var rows []int
	for i := 1; i < len(y); i++ {
		if y[i] > y[i-1] {
			rows = append(rows, i)
		}
	}
	return rows
}

// bounded is a fit of some points, the rows: those that set records, and those where the fit expects a record
// although there is none.
type bounded struct {
	fitted
	rows []int
}

// rowNormals holds the normals of columns at sets of rows. Fits with lines from many onsets come to the same
// few sets.
type rowNormals struct {
	columns []column
	known   []knownRows
}

type knownRows struct {
	rows []int
	*normals
}

func (k *rowNormals) at(rows []int) *normals {
	for i := len(k.known) - 1; i >= 0; i-- {
		if slices.Equal(k.known[i].rows, rows) {
			return k.known[i].normals
		}
	}
	if len(k.known) >= maxSharedNormals {
		k.known = slices.Delete(k.known, 0, 1)
	}
	m := newNormals(pick(k.columns, rows))
	k.known = append(k.known, knownRows{rows, m})
	return m
}

// below fits the records by the columns, and by the line if there is one, from the given rows on. A point where
// the fit exceeds y counts as well.
func (k *rowNormals) below(y, line []float64, rows []int) bounded {
	const most = 8
	columns := k.columns
	if line != nil {
		columns = append(slices.Clip(columns), column{values: line})
	}
	best := bounded{fitted: fitted{sse: math.Inf(1), coefficients: make([]float64, len(columns))}}
	for range most {
		there := k.at(rows)
		if line != nil {
			there = there.with(column{values: valuesAt(line, rows)})
		}
		found := there.weigh(valuesAt(y, rows))
		expected := sum(columns, found.values, len(y))
		next := counted(y, expected)
		f := fitted{coefficients: found.values, used: found.used, rest: make([]float64, len(next))}
		for i, k := range next {
			f.rest[i] = y[k] - expected[k]
		}
		f.sse = floats.Dot(f.rest, f.rest)
		if f.sse < best.sse {
			best = bounded{f, next}
		}
		if slices.Equal(next, rows) {
			break
		}
		rows = next
	}
	return best
}

// counted returns the points that set records, and those where the fit expects more than the peak.
func counted(y, expected []float64) []int {
	rows := make([]int, 0, len(y))
	for i := range y {
		if i > 0 && y[i] > y[i-1] || expected[i] > y[i] {
			rows = append(rows, i)
		}
	}
	return rows
}

func pick(columns []column, rows []int) []column {
	picked, n := slices.Clone(columns), len(rows)
	room := make([]float64, n*len(columns))
	for j := range picked {
		values := room[j*n : (j+1)*n : (j+1)*n]
		for i, k := range rows {
			values[i] = columns[j].values[k]
		}
		picked[j].values = values
	}
	return picked
}

func valuesAt(values []float64, rows []int) []float64 {
	picked := make([]float64, len(rows))
	for i, k := range rows {
		picked[i] = values[k]
	}
	return picked
}

func sum(columns []column, coefficients []float64, n int) []float64 {
	total := make([]float64, n)
	for j := range columns {
		if coefficients[j] != 0 {
			floats.AddScaled(total, coefficients[j], columns[j].values)
		}
	}
	return total
}

// peakOnset is onset for a peak.
func (c *course) peakOnset(y []float64, healthy *bounded, known *rowNormals) (best int, with *bounded, gains []float64) {
	n := len(y)
	gains = constant(n, -1)
	fits := make([]bounded, n)
	try := func(i int) {
		if i < 0 || i > n-n/8-3 || gains[i] >= 0 {
			return
		}
		fits[i] = known.below(y, c.ramp(i), healthy.rows)
		gains[i] = max(0, healthy.sse-fits[i].sse)
		if gains[i] > gains[best] {
			best = i
		}
	}
	for i := 0; i < n; i += n / 4 {
		try(i)
	}
	if gains[best] < unsureZ*unsureZ*c.recordVariance(healthy.sse-gains[best], float64(len(healthy.rows)), 1) {
		return best, &fits[best], gains // no line could be sure
	}
	step := max(1, n/12)
	for i := 0; i < n; i += step {
		try(i)
	}
	for step > 1 {
		step = (step + 1) / 2
		from := best
		try(from - step)
		try(from + step)
		if step == 1 {
			break
		}
	}
	f := &fits[best]
	left := c.recordVariance(f.sse, float64(len(f.rows)), 1)
	if gains[best]-gains[0] <= earlier*left {
		best = 0
	}
	return best, &fits[best], gains
}

// measurePeak is measure for a peak.
func (c *course) measurePeak(t *fittedTrend, y []float64, at int, healthy, with *bounded) {
	n, p := len(y), len(c.columns)
	g := with.coefficients[p]
	t.rest, t.coefficients = with.rest, with.coefficients
	t.causes = sum(c.columns, with.coefficients[:p], n)
	t.base = slices.Max(t.causes[:at+1])
	t.growth = g * (c.clock[n-1] - c.clock[at])
	t.slope = t.growth / (c.x[n-1] - c.x[at])
	if g <= 0 || len(with.rows) < minRecords {
		return
	}
	alike := memory(with.rest)
	freedom := float64(max(0, len(with.rows)-len(with.used))) / alike
	t.variance = c.recordVariance(with.sse, freedom, alike)
	better := math.Sqrt(max(0, healthy.sse-with.sse) / max(t.variance, 1e-300))
	if better >= 1 {
		t.err = t.slope / better
	}
	t.z = normal(better, freedom+c.usualFreedom())
	t.steady = c.steady(y, &t.trend, at, with.rows)
	t.spread = math.Hypot(t.err, t.spread)
}

// usualFreedom returns how many degrees of freedom usualScatter counts as. All records of a day belong to one rise of
// the load, so what the causes miss of that is no scatter.
func (c *course) usualFreedom() float64 { return min(mostUsual, c.hours()/(day/2)) }

// recordVariance returns the variance of what a fit leaves of records, given the sum of its squares, its degrees
// of freedom and over how many records it resembles itself.
func (c *course) recordVariance(sse, freedom, alike float64) float64 {
	scatter, usual := usualScatter*c.y[len(c.y)-1], c.usualFreedom()
	return (sse + alike*usual*scatter*scatter) / (freedom + usual)
}

func every(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}
