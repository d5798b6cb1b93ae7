package analyze

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// column is something that may move a resource, at each point in time. What is caused by load
// or by filling only adds, so its coefficient is not negative; a daily rhythm has any sign.
type column struct {
	values []float64
	signed bool
	fills  bool    // up to a day
	most   float64 // the greatest coefficient; 0: without bound
}

// fitted is a least-squares fit of a resource by columns.
type fitted struct {
	coefficients []float64
	rest         []float64 // what the columns do not explain
	sse          float64   // its sum of squares
	used         []int     // the columns with a coefficient
}

// normals holds columns and their products with each other. Every fit by the columns needs both.
type normals struct {
	columns []column
	gram    []float64 // a row for each column
}

func newNormals(columns []column) *normals {
	p := len(columns)
	m := &normals{columns, make([]float64, p*p)}
	for i := range columns {
		for j := i; j < p; j++ {
			m.set(i, j)
		}
	}
	return m
}

// with returns the normals of the columns and one more.
func (m *normals) with(c column) *normals {
	p := len(m.columns)
	more := &normals{append(slices.Clip(m.columns), c), make([]float64, (p+1)*(p+1))}
	for i := range p {
		copy(more.row(i), m.row(i))
		more.set(i, p)
	}
	more.set(p, p)
	return more
}

func (m *normals) row(i int) []float64 { return m.gram[i*len(m.columns) : (i+1)*len(m.columns)] }

func (m *normals) set(i, j int) {
	v := floats.Dot(m.columns[i].values, m.columns[j].values)
	if i == j {
		v *= 1 + 1e-9 // columns that are alike share what they explain
	}
	m.row(i)[j], m.row(j)[i] = v, v
}

// leastSquares fits y by the columns, none of them with a negative coefficient unless it is
// signed: the active-set method of Lawson and Hanson (1974). The intercept is a column like the
// others, so what goes with the load is never more than proportional to it.
func leastSquares(columns []column, y []float64) fitted { return newNormals(columns).fit(y) }

// fit fits y like leastSquares.
func (m *normals) fit(y []float64) fitted {
	c := m.weigh(y)
	f := fitted{coefficients: c.values, used: c.used, rest: slices.Clone(y)}
	for _, j := range slices.Concat(c.bounded, c.used) {
		floats.AddScaled(f.rest, -c.values[j], m.columns[j].values)
	}
	f.sse = floats.Dot(f.rest, f.rest)
	return f
}

// weights are the coefficients of the best fit.
type weights struct {
	values  []float64
	used    []int // those above 0 and below their upper bound
	bounded []int // those at their upper bound
}

// weigh returns the coefficients that fit y best.
func (m *normals) weigh(y []float64) weights {
	c := weights{values: m.solveBounded(m.moments(y))}
	for free := m; ; {
		c.used = nonZero(c.values)
		for _, j := range c.bounded {
			c.values[j] = m.columns[j].most
		}
		over := slices.IndexFunc(c.used, func(j int) bool { return m.columns[j].most > 0 && c.values[j] > m.columns[j].most })
		if over < 0 {
			return c
		}
		if free == m {
			free, y = &normals{m.columns, slices.Clone(m.gram)}, slices.Clone(y)
		}
		at := c.used[over]
		c.bounded = append(c.bounded, at)
		free.drop(at)
		floats.AddScaled(y, -m.columns[at].most, m.columns[at].values)
		c.values = free.solveBounded(free.moments(y))
	}
}

func nonZero(values []float64) []int {
	at := make([]int, 0, len(values))
	for i, v := range values {
		if v != 0 {
			at = append(at, i)
		}
	}
	return at
}

// drop puts zeros in the place of the i-th column, so that no fit uses it.
func (m *normals) drop(i int) {
	for j := range m.columns {
		m.row(i)[j], m.row(j)[i] = 0, 0
	}
}

// moments returns the products of the columns with y.
func (m *normals) moments(y []float64) []float64 {
	moments := make([]float64, len(m.columns))
	for j, c := range m.columns {
		moments[j] = floats.Dot(c.values, y)
	}
	return moments
}

// fewColumns is how many columns most fits have at most.
const fewColumns = 24

