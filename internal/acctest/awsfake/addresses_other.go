//go:build !linux

package awsfake

import "errors"

// errNoMachines says that instances can't run here.
var errNoMachines = errors.New("only Linux has a loopback network whose addresses can all be bound")

func claimLoopback(string) (held claim, ok bool, err error) { return nil, false, errNoMachines }
