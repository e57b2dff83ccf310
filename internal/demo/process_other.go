//go:build !linux

package main

import (
	"errors"
	"net/netip"
	"syscall"
)

// errPlatform is never seen: the demo says at its start that it needs Linux.
var errPlatform = errors.New("the demo needs Linux")

func ownGroup() *syscall.SysProcAttr { return nil }

func adopt() error { return errPlatform }

func descendants() ([]int, error) { return nil, errPlatform }

func runningIn(string) []int { return nil }

func kill(int, string) {}

func uptime() (int64, error) { return 0, errPlatform }

func listeners() ([]netip.AddrPort, error) { return nil, errPlatform }
