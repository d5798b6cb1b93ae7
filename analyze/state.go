package analyze

import (
	"cmp"
	"slices"
)

// maxListed is how many tables, queues and readers a State lists of each.
const maxListed = 5

// state returns what the newest snapshots hold.
func (r *run) state() State {
	var s State
	for _, t := range r.order {
		q := &r.quantities[t.key.quantity]
		amount := Amount{r.title(t), q.unit, t.value}
		switch {
		case q.kind == KindCore:
			s.Memory = append(s.Memory, amount)
		case q.kind == KindScriptTable && q.unit == Entries && t.key.name != "":
			s.Tables = append(s.Tables, amount)
		case q.group == QueuesGroup && t.value > 0:
			s.Queues = append(s.Queues, amount)
		}
	}
	s.Tables, s.Queues = largest(s.Tables), largest(s.Queues)
	for name, t := range r.threads {
		if isReader(name) {
			s.Readers = append(s.Readers, Reader{name, t.reads, t.writes})
		}
	}
	slices.SortFunc(s.Readers, func(a, b Reader) int {
		return cmp.Or(cmp.Compare(b.Writes-b.Reads, a.Writes-a.Reads), cmp.Compare(a.Thread, b.Thread))
	})
	s.Readers = s.Readers[:min(len(s.Readers), maxListed)]
	return s
}

func largest(list []Amount) []Amount {
	slices.SortFunc(list, func(a, b Amount) int {
		return cmp.Or(cmp.Compare(b.Value, a.Value), cmp.Compare(a.Resource, b.Resource))
	})
	return list[:min(len(list), maxListed)]
}
