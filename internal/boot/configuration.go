package boot

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Type is the declared type of a parameter or an output. Every value travels as
// text; the type says which texts are valid. The zero Type is invalid.
type Type string

// The types. TypeString admits every text.
const (
	TypeString Type = "string"
	TypeNumber Type = "number"
	TypeBool   Type = "bool"
)

const (
	decimalPattern = `^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$`
	boolPattern    = `^(true|false)$`
	textPattern    = `^[^\x00]*$`
)

var decimalNumber = regexp.MustCompile(decimalPattern)

// Types lists all types, for validators and documentation.
func Types() []string { return []string{string(TypeString), string(TypeNumber), string(TypeBool)} }

// Check reports why text is not of type t. The error never quotes the text,
// which may be a secret.
func (t Type) Check(text string) error {
	switch t {
	case TypeString:
		return nil
	case TypeNumber:
		// ParseFloat also takes infinities, hexadecimals and underscores, which
		// Terraform has not.
		if _, err := strconv.ParseFloat(text, 64); err != nil || !decimalNumber.MatchString(text) {
			return fmt.Errorf("%w: it is not a number", ErrValue)
		}
	case TypeBool:
		if text != "true" && text != "false" {
			return fmt.Errorf(`%w: it is neither "true" nor "false"`, ErrValue)
		}
	default:
		return fmt.Errorf("%w: unknown type %q", ErrValue, string(t))
	}
	return nil
}

// Pattern returns an RE2 expression that every value of type t matches. What matches is a
// value of the type, but for texts that are too large, and for numbers beyond the range of
// a float64.
func (t Type) Pattern() string {
	switch t {
	case TypeNumber:
		return decimalPattern
	case TypeBool:
		return boolPattern
	default:
		return textPattern
	}
}

// Accepts reports whether every value of type source is also one of type t, so
// that an output of type source may be wired into a parameter of type t.
func (t Type) Accepts(source Type) bool { return t == TypeString || t == source }

// Requirement says what a parameter is required for. The zero Requirement is
// invalid; a parameter that isn't deferred has RequiredForBoot.
type Requirement string

// The requirements: the boot script starts only when the value is there; the
// server is ready only when the value has been applied; nothing waits.
const (
	RequiredForBoot    Requirement = "boot"
	RequiredForReady   Requirement = "ready"
	RequiredForNothing Requirement = "nothing"
)

// Requirements lists all requirements, for validators and documentation.
func Requirements() []string {
	return []string{string(RequiredForBoot), string(RequiredForReady), string(RequiredForNothing)}
}

// Effect is what a change of a parameter's value does on a running server; its first value
// is no change. The zero Effect is the parameter's default: see [Parameter.Effect].
type Effect string

// The effects: the value is put in place and nothing is run; it is put in place and the
// update script runs; it is put in place and the server boots anew; the server keeps the
// former value until another one takes its place.
const (
	EffectDeliver Effect = "deliver"
	EffectUpdate  Effect = "update"
	EffectRestart Effect = "restart"
	EffectReplace Effect = "replace"
)

// Effects lists all effects, for validators and documentation.
func Effects() []string {
	return []string{string(EffectDeliver), string(EffectUpdate), string(EffectRestart), string(EffectReplace)}
}

// OnTimeout says what happens where the value of a parameter has not arrived in time.
// The zero OnTimeout is that of a parameter without a timeout.
type OnTimeout string

// What happens: the server fails, if the parameter is required for boot or ready, and
// nobody waits for the value any longer; or it goes on with a placeholder.
const (
	OnTimeoutFail    OnTimeout = "fail"
	OnTimeoutProceed OnTimeout = "proceed"
)

// OnTimeouts lists all that can happen, for validators and documentation.
func OnTimeouts() []string { return []string{string(OnTimeoutFail), string(OnTimeoutProceed)} }

// Parameter is a declared input of a boot script.
type Parameter struct {
	Type Type `json:"type"`
	// Default is the value where the group gives none; nil: there is none.
	Default *string `json:"default,omitempty"`
	// Deferred allows the value to arrive after the server has started.
	Deferred    bool        `json:"deferred,omitempty"`
	Sensitive   bool        `json:"sensitive,omitempty"`
	RequiredFor Requirement `json:"required_for"`
	// Pattern is an RE2 expression that every value must match; empty: any.
	Pattern string `json:"pattern,omitempty"`
	// OnChange is the declared effect of a change.
	OnChange Effect `json:"on_change,omitempty"`
	// Timeout is how long after the beginning of a boot the value of a deferred
	// parameter may arrive, in whole seconds; 0: without limit.
	Timeout time.Duration `json:"timeout,omitempty"`
	// OnTimeout is what happens then; empty where Timeout is 0.
	OnTimeout OnTimeout `json:"on_timeout,omitempty"`
	// Placeholder is the value with which the server proceeds; nil where it doesn't.
	Placeholder *string `json:"placeholder,omitempty"`
}

