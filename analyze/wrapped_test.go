package analyze_test

import (
	"testing"

	"bro_exporter/analyze"
	"bro_exporter/parse"
)

// Bro 2.4 to 4.0 hold malloced in 32 bits, so it falls by 4 GiB while the total goes on.
func TestMallocedThatWraps(t *testing.T) {
	p := start()
	p.run(begin, 24, func(i int, _ float64, s *parse.Snapshot) {
		bytes := uint64(200<<20) * uint64(i+1)
		s.Conns.Total = of(1000)
		s.Memory.Total = parse.Opt[uint64]{Value: bytes + 40<<20, Measured: true}
		s.Memory.Malloced = parse.Opt[uint64]{Value: bytes % (1 << 32), Measured: true}
	})
	r := p.Report("w", "prof.log")
	if got := r.Worst(); got < analyze.Suspected {
		t.Errorf("level %v: %+v", got, r.Findings)
	}
	for _, res := range r.Runs[0].Resources {
		if res.Name == "memory (malloced)" && res.Last < 4<<30 {
			t.Errorf("malloced ends at %v", res.Last)
		}
	}
}
