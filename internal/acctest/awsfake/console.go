package awsfake

import (
	"encoding/base64"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// maxConsole is how much of a console is kept.
const maxConsole = 64 << 10

func (i *instance) console() []byte {
	if i.machine != nil {
		return tail(i.machine.Console())
	}
	return tail(i.written)
}

func tail(text []byte) []byte { return text[max(0, len(text)-maxConsole):] }

func (w *World) consoleOutput(in *ec2.GetConsoleOutputInput) (*ec2.GetConsoleOutputOutput, error) {
	if err := dryRun(in.DryRun); err != nil {
		return nil, err
	}
	instances, err := w.named([]string{aws.ToString(in.InstanceId)})
	if err != nil {
		return nil, err
	}
	i := instances[0]
	text := i.posted
	if aws.ToBool(in.Latest) {
		if !isNitro(string(i.data.InstanceType)) {
			return nil, fault(http.StatusBadRequest, "UnsupportedOperation", "The instance '%s' doesn't support the latest console output.", i.id)
		}
		text = i.console()
	}
	at := now()
	out := &ec2.GetConsoleOutputOutput{InstanceId: &i.id, Timestamp: &at}
	if len(text) > 0 && !at.Before(i.consolesAt) {
		out.Output = aws.String(base64.StdEncoding.EncodeToString(text))
	}
	return out, nil
}

// WriteConsole writes to the console of an instance that runs no machine.
func (w *World) WriteConsole(id, text string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := w.instances[id]
	if i == nil {
		return fmt.Errorf("writing to the console of %s: no such instance", id)
	}
	i.written = tail(append(i.written, text...))
	return nil
}
