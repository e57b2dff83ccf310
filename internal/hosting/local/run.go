//go:build linux

package local

import (
	"crypto/rand"
	"fmt"
	"os"
	"strings"
)

// NewRun implements [hosting.Runs]: the identity names this process, so that
// others can look whether it is there.
func (s *Service) NewRun() string {
	boot, err := bootID()
	if err != nil {
		return rand.Text()
	}
	stat, err := readStat(os.Getpid())
	if err != nil {
		return rand.Text()
	}
	return fmt.Sprintf("%d.%d.%s.%s", stat.PID, stat.Start, boot, rand.Text())
}

// Running implements [hosting.Runs].
func (s *Service) Running(run string) bool {
	var worker process
	// Neither a boot's identity nor a random text holds a space or a dot.
	fields := strings.ReplaceAll(run, ".", " ")
	var recorded, unique string
	if _, err := fmt.Sscanf(fields, "%d %d %s %s", &worker.PID, &worker.Start, &recorded, &unique); err != nil {
		return false
	}
	boot, err := bootID()
	return err == nil && recorded == boot && worker.PID != os.Getpid() && worker.running()
}
