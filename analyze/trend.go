package analyze

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// kendall is the test of Mann and Kendall for a trend of y with x.
type kendall struct {
	s        float64 // pairs that rise minus pairs that fall
	variance float64 // of s if there is no trend
}

// mannKendall tests y, whose order is that of its measurement, against x. Neighbours in time
// are alike without any trend, which makes s vary more: the variance is that of Hamed and Rao
// (1998), from the autocorrelation of the ranks of y without the trend slope, up to the lag where
// it first vanishes (Geyer, 1992): what lies beyond is noise and would hide how much there is.
func mannKendall(x, y []float64, slope float64) kendall {
	n := len(y)
	k := kendall{}
	for i := range n {
		for j := i + 1; j < n; j++ {
			k.s += sign(x[j]-x[i]) * sign(y[j]-y[i])
		}
	}
	f := float64(n)
	k.variance = f * (f - 1) * (2*f + 5) / 18
	for _, t := range ties(y) {
		k.variance -= t * (t - 1) * (2*t + 5) / 18
	}
	k.variance *= inflation(detrended(x, y, slope))
	return k
}

// p returns how probable so large an s is without a trend upwards.
func (k kendall) p() float64 {
	if k.variance <= 0 {
		return 1
	}
	return distuv.UnitNormal.Survival((k.s - sign(k.s)) / math.Sqrt(k.variance))
}

func sign(v float64) float64 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	default:
		return 0
	}
}

// ties returns how many values each group of equal ones has.
func ties(y []float64) (groups []float64) {
	sorted := slices.Sorted(slices.Values(y))
	for i := 0; i < len(sorted); {
		j := i + 1
		for j < len(sorted) && sorted[j] == sorted[i] {
			j++
		}
		groups = append(groups, float64(j-i))
		i = j
	}
	return groups
}

func detrended(x, y []float64, slope float64) []float64 {
	rest := slices.Clone(y)
	floats.AddScaled(rest, -slope, x)
	return rest
}

// inflation returns by how much the variance of s grows because neighbours are alike.
func inflation(rest []float64) float64 {
	n := float64(len(rest))
	r := ranks(rest)
	floats.AddConst(-stat.Mean(r, nil), r)
	total := floats.Dot(r, r)
	if total == 0 {
		return 1
	}
	sum := 0.0
	for lag := 1; lag < len(r)/2; lag++ {
		rho := floats.Dot(r[lag:], r[:len(r)-lag]) / total
		if rho <= 0 {
			break
		}
		k := float64(lag)
		sum += (n - k) * (n - k - 1) * (n - k - 2) * rho
	}
	return max(1, 1+2/(n*(n-1)*(n-2))*sum)
}

// ranks returns the rank of each value, equal ones sharing their mean.
func ranks(y []float64) []float64 {
	order := make([]int, len(y))
	floats.Argsort(slices.Clone(y), order)
	r := make([]float64, len(y))
	for i := 0; i < len(order); {
		j := i + 1
		for j < len(order) && y[order[j]] == y[order[i]] {
			j++
		}
		for _, at := range order[i:j] {
			r[at] = float64(i+j-1) / 2
		}
		i = j
	}
	return r
}

// theilSen returns the slopes between all pairs of points, sorted: their median is the estimate
// of Theil (1950) and Sen (1968).
func theilSen(x, y []float64) []float64 {
	slopes := make([]float64, 0, len(x)*(len(x)-1)/2)
	for i := range x {
		for j := i + 1; j < len(x); j++ {
			if d := x[j] - x[i]; d != 0 {
				slopes = append(slopes, (y[j]-y[i])/d)
			}
		}
	}
	slices.Sort(slopes)
	return slopes
}

func median(sorted []float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return stat.Quantile(0.5, stat.LinInterp, sorted, nil)
}

// line is a trend by Theil and Sen, with its test by Mann and Kendall.
type line struct {
	slope     float64
	low, high float64 // 95 % confidence interval of slope (Sen 1968)
	p         float64
}

func fit(x, y []float64) line {
	slopes := theilSen(x, y)
	if len(slopes) == 0 {
		return line{p: 1}
	}
	l := line{slope: median(slopes)}
	k := mannKendall(x, y, l.slope)
	l.p = k.p()
	n := float64(len(slopes))
	half := 1.96 * math.Sqrt(k.variance) / 2
	at := func(rank float64) float64 {
		return slopes[int(min(max(rank, 0), n-1))]
	}
	l.low, l.high = at(n/2-half), at(n/2+half)
	return l
}

// without returns what is left of y when the part that each of the causes explains is taken
// away (by orthogonal projection). Causes that say nothing new are left out.
func without(y []float64, causes [][]float64) []float64 {
	var basis [][]float64
	for _, c := range causes {
		norm := math.Sqrt(floats.Dot(c, c))
		c = project(slices.Clone(c), basis)
		rest := math.Sqrt(floats.Dot(c, c))
		if rest <= 1e-3*norm {
			continue
		}
		floats.Scale(1/rest, c)
		basis = append(basis, c)
	}
	return project(slices.Clone(y), basis)
}

func project(v []float64, basis [][]float64) []float64 {
	for _, b := range basis {
		floats.AddScaled(v, -floats.Dot(v, b), b)
	}
	return v
}

// deviation returns the standard deviation around the middle, from the median deviation, which
// no spike changes.
func deviation(y []float64, middle float64) float64 {
	rest := make([]float64, len(y))
	for i := range y {
		rest[i] = math.Abs(y[i] - middle)
	}
	slices.Sort(rest)
	return 1.4826 * median(rest)
}

// middle returns the median of values in any order.
func middle(y []float64) float64 {
	sorted := slices.Clone(y)
	slices.Sort(sorted)
	return median(sorted)
}

func constant(n int) []float64 {
	c := make([]float64, n)
	for i := range c {
		c[i] = 1
	}
	return c
}
