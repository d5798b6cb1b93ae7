package main

import (
	"cmp"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"syscall"
)

// cost is the cost of a command.
type cost struct {
	cpu, wall float64 // seconds
	memory    float64 // bytes, at most at a time
}

// measure runs a command and throws its output away.
func measure(command []string) (cost, error) {
	cmd := exec.Command(command[0], command[1:]...)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	if command[0] == "grep" {
		cmd.Stdout = io.Discard // through a pipe: with /dev/null it would stop at the first match
	}
	begun := now()
	if err := cmd.Run(); err != nil {
		return cost{}, fmt.Errorf("%s: %w: %.500s", strings.Join(command, " "), err, complaints.String())
	}
	c := cost{cpu: (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), wall: now() - begun}
	if used, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.memory = float64(used.Maxrss) * 1024
	}
	return c, nil
}

// inTurn runs commands in turn for some rounds, and returns the median of each. The first command of a round
// reads the file for the others, so a first round does not count.
func inTurn(rounds int, commands ...[]string) ([]cost, error) {
	all := make([][]cost, len(commands))
	for round := range rounds + 1 {
		for i, command := range commands {
			c, err := measure(command)
			if err != nil {
				return nil, err
			}
			if round > 0 {
				all[i] = append(all[i], c)
			}
		}
	}
	medians := make([]cost, len(commands))
	for i, list := range all {
		medians[i] = cost{
			cpu:    median(list, func(c cost) float64 { return c.cpu }),
			wall:   median(list, func(c cost) float64 { return c.wall }),
			memory: median(list, func(c cost) float64 { return c.memory }),
		}
	}
	return medians, nil
}

func median[T any](list []T, of func(T) float64) float64 {
	sorted := slices.SortedFunc(slices.Values(list), func(a, b T) int { return cmp.Compare(of(a), of(b)) })
	return of(sorted[len(sorted)/2])
}
