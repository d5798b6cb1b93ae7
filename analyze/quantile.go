package analyze

import (
	"math"
	"slices"
)

// median returns the median of values in any order, 0 if there are none.
func median(values []float64) float64 { return quantile(0.5, values) }

// quantile returns what a share p of the values does not exceed, interpolated like LinInterp of gonum's
// stat.Quantile. That asks for sorted values, and sorting would take a third of the time of judging many short
// runs.
func quantile(p float64, values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	values = slices.Clone(values)
	rank := p * float64(len(values))
	at := max(0, int(math.Ceil(rank))-1)
	value := smallest(values, at)
	if at == 0 {
		return value
	}
	share := float64(at+1) - rank
	return share*slices.Max(values[:at]) + (1-share)*value
}

// smallest returns the value that as many as at others do not exceed, and moves those before it: Hoare's FIND
// (1961).
func smallest(values []float64, at int) float64 {
	for low, high := 0, len(values)-1; low < high; {
		pivot := values[(low+high)/2]
		i, j := low, high
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for values[j] > pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case at <= j:
			high = j
		case at >= i:
			low = i
		default:
			return pivot
		}
	}
	return values[at]
}
