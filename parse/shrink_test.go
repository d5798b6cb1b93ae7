package parse

import (
	"bytes"
	"os"
	"slices"
	"testing"
)

func TestShrink(t *testing.T) {
	text, err := os.ReadFile("../testdata/7.0.11/live/prof.log")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	plain, shrunk := NewAssembler(""), NewAssembler("")
	scan := func(a *Assembler, list *[]string) {
		for a.Scan() {
			*list = append(*list, show([]*Snapshot{a.Record().(*Snapshot)}))
		}
	}
	for len(text) > 0 {
		n := min(len(text), 777)
		plain.Write(text[:n])
		shrunk.Write(text[:n])
		scan(plain, &want)
		scan(shrunk, &got)
		shrunk.Shrink()
		text = text[n:]
	}
	if len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("got %d snapshots, want %d", len(got), len(want))
	}
	shrunk.Write(bytes.Repeat([]byte("a"), 3<<20))
	shrunk.Write([]byte("\n"))
	for shrunk.Scan() {
	}
	if shrunk.Shrink(); cap(shrunk.buf) > 1<<20 {
		t.Errorf("%d bytes are kept after a line of 3 MiB", cap(shrunk.buf))
	}
}
