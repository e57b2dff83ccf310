package awsfake

import "github.com/aws/aws-sdk-go-v2/aws"

// start boots the instance's machine, if the world has machines. It doesn't wait.
func (w *World) start(i *instance) {
	if w.options.Machines == nil {
		return
	}
	i.machineRuns, i.started = true, make(chan struct{})
	spec := MachineSpec{InstanceID: i.id, UserData: i.userData, Metadata: metadata{w, i}}
	w.background.Go(func() { w.watch(i, spec) })
}

// watch boots a machine and waits for its end.
func (w *World) watch(i *instance, spec MachineSpec) {
	machine, err := w.options.Machines.Start(spec)
	ended := w.adopt(i, machine, err)
	close(i.started)
	if err != nil {
		w.machineEnded(i, failedEnd(err))
		return
	}
	if ended {
		_ = machine.Stop() // It was terminated before it had started.
	}
	<-machine.Done()
	w.machineEnded(i, i.powerOff(timestamp()))
}

// adopt reports whether the instance has ended meanwhile.
func (w *World) adopt(i *instance, machine Machine, err error) (ended bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		i.machine = machine
	}
	return i.end.state != ""
}

// machineEnded is told when nothing of the machine is left.
func (w *World) machineEnded(i *instance, e end) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i.machineRuns = false
	w.finish(i, e)
	w.release(i)
}

// release gives the address of a terminated instance back, once nothing uses it.
func (w *World) release(i *instance) {
	if i.end.state == terminated && !i.machineRuns {
		w.addresses.give(i.privateIP)
	}
}

// failedEnd is the end of an instance whose machine couldn't be started.
func failedEnd(err error) end {
	e := end{state: terminated, text: "Server.InternalError"}
	e.reason.Code = aws.String("Server.InternalError")
	e.reason.Message = aws.String("Server.InternalError: Internal error on launch: " + err.Error())
	return e
}

// halt ends the instance's machine. It doesn't wait.
func (w *World) halt(i *instance) {
	if i.machine != nil && i.machineRuns {
		w.background.Go(func() { _ = i.machine.Stop() })
	}
}

// reboot lets the instance boot anew. It doesn't wait, as RebootInstances doesn't.
func (w *World) reboot(i *instance) {
	if w.options.Machines == nil {
		return
	}
	w.background.Go(func() {
		<-i.started
		if i.machine != nil {
			_ = i.machine.Reboot()
		}
	})
}

// stopMachine ends the instance for good.
func (w *World) stopMachine(i *instance) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.finish(i, userEnd(timestamp()))
}