// Effect returns what a change does: what is declared or, by default, an update where the
// value travels by delivery anyway, and otherwise a replacement.
func (p Parameter) Effect() Effect {
	switch {
	case p.OnChange != "":
		return p.OnChange
	case p.Deferred || p.Sensitive:
		return EffectUpdate
	}
	return EffectReplace
}

// Delivered reports whether the value travels by [Delivery]: it may arrive late, or is a
// secret, or a change of it is to reach servers that run. Any other is in the [Payload].
func (p Parameter) Delivered() bool {
	return p.Deferred || p.Sensitive || p.Effect() != EffectReplace
}

// Given reports whether the value is one that the group gives to its members by delivery:
// no injection does.
func (p Parameter) Given() bool { return p.Delivered() && !p.Deferred }

// Proceeds reports whether a server goes on without the value when the time is over, so
// that nothing waits for it for ever.
func (p Parameter) Proceeds() bool { return p.OnTimeout == OnTimeoutProceed }

// Check reports why text can't be the value of the parameter: size, type or
// pattern. The error never quotes the text.
func (p Parameter) Check(text string) error { return checkValue(text, p.Type, p.Pattern) }

// Output is a declared value that the scripts of a server may publish.
type Output struct {
	Type      Type `json:"type"`
	Sensitive bool `json:"sensitive,omitempty"`
	// Pattern is an RE2 expression that every value must match; empty: any. Servers
	// know nothing of it: it is checked before a value is delivered.
	Pattern string `json:"pattern,omitempty"`
}

// Check reports why text can't be a value of the output: size, type or pattern. The
// error never quotes the text.
func (o Output) Check(text string) error { return checkValue(text, o.Type, o.Pattern) }

func checkValue(text string, kind Type, pattern string) error {
	if err := CheckText(text); err != nil {
		return err
	}
	if err := kind.Check(text); err != nil {
		return err
	}
	if pattern == "" {
		return nil
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return fmt.Errorf("compiling the pattern %q: %w", pattern, err)
	}
	if !re.MatchString(text) {
		return fmt.Errorf("%w: it doesn't match the pattern %q", ErrValue, pattern)
	}
	return nil
}

// Configuration is everything that makes servers of one kind alike. It is
// stored on the hosting service under its [Configuration.ID].
type Configuration struct {
	Name         string `json:"name"`
	Image        string `json:"image"`
	BootScript   string `json:"boot_script"`
	UpdateScript string `json:"update_script,omitempty"`
	// UpdateScriptTimeout is how long one run of the update script may take, in
	// whole seconds; 0: without limit. What has not ended by then is killed, and
	// the server has failed.
	UpdateScriptTimeout time.Duration `json:"update_script_timeout,omitempty"`
	// DecommissionScript runs before the server is terminated, if the boot script
	// has exited 0; empty: there is none. Whoever terminates the server sets the
	// time limit.
	DecommissionScript string `json:"decommission_script,omitempty"`
	// Parameters and Outputs are keyed by name.
	Parameters map[string]Parameter `json:"parameters,omitempty"`
	Outputs    map[string]Output    `json:"outputs,omitempty"`
	// EC2 is nil where the configuration is not for EC2.
	EC2 *EC2 `json:"ec2,omitempty"`
}

// ID returns "<name>@<content hash>": equal content has an equal ID, and any
// change of the content changes it. The hash is the first 16 hexadecimal digits
// of SHA-256 over the canonical JSON (encoding/json sorts map keys).
func (c Configuration) ID() string {
	content, err := json.Marshal(c)
	if err != nil {
		// Strings, bools and maps of them always encode.
		panic(fmt.Sprintf("encoding server configuration %q: %v", c.Name, err))
	}
	sum := sha256.Sum256(content)
	return c.Name + "@" + hex.EncodeToString(sum[:8])
}

// ConfigurationName returns the name in a configuration ID.
func ConfigurationName(id string) string {
	name, _, _ := strings.Cut(id, "@")
	return name
}

// Required returns, sorted, the delivered parameters that are required for r.
func (c Configuration) Required(r Requirement) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(c.Parameters)) {
		if p := c.Parameters[name]; p.Delivered() && p.RequiredFor == r {
			names = append(names, name)
		}
	}
	return names
}
