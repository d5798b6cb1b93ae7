package analyze

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestTheilSenIgnoresSpikes(t *testing.T) {
	x, y := make([]float64, 40), make([]float64, 40)
	for i := range x {
		x[i], y[i] = float64(i), 5+2*float64(i)
	}
	y[3], y[20], y[39] = 1e6, -1e6, 1e6
	l := fit(x, y)
	if math.Abs(l.slope-2) > 1e-9 || l.low > 2 || l.high < 2 {
		t.Errorf("slope %v (%v to %v), want 2", l.slope, l.low, l.high)
	}
	if start := intercept(x, y, l.slope); start != 5 {
		t.Errorf("it starts at %v, want 5", start)
	}
}

// The values are those of the formulas in Kendall's book, worked out by hand.
func TestMannKendall(t *testing.T) {
	for _, test := range []struct {
		name        string
		y           []float64
		s, variance float64
		p           float64
	}{
		{"ten that rise", []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 45, 125, 4.15e-5},
		{"ten that fall", []float64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, -45, 125, 1},
		{"two pairs of equals", []float64{1, 1, 2, 2}, 4, 20.0 / 3, 0.1226},
		{"all equal", []float64{3, 3, 3, 3}, 0, 0, 1},
	} {
		x := make([]float64, len(test.y))
		for i := range x {
			x[i] = float64(i)
		}
		k := mannKendall(x, test.y, median(theilSen(x, test.y)))
		if k.s != test.s || math.Abs(k.variance-test.variance) > 1e-9 {
			t.Errorf("%s: s %v, variance %v; want %v, %v", test.name, k.s, k.variance, test.s, test.variance)
		}
		if p := k.p(); math.Abs(p-test.p) > 0.01*test.p {
			t.Errorf("%s: p %v, want %v", test.name, p, test.p)
		}
	}
}

// Without a trend, p must be below 0.05 about as often as it says, also where each value
// resembles the one before.
func TestTrendsByChanceAreAsRareAsTheySay(t *testing.T) {
	for _, test := range []struct {
		memory float64 // share of the value before that is kept
		most   float64
	}{{0, 0.065}, {0.5, 0.08}, {0.8, 0.12}} {
		dice := rand.New(rand.NewPCG(1, 2))
		const runs, n = 1000, 100
		alarms := 0
		for range runs {
			x, y := make([]float64, n), make([]float64, n)
			now := dice.NormFloat64() / math.Sqrt(1-test.memory*test.memory)
			for i := range x {
				now = test.memory*now + dice.NormFloat64()
				x[i], y[i] = float64(i), now
			}
			if fit(x, y).p < 0.05 {
				alarms++
			}
		}
		if share := float64(alarms) / runs; share > test.most || share < 0.01 {
			t.Errorf("memory %v: %v of the runs without a trend seem to have one", test.memory, share)
		}
	}
}

func TestCausesAreTakenAway(t *testing.T) {
	n := 200
	x, load, y := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range x {
		x[i] = float64(i) / 4
		load[i] = 100 + 50*math.Sin(2*math.Pi*x[i]/24)
		y[i] = 7*load[i] + 3*x[i]
	}
	causes := [][]float64{constant(n), load, load} // the same cause twice must not matter
	l := fit(without(x, causes), without(y, causes))
	if math.Abs(l.slope-3) > 1e-6 {
		t.Errorf("at equal load it rises by %v an hour, want 3", l.slope)
	}
}

func TestRecordsBecomeRare(t *testing.T) {
	// The greatest of two equal spans of time is in the later one with probability 1/2.
	if p := recordsByChance(1, []float64{1}, []float64{5}); p != 0.5 {
		t.Errorf("one record: %v, want 0.5", p)
	}
	if p := recordsByChance(1, []float64{1, 2}, []float64{5, 9}); math.Abs(p-0.5/3) > 1e-9 {
		t.Errorf("two of two: %v, want 1/6", p)
	}
	if p := recordsByChance(1, []float64{1, 2, 3}, []float64{0, 0, 0}); math.Abs(p-1) > 1e-9 {
		t.Errorf("none: %v, want 1", p)
	}
}

func TestStepsAndSpikes(t *testing.T) {
	course := func(change func(i int) float64) course {
		c := course{}
		for i := range 100 {
			c.x = append(c.x, float64(i)/10)
			c.y = append(c.y, 1000+float64(i%3)+change(i))
		}
		return c
	}
	for _, test := range []struct {
		name   string
		change func(i int) float64
		steps  []float64
	}{
		{"none", func(int) float64 { return 0 }, nil},
		{"one", func(i int) float64 { return jump(i, 50, 500) }, []float64{500}},
		{"up and down", func(i int) float64 { return jump(i, 30, 400) - jump(i, 60, 300) }, []float64{400, -300}},
		{"more than a reload makes", func(i int) float64 { return 100 * float64(i/10) }, nil},
		{"a slope", func(i int) float64 { return 20 * float64(i) }, nil},
	} {
		c := course(test.change)
		_, steps := withoutSteps(c, 10)
		var sizes []float64
		for _, s := range steps {
			sizes = append(sizes, math.Round(s.size/100)*100)
		}
		if !slices.Equal(sizes, test.steps) {
			t.Errorf("%s: steps %v, want %v", test.name, sizes, test.steps)
		}
	}
	y := course(func(i int) float64 { return jump(i, 40, 900) - jump(i, 43, 900) }).y
	if top := slices.Max(withoutSpikes(y)); top > 1010 {
		t.Errorf("a spike of three points is left: %v", top)
	}
}

func jump(i, at int, size float64) float64 {
	if i < at {
		return 0
	}
	return size
}
