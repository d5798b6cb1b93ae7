package analyze

import "bro_exporter/parse"

// wrapped follows "malloced" of releases that hold it in 32 bits: it falls by 4 GiB as memory grows.
type wrapped struct {
	seen, wide   bool    // wide: it has exceeded 32 bits
	value, total float64 // of the snapshot before, bytes
}

const wrap = 1 << 32

// each adds the malloced memory. It has wrapped if it falls by more than half of 4 GiB while the total holds
// as much as it would without the wrap, and has not fallen.
func (w *wrapped) each(s *parse.Snapshot, add func(name string, v float64)) {
	m := &s.Memory
	if !m.Malloced.Measured {
		return
	}
	value, total := float64(m.Malloced.Value), float64(m.Total.Value)
	w.wide = w.wide || value >= wrap
	if w.seen && !w.wide && total >= w.total {
		for w.value-value > wrap/2 && value+wrap <= total {
			value += wrap
		}
	}
	w.seen, w.value, w.total = true, value, total
	add("", value)
}
