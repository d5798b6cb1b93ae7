package replay_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"bro_exporter/replay"
)

// A log is played a thousand times as fast as it was written, with the time stamps of now.
func ExamplePlayer() {
	const log = `1500000005.000000 ------------------------
1500000005.000000 Memory: total=2000K
1500000006.000000 ------------------------
1500000006.000000 Memory: total=3000K
`
	dir, err := os.MkdirTemp("", "replay")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(log)), nil }
	if err := (replay.Player{Speed: 1000}).Play(context.Background(), dir, open); err != nil {
		fmt.Println(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "prof.log"))
	if err != nil {
		fmt.Println(err)
	}
	for line := range strings.Lines(string(text)) {
		_, behind, _ := strings.Cut(line, " ")
		fmt.Print(behind)
	}
	// Output:
	// ------------------------
	// Memory: total=2000K
	// ------------------------
	// Memory: total=3000K
}
