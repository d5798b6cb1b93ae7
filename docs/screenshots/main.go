// Command screenshots writes the prof.logs of a sensor to look at: two healthy processes, and some that
// leak or are stuck.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"bro_exporter/internal/labelled"
)

// sensor has a labelled log for each process.
func sensor() map[string]string {
	return map[string]string{
		"manager":  "intel/5%/h/withload/daily40/noise5/36h/3.0.14",
		"logger":   "thread-stuck/from6h/flat/noise5/12h/3.0.14",
		"proxy-1":  "constant/flat/noise2/24h/3.0.14",
		"worker-1": "diurnal/daily60/noise5/36h/7.0.11-worker",
		"worker-2": "core/5%/h/withload/daily40/noise5/36h/7.0.11",
	}
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: screenshots SPOOL")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

func write(spool string) error {
	cases, err := labelled.Cases(os.DirFS("testdata"), 0)
	if err != nil {
		return err
	}
	byName := map[string]labelled.Case{}
	for _, c := range cases {
		byName[c.Name] = c
	}
	for process, name := range sensor() {
		c, ok := byName[name]
		if !ok {
			return fmt.Errorf("no log is called %q", name)
		}
		if err := writeLog(filepath.Join(spool, process), c); err != nil {
			return err
		}
	}
	return nil
}

func writeLog(dir string, c labelled.Case) error {
	const every = 60 // seconds between two snapshots
	log, err := c.OpenEvery(every)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(log)
	if err := errors.Join(err, log.Close()); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "prof.log"), text, 0o644)
}
