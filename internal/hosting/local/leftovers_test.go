//go:build linux

package local

import (
	"os/exec"
	"testing"
)

func TestServerDirectory_leftovers_are_found_by_their_environment(t *testing.T) {
	t.Parallel()
	directory := serverDirectory("/srv/.muster/default/servers/srv-0123456789abcdef01")
	mine := []string{idVariable + "=" + directory.id(), runVariable + "=" + directory.run()}
	cases := map[string]struct {
		environment []string
		want        bool
	}{
		"the server's own":         {append([]string{"PATH=/bin"}, mine...), true},
		"its own in another order": {[]string{mine[1], "X=1", mine[0]}, true},
		"the same ID elsewhere":    {[]string{mine[0], runVariable + "=/other/servers/" + directory.id() + "/run"}, false},
		"another ID":               {[]string{idVariable + "=srv-0123456789abcdef02", mine[1]}, false},
		"a longer value":           {[]string{mine[0] + "0", mine[1]}, false},
		"a longer name":            {[]string{"X_" + mine[0], mine[1]}, false},
		"none":                     {nil, false},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command := exec.CommandContext(t.Context(), "/bin/sh", "-c", "echo; read -r _")
			command.Env = append([]string{}, test.environment...)
			input, inputErr := command.StdinPipe()
			output, outputErr := command.StdoutPipe()
			if inputErr != nil || outputErr != nil {
				t.Fatal(inputErr, outputErr)
			}
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			if _, err := output.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			found := false
			for _, leftover := range directory.leftovers(nil) {
				found = found || leftover.PID == command.Process.Pid
			}
			if found != test.want {
				t.Errorf("found: %t, want %t", found, test.want)
			}
			_ = input.Close()
			_ = command.Wait()
		})
	}
}
