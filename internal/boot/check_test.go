package boot_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

func TestConfiguration_Check(t *testing.T) {
	t.Parallel()
	text, word, nul := "8080", "word", "a\x00"
	parameter := func(change func(*boot.Parameter)) func(*boot.Configuration) {
		return func(c *boot.Configuration) {
			p := boot.Parameter{Type: boot.TypeString, RequiredFor: boot.RequiredForBoot}
			change(&p)
			c.Parameters = map[string]boot.Parameter{"p": p}
		}
	}
	for name, test := range map[string]struct {
		change func(*boot.Configuration)
		want   []string
	}{
		"a good one":                              {func(*boot.Configuration) {}, nil},
		"without a boot script":                   {func(c *boot.Configuration) { c.BootScript = "" }, []string{"boot_script: it is empty: a server is ready when its boot script exits 0"}},
		"the largest boot script":                 {func(c *boot.Configuration) { c.BootScript = strings.Repeat("x", boot.MaxScriptBytes) }, nil},
		"a boot script that is too large":         {func(c *boot.Configuration) { c.BootScript = strings.Repeat("x", boot.MaxScriptBytes+1) }, []string{"boot_script: it has 65537 bytes, at most 65536 are carried; let it fetch the rest"}},
		"an update script that is no text":        {func(c *boot.Configuration) { c.UpdateScript = "a\x00b" }, []string{"update_script: it holds a NUL byte, and a script is text; let it fetch what is binary"}},
		"a script with line ends of a PC":         {func(c *boot.Configuration) { c.BootScript = "#!/bin/sh\r\ntrue\r\n" }, []string{"boot_script: its first line ends with a carriage return, which would be part of the interpreter's name; save it with Unix line ends"}},
		"a decommission script that is too large": {func(c *boot.Configuration) { c.DecommissionScript = strings.Repeat("x", boot.MaxScriptBytes+1) }, []string{"decommission_script: it has 65537 bytes, at most 65536 are carried; let it fetch the rest"}},
		"a decommission script that is no text":   {func(c *boot.Configuration) { c.DecommissionScript = "a\x00b" }, []string{"decommission_script: it holds a NUL byte, and a script is text; let it fetch what is binary"}},
		"the shortest time limit":                 {limit("true", time.Second), nil},
		"the longest time limit":                  {limit("true", 24*time.Hour), nil},
		"a time limit below a second":             {limit("true", time.Millisecond), []string{`update_script_timeout: it must be whole seconds, from "1s" to "24h"`}},
		"a time limit of broken seconds":          {limit("true", 1500*time.Millisecond), []string{`update_script_timeout: it must be whole seconds, from "1s" to "24h"`}},
		"a time limit above a day":                {limit("true", 24*time.Hour+time.Second), []string{`update_script_timeout: it must be whole seconds, from "1s" to "24h"`}},
		"a negative time limit":                   {limit("true", -time.Second), []string{`update_script_timeout: it must be whole seconds, from "1s" to "24h"`}},
		"a time limit of nothing":                 {limit("", time.Minute), []string{"update_script_timeout: there is no update_script that it could limit; add one, or remove update_script_timeout"}},
		"an output called like a fact":            {func(c *boot.Configuration) { c.Outputs = map[string]boot.Output{"zone": {Type: boot.TypeString}} }, []string{`outputs.zone: every server has the output "zone" without publishing it; choose another name`}},
		"an output with a bad name":               {func(c *boot.Configuration) { c.Outputs = map[string]boot.Output{"a-b": {Type: boot.TypeString}} }, []string{`outputs.a-b: "a-b" is not a valid name: use letters, digits and underscores, and begin with a letter or an underscore`}},
		"an output of no type":                    {func(c *boot.Configuration) { c.Outputs = map[string]boot.Output{"o": {Type: "list"}} }, []string{`outputs.o.type: "list" is no type; use "string", "number" or "bool"`}},
		"an output with a pattern that is none": {func(c *boot.Configuration) {
			c.Outputs = map[string]boot.Output{"o": {Type: boot.TypeString, Pattern: "("}}
		}, []string{"outputs.o.pattern: it is not a valid RE2 expression: missing closing ): `(`"}},
		"an output with a pattern": {func(c *boot.Configuration) {
			c.Outputs = map[string]boot.Output{"o": {Type: boot.TypeString, Pattern: "^v"}}
		}, nil},
		"too many outputs":                        {manyOutputs, []string{"outputs: there are 257 of them, at most 256 are supported"}},
		"a parameter with a reserved name":        {func(c *boot.Configuration) { c.Parameters["PATH"] = c.Parameters["port"] }, []string{`parameters.PATH: "PATH" is reserved: the shell uses it itself; choose another name`}},
		"a parameter of no type":                  {parameter(func(p *boot.Parameter) { p.Type = ""; p.Default = &text }), []string{`parameters.p.type: "" is no type; use "string", "number" or "bool"`}},
		"a requirement that there is not":         {parameter(func(p *boot.Parameter) { p.RequiredFor = "" }), []string{`parameters.p.required_for: "" is no requirement; use "boot", "ready" or "nothing"`}},
		"a late parameter, not deferred":          {parameter(func(p *boot.Parameter) { p.RequiredFor = boot.RequiredForReady }), []string{"parameters.p.required_for: only a deferred parameter can arrive after the server has started; set deferred = true"}},
		"a late parameter that is deferred":       {parameter(func(p *boot.Parameter) { p.RequiredFor = boot.RequiredForReady; p.Deferred = true }), nil},
		"a default that is deferred":              {parameter(func(p *boot.Parameter) { p.Default = &text; p.Deferred = true }), []string{"parameters.p.default: a deferred parameter has no default: its value arrives later"}},
		"a default that is sensitive":             {parameter(func(p *boot.Parameter) { p.Default = &word; p.Sensitive = true; p.Type = boot.TypeNumber }), []string{"parameters.p.default: a sensitive parameter has no default, which would be stored in plain text; remove it, and give the value with parameters_wo of the muster_server_group or, if it is to arrive later, with deferred = true and a muster_parameter_injection"}},
		"a default of another type":               {parameter(func(p *boot.Parameter) { p.Default = &word; p.Type = boot.TypeNumber }), []string{"parameters.p.default: invalid value: it is not a number"}},
		"a default that doesn't match":            {parameter(func(p *boot.Parameter) { p.Default = &word; p.Pattern = "^[0-9]+$" }), []string{`parameters.p.default: invalid value: it doesn't match the pattern "^[0-9]+$"`}},
		"a default that is no text":               {parameter(func(p *boot.Parameter) { p.Default = &nul }), []string{"parameters.p.default: invalid value: it holds a NUL byte, which an environment variable can't; encode it, for example with base64encode"}},
		"a default that matches":                  {parameter(func(p *boot.Parameter) { p.Default = &text; p.Pattern = "^[0-9]+$"; p.Type = boot.TypeNumber }), nil},
		"a deferred parameter with a timeout":     {parameter(late(time.Minute, boot.OnTimeoutFail, nil)), nil},
		"the longest timeout, with a placeholder": {parameter(late(24*time.Hour, boot.OnTimeoutProceed, &text)), nil},
		"an empty placeholder":                    {parameter(late(time.Second, boot.OnTimeoutProceed, new(string))), nil},
		"a timeout, not deferred":                 {parameter(func(p *boot.Parameter) { p.Timeout, p.OnTimeout = time.Second, boot.OnTimeoutFail }), []string{"parameters.p.timeout: only a deferred parameter can be late; set deferred = true, or remove timeout"}},
		"a timeout of broken seconds":             {parameter(late(1500*time.Millisecond, boot.OnTimeoutFail, nil)), []string{`parameters.p.timeout: it must be whole seconds, from "1s" to "24h"`}},
		"a timeout above a day":                   {parameter(late(24*time.Hour+time.Second, boot.OnTimeoutFail, nil)), []string{`parameters.p.timeout: it must be whole seconds, from "1s" to "24h"`}},
		"a negative timeout":                      {parameter(late(-time.Second, boot.OnTimeoutFail, nil)), []string{`parameters.p.timeout: it must be whole seconds, from "1s" to "24h"`}},
		"what can't happen after a timeout":       {parameter(late(time.Second, "ignore", nil)), []string{`parameters.p.on_timeout: "ignore" is nothing that can happen; use "fail" or "proceed"`}},
		"an end of no timeout":                    {parameter(late(0, boot.OnTimeoutFail, nil)), []string{"parameters.p.on_timeout: there is no timeout after which it could happen; add one, or remove on_timeout"}},
		"a server that proceeds with nothing":     {parameter(late(time.Second, boot.OnTimeoutProceed, nil)), []string{`parameters.p.on_timeout: the server proceeds with a placeholder, and there is none; add one, or use "fail"`}},
		"a placeholder for a server that fails":   {parameter(late(time.Second, boot.OnTimeoutFail, &text)), []string{`parameters.p.placeholder: it is used only with on_timeout = "proceed"; set that, or remove placeholder`}},
		"a placeholder alone":                     {parameter(late(0, "", &text)), []string{`parameters.p.placeholder: it is used only with on_timeout = "proceed"; set that, or remove placeholder`}},
		"a placeholder of another type": {parameter(func(p *boot.Parameter) {
			late(time.Second, boot.OnTimeoutProceed, &word)(p)
			p.Type = boot.TypeNumber
		}), []string{"parameters.p.placeholder: invalid value: it is not a number"}},
		"a placeholder that doesn't match": {parameter(func(p *boot.Parameter) {
			late(time.Second, boot.OnTimeoutProceed, &word)(p)
			p.Pattern = "^[0-9]+$"
		}), []string{`parameters.p.placeholder: invalid value: it doesn't match the pattern "^[0-9]+$"`}},
		"a placeholder that is no text": {parameter(late(time.Second, boot.OnTimeoutProceed, &nul)), []string{"parameters.p.placeholder: invalid value: it holds a NUL byte, which an environment variable can't; encode it, for example with base64encode"}},
		"a placeholder that is sensitive": {parameter(func(p *boot.Parameter) {
			late(time.Second, boot.OnTimeoutProceed, &word)(p)
			p.Sensitive = true
		}), []string{
			`parameters.p.on_timeout: a server can't proceed with a placeholder for a sensitive parameter, because it would be stored in plain text; use "fail"`,
			"parameters.p.placeholder: a sensitive parameter has no placeholder, which would be stored in plain text; remove it",
		}},
		"a sensitive parameter with a timeout": {parameter(func(p *boot.Parameter) {
			late(time.Second, boot.OnTimeoutFail, nil)(p)
			p.Sensitive = true
		}), nil},
		"a pattern that is none": {parameter(func(p *boot.Parameter) { p.Pattern = "("; p.Default = &text }), []string{"parameters.p.pattern: it is not a valid RE2 expression: missing closing ): `(`"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := boot.Configuration{BootScript: "true", Parameters: map[string]boot.Parameter{
				"port": {Type: boot.TypeNumber, RequiredFor: boot.RequiredForBoot, Default: &text},
			}}
			test.change(&c)
			var got []string
			for _, fault := range c.Check([]string{"id", "zone"}) {
				got = append(got, strings.Join(fault.Path, ".")+": "+fault.Message)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func limit(updateScript string, limit time.Duration) func(*boot.Configuration) {
	return func(c *boot.Configuration) { c.UpdateScript, c.UpdateScriptTimeout = updateScript, limit }
}

func late(timeout time.Duration, onTimeout boot.OnTimeout, placeholder *string) func(*boot.Parameter) {
	return func(p *boot.Parameter) {
		p.Deferred, p.Timeout, p.OnTimeout, p.Placeholder = true, timeout, onTimeout, placeholder
	}
}

func manyOutputs(c *boot.Configuration) {
	c.Outputs = map[string]boot.Output{}
	for i := range boot.MaxNames + 1 {
		c.Outputs[fmt.Sprintf("o%d", i)] = boot.Output{Type: boot.TypeString}
	}
}

func TestConfiguration_Check_order(t *testing.T) {
	t.Parallel()
	c := boot.Configuration{
		UpdateScript: "\x00", UpdateScriptTimeout: time.Millisecond, DecommissionScript: "\x00",
		Outputs:    map[string]boot.Output{"b": {Pattern: "("}, "a": {}},
		Parameters: map[string]boot.Parameter{"d": {}, "c": {Timeout: 1, OnTimeout: "x", OnChange: "x", Placeholder: new(string), Pattern: "("}},
	}
	var got []string
	for _, fault := range c.Check(nil) {
		got = append(got, strings.Join(fault.Path, "."))
	}
	want := []string{
		"boot_script", "decommission_script", "outputs.a.type", "outputs.b.pattern", "outputs.b.type",
		"parameters.c.on_change", "parameters.c.on_timeout", "parameters.c.pattern", "parameters.c.placeholder", "parameters.c.required_for", "parameters.c.timeout", "parameters.c.type",
		"parameters.d.required_for", "parameters.d.type", "update_script", "update_script_timeout",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestConfiguration_ID(t *testing.T) {
	t.Parallel()
	c := boot.Configuration{Name: "web", BootScript: "true"}
	same, other := c, c
	other.UpdateScript = "true"
	if c.ID() != same.ID() || c.ID() == other.ID() || boot.ConfigurationName(c.ID()) != "web" {
		t.Errorf("got %s, %s, %s", c.ID(), same.ID(), other.ID())
	}
}

// What is stored by an earlier version keeps its ID.
func TestConfiguration_ID_ofOutputs(t *testing.T) {
	t.Parallel()
	plain := boot.Configuration{Name: "web", BootScript: "true", Outputs: map[string]boot.Output{"version": {Type: boot.TypeString}}}
	if got, want := plain.ID(), "web@5fdb4afc7be2e6a6"; got != want {
		t.Errorf("without a pattern: got %s, want %s", got, want)
	}
	narrow := plain
	narrow.Outputs = map[string]boot.Output{"version": {Type: boot.TypeString, Pattern: "^v"}}
	if narrow.ID() == plain.ID() {
		t.Errorf("with a pattern it is the same: %s", narrow.ID())
	}
	carried, lean := boot.Payload{Configuration: narrow}.Encode(), boot.Payload{Configuration: plain}.Encode()
	if diff := cmp.Diff(string(lean), string(carried)); diff != "" {
		t.Errorf("servers are told of the pattern (-without +with):\n%s", diff)
	}
}

// The ID is part of every state: what is declared later must not change it.
func TestConfiguration_ID_stays(t *testing.T) {
	t.Parallel()
	c := boot.Configuration{Name: "web", BootScript: "true", Parameters: map[string]boot.Parameter{"a": deferred(boot.RequiredForReady)}}
	if got, want := c.ID(), "web@a1673e0925049af9"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestConfiguration_Required(t *testing.T) {
	t.Parallel()
	c := boot.Configuration{Parameters: map[string]boot.Parameter{
		"c": deferred(boot.RequiredForBoot), "b": deferred(boot.RequiredForReady), "a": deferred(boot.RequiredForBoot), "k": known("1"),
	}}
	if diff := cmp.Diff([]string{"a", "c"}, c.Required(boot.RequiredForBoot)); diff != "" {
		t.Error(diff)
	}
}

func TestCheckVariableName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a", "_a", "DB_HOST", "path", strings.Repeat("a", 64)} {
		if err := boot.CheckVariableName(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{
		"", "1a", "a-b", "a b", "ä", "a\n", "PATH", "LD_PRELOAD", "MUSTER_RUN", "BASH_ENV", "UID", "PPID", "OPTIND", "_", strings.Repeat("a", 65),
	} {
		if boot.CheckVariableName(name) == nil {
			t.Errorf("%q is accepted", name)
		}
	}
}

func TestCheckResourceName(t *testing.T) {
	t.Parallel()
	for name, good := range map[string]bool{"a": true, "web-1": true, "": false, "1a": false, "a-": false, "A": false, "a_b": false, strings.Repeat("a", 33): false} {
		if err := boot.CheckResourceName(name); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestType_Check(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind boot.Type
		text string
		good bool
	}{
		{boot.TypeString, "anything", true},
		{boot.TypeNumber, "-1.5e3", true},
		{boot.TypeNumber, "1e999", false},
		{boot.TypeNumber, "Inf", false},
		{boot.TypeBool, "true", true},
		{boot.TypeBool, "yes", false},
		{"", "x", false},
	} {
		if err := test.kind.Check(test.text); (err == nil) != test.good {
			t.Errorf("%s %q: %v", test.kind, test.text, err)
		}
	}
	for _, kind := range []boot.Type{boot.TypeString, boot.TypeNumber, boot.TypeBool} {
		pattern := regexp.MustCompile(kind.Pattern())
		for _, text := range []string{"", "x", "two\nlines", "a\x00", "-1.5e3", "007", "1_000", "0x1", "Inf", "true", "false", "true\n"} {
			valid := boot.Output{Type: kind}.Check(text) == nil
			if pattern.MatchString(text) != valid {
				t.Errorf("%s %q: a value %t, and the pattern matches %t", kind, text, valid, !valid)
			}
		}
	}
	if !boot.TypeString.Accepts(boot.TypeBool) || boot.TypeBool.Accepts(boot.TypeString) {
		t.Error("every value is a string, not every string a bool")
	}
}

func TestOutput_Check(t *testing.T) {
	t.Parallel()
	version := boot.Output{Type: boot.TypeString, Pattern: `^v[0-9]+$`}
	port := boot.Output{Type: boot.TypeNumber, Pattern: `^[0-9]{4}$`}
	tests := map[string]struct {
		output boot.Output
		text   string
		want   string
	}{
		"a value that matches":            {version, "v1", ""},
		"a value that doesn't":            {version, "secret", `invalid value: it doesn't match the pattern "^v[0-9]+$"`},
		"a number that matches":           {port, "8080", ""},
		"a number that doesn't":           {port, "80", `invalid value: it doesn't match the pattern "^[0-9]{4}$"`},
		"a value of another type":         {port, "abcd", "invalid value: it is not a number"},
		"a value that can't be delivered": {boot.Output{Type: boot.TypeString}, "a\x00", "invalid value: it holds a NUL byte, which an environment variable can't; encode it, for example with base64encode"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := test.output.Check(test.text); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
