package source

import "bro_exporter/parse"

// batch is what was found in a part of a log, in order.
type batch struct {
	items  []item
	blocks []*parse.Snapshot // memory for further blocks
	err    error             // that ended reading behind the items
}

// item is one of both.
type item struct {
	block *parse.Snapshot
	err   *parse.SyntaxError
}

// add copies a record found in a text that begins at offset.
func (b *batch) add(record parse.Record, offset int64) {
	switch r := record.(type) {
	case *parse.SyntaxError:
		b.items = append(b.items, item{err: r})
	case *parse.Snapshot:
		block := b.take()
		r.CopyTo(block)
		block.Offset += offset
		b.items = append(b.items, item{block: block})
	}
}

func (b *batch) take() *parse.Snapshot {
	last := len(b.blocks) - 1
	if last < 0 {
		return &parse.Snapshot{}
	}
	block := b.blocks[last]
	b.blocks = b.blocks[:last]
	return block
}

// deliver yields the items, found in a text before which the log has so many lines. It returns
// false if no more are wanted.
func (b *batch) deliver(lines int, yield yield) bool {
	for _, item := range b.items {
		if item.err != nil {
			item.err.Line += lines
			if !yield(nil, item.err) {
				return false
			}
			continue
		}
		item.block.Line += lines
		if !yield(item.block, nil) {
			return false
		}
	}
	return true
}

// reset empties the batch and keeps its memory.
func (b *batch) reset() {
	for _, item := range b.items {
		if item.block != nil {
			b.blocks = append(b.blocks, item.block)
		}
	}
	b.items, b.err = b.items[:0], nil
}
