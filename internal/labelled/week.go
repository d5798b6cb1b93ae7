package labelled

import "math"

// week is the traffic of a network over working days and weekends.
type week struct {
	begin   float64                    // hours after Monday, 00:00, when the log begins
	shape   func(hour float64) float64 // of a working day
	weekend float64                    // share of a working day's traffic
	days    []float64                  // logarithm of each day's own factor
	scale   float64                    // makes the mean 1
}

const monday0 = 1699833600 // packet time of a Monday, 00:00 UTC

// epoch is the packet time when the log begins.
func (l load) epoch() float64 {
	if l.week == nil {
		return epoch
	}
	return monday0 + 3600*l.week.begin
}

// at returns the load some hours after the start of the log. Days end at four in the morning and
// blend into the next within three hours.
func (w *week) at(hours float64) float64 {
	const turn, blend = 4, 3
	t := w.begin + hours
	day, since := math.Floor((t-turn)/24), math.Mod(t-turn+24, 24)
	f := w.day(day)
	if since < blend {
		f = w.day(day-1) + (f-w.day(day-1))*since/blend
	}
	return w.scale * f * w.shape(math.Mod(t, 24))
}

func (w *week) day(n float64) float64 {
	const saturday, weekLong = 5, 7
	f := math.Exp(w.days[int(n+weekLong)%len(w.days)])
	if math.Mod(n+weekLong, weekLong) >= saturday {
		f *= w.weekend
	}
	return f
}

// mean returns the mean load between two hours after the start of the log.
func (l load) mean(from, to float64) float64 {
	const steps = 500
	var sum float64
	for i := range steps {
		sum += l.at(from + (to-from)*(float64(i)+0.5)/steps)
	}
	return sum / steps
}

// drawWeek draws a network. Each day has its own factor, similar to that of the day before.
func drawWeek(d *dice, begin float64) *week {
	w := &week{begin: begin, scale: 1}
	night := 0.0
	switch d.IntN(5) {
	case 0: // office
		night, w.weekend = d.between(0.08, 0.25), d.between(0.15, 0.4)
		opens, closes := d.between(7, 9), d.between(16.5, 19)
		w.shape = func(h float64) float64 {
			lunch := 0.2 * bell(h, 12.5, 0.7)
			return night + (1-night)*(1-lunch)*rise(h, opens, 0.5)*rise(-h, -closes, 0.7)
		}
	case 1: // campus
		night, w.weekend = d.between(0.2, 0.4), d.between(0.5, 0.85)
		morning, evening := d.between(9, 12), d.between(19, 22)
		w.shape = func(h float64) float64 {
			return night + (1-night)*min(1, bell(h, morning, 3)+0.8*bell(h, evening, 2.5)+0.5*bell(h, 15.5, 3))
		}
	case 2: // provider
		night, w.weekend = d.between(0.3, 0.5), d.between(0.95, 1.2)
		peak, pointed := d.between(19.5, 21.5), d.between(0.7, 1.5)
		w.shape = func(h float64) float64 {
			return night + (1-night)*math.Pow(0.5+0.5*math.Cos(2*math.Pi*(h-peak)/24), pointed)
		}
	case 3: // machines that never rest
		w.weekend, w.shape = 1, func(float64) float64 { return 1 }
	default: // data centre, with backups at night
		night, w.weekend = d.between(0.75, 0.95), d.between(0.8, 1)
		backup, size := d.between(0, 5), d.between(0, 0.8)
		w.shape = func(h float64) float64 {
			return night + (1-night)*bell(h, 14, 4) + size*bell(h, backup, 0.6)
		}
	}
	spread, alike := d.scale(0.01, 0.2), d.between(0.2, 0.7)
	w.days = make([]float64, 15)
	last := 0.0
	for i := range w.days {
		last = alike*last + spread*math.Sqrt(1-alike*alike)*d.NormFloat64()
		w.days[i] = last
	}
	w.scale = 1 / load{week: w}.mean(-begin, 7*24-begin)
	return w
}

func bell(h, middle, width float64) float64 {
	off := math.Mod(h-middle+36, 24) - 12
	return math.Exp(-off * off / (2 * width * width))
}

func rise(h, middle, width float64) float64 { return 1 / (1 + math.Exp(-(h-middle)/width)) }
