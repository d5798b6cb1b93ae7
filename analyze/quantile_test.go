package analyze

import (
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
)

func TestQuantileAgreesWithSorting(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := 1; n < 300; n++ {
		values := make([]float64, n)
		for i := range values {
			values[i] = random.NormFloat64()
			if n%3 == 0 {
				values[i] = float64(random.IntN(5)) // many are alike
			}
		}
		for _, p := range []float64{0, 0.25, 0.5, 0.9, 1} {
			got, want := quantile(p, values), stat.Quantile(p, stat.LinInterp, slices.Sorted(slices.Values(values)), nil)
			if got != want {
				t.Errorf("quantile %v of %d values: %v, want %v", p, n, got, want)
			}
		}
	}
}
