package analyze

import (
	"fmt"
	"strings"
	"testing"

	"bro_exporter/parse"
)

func TestUnnamed(t *testing.T) {
	for _, test := range []struct {
		name  string
		sizes [][]uint64 // of the tables that each snapshot lists
		want  []string   // numbers and sizes
	}{
		{
			name:  "new tables among old ones",
			sizes: [][]uint64{{102, 156, 325, 118}, {102, 156, 325, 405, 382, 118}, {102, 156, 325, 773, 704, 118}},
			want:  []string{"1:102 2:156 3:325 4:118", "1:102 2:156 3:325 5:405 6:382 4:118", "1:102 2:156 3:325 5:773 6:704 4:118"},
		},
		{
			name:  "a table that is emptied, not listed, and fills again",
			sizes: [][]uint64{{156, 4000, 325}, {156, 325}, {156, 900, 325}, {156, 2500, 325}},
			want:  []string{"1:156 2:4000 3:325", "1:156 3:325", "1:156 2:900 3:325", "1:156 2:2500 3:325"},
		},
		{
			name:  "a table that is emptied and listed still",
			sizes: [][]uint64{{156, 4000, 325}, {156, 120, 325}, {156, 300, 325}},
			want:  []string{"1:156 2:4000 3:325", "1:156 2:120 3:325", "1:156 2:300 3:325"},
		},
		{
			name:  "a size that no table can have reached",
			sizes: [][]uint64{{156, 4000, 325}, {156, 90000, 325}},
			want:  []string{"1:156 2:4000 3:325", "1:156 4:90000 3:325"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var u unnamed
			for i, sizes := range test.sizes {
				s := &parse.Snapshot{}
				for _, size := range sizes {
					entries := parse.Opt[uint64]{Value: size, Measured: true}
					s.Globals.List = append(s.Globals.List, parse.Global{Entries: entries, EntriesRecursive: entries})
				}
				var got []string
				u.each(s, func(name string, v float64) { got = append(got, fmt.Sprintf("%s:%.0f", name, v)) })
				if strings.Join(got, " ") != test.want[i] {
					t.Errorf("snapshot %d: %s, want %s", i, strings.Join(got, " "), test.want[i])
				}
			}
		})
	}
}
