package hostingfake

import (
	"fmt"
	"maps"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

const (
	scriptBoot         = "boot"
	scriptUpdate       = "update"
	scriptDecommission = "decommission"
)

func (s *server) start(script string, takes time.Duration) {
	s.Life.Script, s.Life.EndsAt = script, s.Life.LivedTo.Add(takes)
}

// finishScript deals with the end of the running script.
func (s *server) finishScript() {
	l := &s.Life
	script := l.Script
	l.Script = ""
	switch code := s.exitCode(script); {
	case code != 0:
		s.fail(script, code)
		return
	case script == scriptDecommission:
		l.Decommission = boot.DecommissionDone
		return
	case script == scriptUpdate:
		l.Applied = l.Tried
		l.Failure, l.Log, l.Failed = "", "", ""
	}
	l.Phase, l.Booted = phaseBooted, true
	s.publish()
	if script == scriptUpdate {
		s.becomeReady()
	}
}

func (s *server) exitCode(script string) int {
	switch script {
	case scriptBoot:
		return s.behavior.BootExit
	case scriptUpdate:
		return s.behavior.UpdateExit
	}
	return s.behavior.DecommissionExit
}

func (s *server) fail(script string, code int) {
	l := &s.Life
	l.Failure, l.Log = fmt.Sprintf("%s script exited with exit code %d", script, code), s.behavior.Log
	if script == scriptDecommission {
		l.Decommission = boot.DecommissionFailed
		return
	}
	for _, name := range l.Handed {
		delete(l.Seen, name)
	}
	l.Phase, l.Failed, l.Handed = phaseFailed, script, nil
	s.event("failed")
}

func (s *server) publish() {
	if s.behavior.Publish == nil {
		return
	}
	now := Situation{Server: s.Server, Configuration: s.program.Payload.Configuration, Boot: s.Life.Boot, Values: maps.Clone(s.program.launched)}
	for name, value := range s.Life.Values {
		now.Values[name] = value.Text
	}
	s.Life.Outputs = maps.Clone(s.Life.Outputs)
	if s.Life.Outputs == nil {
		s.Life.Outputs = make(map[string]string)
	}
	for name, text := range s.behavior.Publish(now) {
		s.Life.Outputs[name] = text
		s.event("published " + name)
	}
}

func (s *server) becomeReady() {
	if !s.Life.Ready {
		s.Life.Ready = true
		s.event("ready")
	}
}
