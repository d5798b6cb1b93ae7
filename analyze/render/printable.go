package render

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"bro_exporter/analyze"
)

// printableReport returns a copy in which every string is printable. A thread's name is any bytes: as it
// came from the log it could steer the terminal, or look like another one.
func printableReport(r analyze.Report) analyze.Report {
	r.Process, r.Path = printable(r.Process), printable(r.Path)
	r.Findings = slices.Clone(r.Findings)
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Text, f.Advice, f.Resource = printable(f.Text), printable(f.Advice), printable(f.Resource)
		f.Resources = slices.Clone(f.Resources)
		for k, name := range f.Resources {
			f.Resources[k] = printable(name)
		}
	}
	r.Runs = slices.Clone(r.Runs)
	for i := range r.Runs {
		run := &r.Runs[i]
		run.DetectableOf = printableAmounts(run.DetectableOf)
		run.State = printableState(run.State)
		run.Resources = slices.Clone(run.Resources)
		for k := range run.Resources {
			run.Resources[k].Name = printable(run.Resources[k].Name)
		}
	}
	return r
}

func printableState(s analyze.State) analyze.State {
	s.Memory, s.Tables, s.Queues = printableAmounts(s.Memory), printableAmounts(s.Tables), printableAmounts(s.Queues)
	s.Readers = slices.Clone(s.Readers)
	for i := range s.Readers {
		s.Readers[i].Thread = printable(s.Readers[i].Thread)
	}
	return s
}

func printableAmounts(list []analyze.Amount) []analyze.Amount {
	list = slices.Clone(list)
	for i := range list {
		list[i].Resource = printable(list[i].Resource)
	}
	return list
}

// printable returns s with control characters, bytes that are not UTF-8, and what else cannot be
// seen (such as marks that turn the direction of the text) written as Go would, as in \x1b.
func printable(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
		i += size
	}
	return b.String()
}
