package analyze

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
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

// leastSquares fits y by the columns, none of them with a negative coefficient unless it is
// signed: the active-set method of Lawson and Hanson (1974). The intercept is a column like the
// others, so what goes with the load is never more than proportional to it.
func leastSquares(columns []column, y []float64) fitted {
	f := leastSquaresFrom(columns, y)
	var at []int // their bounds
	for range len(columns) {
		over := -1
		for j, c := range columns {
			if c.most > 0 && f.coefficients[j] > c.most && !slices.Contains(at, j) {
				over = j
				break
			}
		}
		if over < 0 {
			break
		}
		at = append(at, over)
		rest, free := slices.Clone(y), slices.Clone(columns)
		for _, j := range at {
			floats.AddScaled(rest, -columns[j].most, columns[j].values)
			free[j] = column{values: make([]float64, len(y))}
		}
		f = leastSquaresFrom(free, rest)
		for _, j := range at {
			f.coefficients[j] = columns[j].most
		}
	}
	return f
}

// leastSquaresFrom is leastSquares without upper bounds.
func leastSquaresFrom(columns []column, y []float64) fitted {
	n, p := len(y), len(columns)
	gram := mat.NewSymDense(p, nil)
	moments := make([]float64, p)
	for i := range columns {
		moments[i] = floats.Dot(columns[i].values, y)
		for j := i; j < p; j++ {
			v := floats.Dot(columns[i].values, columns[j].values)
			if i == j {
				v *= 1 + 1e-9 // columns that are alike share what they explain
			}
			gram.SetSym(i, j, v)
		}
	}
	b := solveBounded(gram, moments, columns)
	f := fitted{coefficients: b, rest: make([]float64, n)}
	copy(f.rest, y)
	for j, v := range b {
		if v != 0 {
			floats.AddScaled(f.rest, -v, columns[j].values)
			f.used = append(f.used, j)
		}
	}
	f.sse = floats.Dot(f.rest, f.rest)
	return f
}

// solveBounded returns the coefficients that fit best.
func solveBounded(gram *mat.SymDense, moments []float64, columns []column) []float64 {
	p := len(columns)
	b := make([]float64, p)
	var free []int
	for j := range columns {
		if columns[j].signed && gram.At(j, j) > 0 {
			free = append(free, j)
		}
	}
	if len(free) > 0 {
		copyAt(b, free, solve(gram, moments, free))
	}
	for range 3 * p {
		next, most := -1, 1e-7
		for j := range columns {
			if b[j] != 0 || columns[j].signed || gram.At(j, j) <= 0 {
				continue
			}
			slope := moments[j]
			for k, v := range b {
				if v != 0 {
					slope -= gram.At(j, k) * v
				}
			}
			if slope /= math.Sqrt(gram.At(j, j)); slope > most*(1+math.Abs(moments[j])/math.Sqrt(gram.At(j, j))) {
				next, most = j, slope/(1+math.Abs(moments[j])/math.Sqrt(gram.At(j, j)))
			}
		}
		if next < 0 {
			break
		}
		free = append(free, next)
		free = stepInside(b, free, gram, moments, columns)
	}
	return b
}

// stepInside moves b to the best fit by the free columns, and as far as no bound is crossed; what
// meets its bound is free no more.
func stepInside(b []float64, free []int, gram *mat.SymDense, moments []float64, columns []column) []int {
	for len(free) > 0 {
		best := solve(gram, moments, free)
		share := 1.0
		for i, j := range free {
			if !columns[j].signed && best[i] <= 0 {
				share = min(share, b[j]/max(b[j]-best[i], 1e-300))
			}
		}
		if share >= 1 {
			copyAt(b, free, best)
			return free
		}
		var kept []int
		for i, j := range free {
			b[j] += share * (best[i] - b[j])
			if !columns[j].signed && (b[j] <= 1e-12 || best[i] <= 0 && b[j] <= 1e-9*math.Abs(best[i])) {
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

// solve returns the coefficients of the given columns alone.
func solve(gram *mat.SymDense, moments []float64, free []int) []float64 {
	k := len(free)
	a := make([]float64, k*k)
	x := make([]float64, k)
	for i, p := range free {
		x[i] = moments[p]
		for j, q := range free {
			a[i*k+j] = gram.At(p, q)
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
func apart(v []float64, basis [][]float64) []float64 {
	rest := append([]float64(nil), v...)
	for _, b := range basis {
		floats.AddScaled(rest, -floats.Dot(b, rest), b)
	}
	return rest
}

// orthonormal returns a basis of the space that columns span.
func orthonormal(columns [][]float64) (basis [][]float64) {
	for _, c := range columns {
		rest := apart(apart(c, basis), basis)
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