// solveBounded returns the coefficients that fit best.
func (m *normals) solveBounded(moments []float64) []float64 {
	p := len(m.columns)
	b, free := make([]float64, p), make([]int, 0, p)
	var room [fewColumns * (fewColumns + 1)]float64
	scratch := room[:]
	if p > fewColumns {
		scratch = make([]float64, p*(p+1))
	}
	for j, c := range m.columns {
		if c.signed && m.row(j)[j] > 0 {
			free = append(free, j)
		}
	}
	if len(free) > 0 {
		copyAt(b, free, m.solve(moments, free, scratch))
	}
	for range 3 * p {
		next, most := -1, 1e-7
		for j, c := range m.columns {
			row := m.row(j)
			if b[j] != 0 || c.signed || row[j] <= 0 {
				continue
			}
			slope := moments[j]
			for k, v := range b {
				if v != 0 {
					slope -= row[k] * v
				}
			}
			if slope <= 0 {
				continue
			}
			norm := math.Sqrt(row[j])
			scale := 1 + math.Abs(moments[j])/norm
			if slope /= norm; slope > most*scale {
				next, most = j, slope/scale
			}
		}
		if next < 0 {
			break
		}
		free = m.stepInside(b, append(free, next), moments, scratch)
	}
	return b
}

// stepInside moves b to the best fit by the free columns, and as far as no bound is crossed; what
// meets its bound is free no more.
func (m *normals) stepInside(b []float64, free []int, moments, scratch []float64) []int {
	for len(free) > 0 {
		best := m.solve(moments, free, scratch)
		share := 1.0
		for i, j := range free {
			if !m.columns[j].signed && best[i] <= 0 {
				share = min(share, b[j]/max(b[j]-best[i], 1e-300))
			}
		}
		if share >= 1 {
			copyAt(b, free, best)
			return free
		}
		kept := free[:0]
		for i, j := range free {
			b[j] += share * (best[i] - b[j])
			if !m.columns[j].signed && (b[j] <= 1e-12 || best[i] <= 0 && b[j] <= 1e-9*math.Abs(best[i])) {
				b[j] = 0
				continue
			}
			kept = append(kept, j)
		}
		if len(kept) == len(free) {
			return free
		}
		free = kept
	}
	return free
}

func copyAt(to []float64, at []int, from []float64) {
	for i, j := range at {
		to[j] = from[i]
	}
}

// solve returns the coefficients of the given columns alone, in scratch.
func (m *normals) solve(moments []float64, free []int, scratch []float64) []float64 {
	k := len(free)
	x, a := scratch[:k], scratch[k:k+k*k]
	for i, p := range free {
		x[i] = moments[p]
		row := m.row(p)
		for j, q := range free {
			a[i*k+j] = row[q]
		}
	}
	choleskySolve(a, x, k)
	return x
}

// choleskySolve solves a x = b in place for a symmetric a; a direction that adds nothing to
// those before it gets 0.
func choleskySolve(a, x []float64, k int) {
	for i := range k {
		whole := a[i*k+i]
		for j := range i + 1 {
			sum := a[i*k+j]
			for m := range j {
				sum -= a[i*k+m] * a[j*k+m]
			}
			switch {
			case i != j:
				if a[j*k+j] > 0 {
					a[i*k+j] = sum / a[j*k+j]
				} else {
					a[i*k+j] = 0
				}
			case sum > 1e-10*whole:
				a[i*k+i] = math.Sqrt(sum)
			default:
				a[i*k+i] = 0
			}
		}
	}
	for i := range k {
		for m := range i {
			x[i] -= a[i*k+m] * x[m]
		}
		x[i] = over(x[i], a[i*k+i])
	}
	for i := k - 1; i >= 0; i-- {
		for m := i + 1; m < k; m++ {
			x[i] -= a[m*k+i] * x[m]
		}
		x[i] = over(x[i], a[i*k+i])
	}
}

func over(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// apart returns what is left of v when the columns explain all of it that they can, whatever the
// signs.
func apart(v []float64, basis [][]float64) []float64 { return subtract(slices.Clone(v), basis) }

// subtract does what apart does, in place.
func subtract(v []float64, basis [][]float64) []float64 {
	for _, b := range basis {
		floats.AddScaled(v, -floats.Dot(b, v), b)
	}
	return v
}

// orthonormal returns a basis of the space that columns span.
func orthonormal(columns [][]float64) (basis [][]float64) {
	for _, c := range columns {
		rest := subtract(apart(c, basis), basis)
		norm := floats.Norm(rest, 2)
		if norm <= 1e-6*floats.Norm(c, 2) || norm == 0 {
			continue
		}
		floats.Scale(1/norm, rest)
		basis = append(basis, rest)
	}
	return basis
}

// memory returns over how many points what is left of a fit resembles itself: the sum of its
// autocorrelations up to the first that vanishes (Geyer, 1992). Means of noise that has such a
// memory scatter as if there were fewer points, by this factor.
func memory(rest []float64) float64 {
	n := len(rest)
	total := floats.Dot(rest, rest)
	if total == 0 {
		return 1
	}
	sum := 1.0
	for lag := 1; lag < n/3; lag++ {
		rho := floats.Dot(rest[lag:], rest[:n-lag]) / total
		if rho <= 0.05 {
			break
		}
		sum += 2 * rho
	}
	return sum
}
