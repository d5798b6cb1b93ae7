package labelled

import (
	"math"
	"math/rand/v2"
)

// dice make what is random in a log. Quiet dice leave the deterministic part.
type dice struct {
	*rand.Rand
	quiet bool
}

func newDice(seed, use uint64, quiet bool) *dice {
	return &dice{Rand: rand.New(rand.NewPCG(seed, use)), quiet: quiet}
}

// normal returns a deviate of mean 0 and standard deviation 1.
func (d *dice) normal() float64 {
	if d.quiet {
		return 0
	}
	return d.NormFloat64()
}

func (d *dice) chance(p float64) bool { return !d.quiet && d.Float64() < p }

func (d *dice) between(low, high float64) float64 { return low + (high-low)*d.Float64() }

// round returns v rounded up or down at random, so that its mean is v.
func (d *dice) round(v float64) float64 {
	if d.quiet {
		return math.Round(v)
	}
	return math.Floor(v + d.Float64())
}

// scale returns a number between low and high, each order of magnitude as likely as another.
func (d *dice) scale(low, high float64) float64 {
	return math.Exp(d.between(math.Log(low), math.Log(high)))
}

// poisson returns a number of events, mean on average.
func (d *dice) poisson(mean float64) float64 {
	const many = 30
	switch {
	case d.quiet:
		return mean
	case mean > many:
		return max(0, math.Round(mean+math.Sqrt(mean)*d.NormFloat64()))
	}
	n, left := 0.0, math.Exp(-mean)
	for p := d.Float64(); p > left; p *= d.Float64() {
		n++
	}
	return n
}

// noise multiplies by 1 on average. Half of its variance is white, half fades with the
// correlation time memory, in seconds; all of it if the noise is steady.
type noise struct {
	sd     float64
	memory float64
	steady bool
	slow   float64
}

func (n *noise) next(dt float64, d *dice) float64 {
	if n.sd == 0 || d.quiet {
		return 1
	}
	kept := 0.0
	if n.memory > 0 {
		kept = n.memory / (n.memory + dt)
	}
	n.slow = kept*n.slow + math.Sqrt(1-kept*kept)*d.normal()
	off := n.slow
	if !n.steady {
		off = math.Sqrt2 / 2 * (n.slow + d.normal())
	}
	return max(0.2, 1+n.sd*off)
}

// load is the traffic a log is written under, 1 on average.
type load struct {
	swing  float64 // share by which the busiest hour of a day differs from the average
	peak   float64 // hours after the start of the log when the day is busiest
	turn   float64 // hours after the start of the log when a weekend begins or ends, or a tap is added
	by     float64 // share that the turn adds
	bursts float64 // an hour
	week   *week   // in place of swing
}

// at returns the load some hours after the start of the log, without bursts.
func (l load) at(hours float64) float64 {
	const change = 2 // hours that a turn takes
	day := 1 + l.swing*math.Cos(2*math.Pi*(hours-l.peak)/24)
	if l.week != nil {
		day = l.week.at(hours)
	}
	return day * (1 + l.by*min(1, max(0, (hours-l.turn)/change)))
}

// traffic is a load as it passes, with its noise and bursts.
type traffic struct {
	load
	noise noise
	until float64 // age at which the burst ends
	burst float64 // 1 outside bursts
}

func (t *traffic) next(hours, age, dt float64, d *dice) float64 {
	if age >= t.until {
		t.burst = 1
	}
	if t.bursts > 0 && t.burst == 1 && d.chance(t.bursts*dt/3600) {
		t.burst, t.until = d.between(1.5, 5), age+d.between(30, 240)
	}
	return t.at(hours) * t.burst * t.noise.next(dt, d)
}
