//go:build linux

package local

import (
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// orders are what a supervisor is told by signals: SIGTERM and SIGINT end its
// server, SIGHUP restarts it as a reboot would, and SIGUSR1 makes it look
// whether a restart is requested.
type orders struct {
	// terminate is closed: this order is never taken back or overlooked.
	terminate <-chan struct{}
	restart   <-chan os.Signal
	look      <-chan os.Signal
}

func takeOrders() orders {
	terminate := make(chan struct{})
	ends, restarts, looks := make(chan os.Signal, 1), make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(ends, unix.SIGTERM, unix.SIGINT)
	signal.Notify(restarts, unix.SIGHUP)
	signal.Notify(looks, unix.SIGUSR1)
	go func() {
		<-ends
		close(terminate)
	}()
	return orders{terminate: terminate, restart: restarts, look: looks}
}

// terminated reports whether the server has been told to end.
func (o orders) terminated() bool {
	select {
	case <-o.terminate:
		return true
	default:
		return false
	}
}
