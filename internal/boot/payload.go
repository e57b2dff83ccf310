package boot

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Payload is what a server gets at launch. It holds no secret and no deferred
// value: those come by [Delivery].
type Payload struct {
	Group         string
	Configuration Configuration
	// Parameters are the values known at launch, without the defaults.
	Parameters map[string]string
}

const payloadHeader = "muster payload 1"

const (
	wordKnown    = "known"
	wordDeferred = "deferred"
	wordDeadline = "deadline"
)

// Encode returns the payload in the line format that the agent reads; see
// [DecodePayload]. Defaults are filled in. Values of delivered and undeclared
// parameters are left out, and so is what no server needs: image,
// descriptions and patterns. The caller guarantees a configuration that
// [Configuration.Check] accepts.
func (p Payload) Encode() []byte {
	var e encoder
	c := p.Configuration
	e.line(payloadHeader)
	e.line("group", encodeText(p.Group))
	e.line("configuration", encodeText(c.Name))
	for _, name := range slices.Sorted(maps.Keys(c.Parameters)) {
		e.parameter(name, c.Parameters[name])
	}
	for _, name := range slices.Sorted(maps.Keys(c.Parameters)) {
		e.deadline(name, c.Parameters[name])
	}
	for _, name := range slices.Sorted(maps.Keys(c.Parameters)) {
		if value, ok := p.value(name); ok {
			e.line("value", name, encodeText(value))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Outputs)) {
		output := c.Outputs[name]
		e.line("output", name, string(output.Type), encodeSecrecy(output.Sensitive))
	}
	e.line("boot_script", encodeText(c.BootScript))
	if c.UpdateScript != "" {
		e.line("update_script", encodeText(c.UpdateScript))
	}
	if c.UpdateScriptTimeout != 0 {
		e.line("update_script_timeout", strconv.FormatInt(int64(c.UpdateScriptTimeout/time.Second), 10))
	}
	if c.DecommissionScript != "" {
		e.line("decommission_script", encodeText(c.DecommissionScript))
	}
	return e.end()
}

// value returns the value with which the parameter is launched; ok is false
// where it comes by a delivery.
func (p Payload) value(name string) (value string, ok bool) {
	parameter := p.Configuration.Parameters[name]
	if parameter.Delivered() {
		return "", false
	}
	if value, ok = p.Parameters[name]; ok {
		return value, true
	}
	if parameter.Default != nil {
		return *parameter.Default, true
	}
	return "", false
}

func (e *encoder) parameter(name string, p Parameter) {
	required, arrival := p.RequiredFor, wordDeferred
	if !p.Deferred {
		required = RequiredForBoot
	}
	if !p.Delivered() {
		arrival = wordKnown
	}
	e.line("parameter", name, string(p.Type), string(required), encodeSecrecy(p.Sensitive), arrival, string(p.Effect()))
}

// deadline writes the line of a parameter that has a timeout. What would be stored
// although it is a secret is left out, as it is of values.
func (e *encoder) deadline(name string, p Parameter) {
	if p.Timeout == 0 || !p.Deferred {
		return
	}
	fields := []string{wordDeadline, name, strconv.FormatInt(int64(p.Timeout/time.Second), 10)}
	if p.Proceeds() && p.Placeholder != nil && !p.Sensitive {
		e.line(append(fields, string(OnTimeoutProceed), encodeText(*p.Placeholder))...)
		return
	}
	e.line(append(fields, string(OnTimeoutFail))...)
}

// DecodePayload reads what [Payload.Encode] has written: the declarations,
// scripts and known values. Defaults are not told from given values, and what is delivered
// is deferred.
//
//	muster payload 1
//	group TEXT
//	configuration TEXT
//	parameter NAME TYPE boot|ready|nothing plain|sensitive known|deferred EFFECT
//	deadline NAME SECONDS fail
//	deadline NAME SECONDS proceed TEXT
//	value NAME TEXT
//	output NAME TYPE plain|sensitive
//	boot_script TEXT
//	update_script TEXT
//	update_script_timeout SECONDS
//	decommission_script TEXT
//	end
//
// There is no line for what the configuration doesn't have.
// Its errors name the line and never quote a value. Maps are nil where they
// would be empty.
func DecodePayload(encoded []byte) (Payload, error) {
	d := payloadDecoder{seen: map[string]bool{}}
	if err := decodeLines(encoded, payloadHeader, d.decodeLine); err != nil {
		return Payload{}, fmt.Errorf("decoding the boot payload: %w", err)
	}
	if d.payload.Configuration.BootScript == "" {
		return Payload{}, fmt.Errorf("decoding the boot payload: it has no boot script")
	}
	return d.payload, nil
}

type payloadDecoder struct {
	payload Payload
	// seen holds the kinds of lines that come once and have come.
	seen map[string]bool
}

func (d *payloadDecoder) decodeLine(fields []string) error {
	type line struct {
		kind   string
		fields int
	}
	switch (line{fields[0], len(fields)}) {
	case line{payloadHeader, 1}:
		return nil
	case line{"parameter", 7}:
		return d.decodeParameter(fields)
	case line{wordDeadline, 4}, line{wordDeadline, 5}:
		return d.decodeDeadline(fields)
	case line{"value", 3}:
		return d.decodeValue(fields)
	case line{"output", 4}:
		return d.decodeOutput(fields)
	case line{"group", 2}:
		return d.decodeOnce(fields, &d.payload.Group)
	case line{"configuration", 2}:
		return d.decodeOnce(fields, &d.payload.Configuration.Name)
	case line{"boot_script", 2}:
		return d.decodeOnce(fields, &d.payload.Configuration.BootScript)
	case line{"update_script", 2}:
		return d.decodeOnce(fields, &d.payload.Configuration.UpdateScript)
	case line{"update_script_timeout", 2}:
		return d.decodeTimeout(fields)
	case line{"decommission_script", 2}:
		return d.decodeOnce(fields, &d.payload.Configuration.DecommissionScript)
	}
	return errLine
}

func (d *payloadDecoder) once(kind string) error {
	if d.seen[kind] {
		return fmt.Errorf("%w: repeated line", errLine)
	}
	d.seen[kind] = true
	return nil
}

func (d *payloadDecoder) decodeOnce(fields []string, text *string) (err error) {
	if err := d.once(fields[0]); err != nil {
		return err
	}
	*text, err = decodeText(fields[1], MaxScriptBytes)
	return err
}

func (d *payloadDecoder) decodeTimeout(fields []string) error {
	if err := d.once(fields[0]); err != nil {
		return err
	}
	limit, err := decodeLimit(fields[1], MaxUpdateScriptTimeout)
	d.payload.Configuration.UpdateScriptTimeout = limit
	return err
}

// decodeLimit decodes a time limit of at least a second.
func decodeLimit(field string, longest time.Duration) (time.Duration, error) {
	seconds, err := decodeNumber(field)
	if err != nil {
		return 0, err
	}
	if seconds == 0 || seconds > int(longest/time.Second) {
		return 0, fmt.Errorf("%w: invalid time limit", errLine)
	}
	return time.Duration(seconds) * time.Second, nil
}

func (d *payloadDecoder) decodeDeadline(fields []string) (err error) {
	parameter, declared := d.payload.Configuration.Parameters[fields[1]]
	if !declared || !parameter.Deferred || parameter.Timeout != 0 {
		return fmt.Errorf("%w: no parameter that may have a deadline", errLine)
	}
	if parameter.Timeout, err = decodeLimit(fields[2], MaxParameterTimeout); err != nil {
		return err
	}
	action, err := decodeWord(fields[3], OnTimeouts()...)
	if err != nil {
		return err
	}
	parameter.OnTimeout = OnTimeout(action)
	if parameter.Proceeds() != (len(fields) == 5) || parameter.Proceeds() && parameter.Sensitive {
		return fmt.Errorf("%w: a placeholder is missing, or there must be none", errLine)
	}
	if parameter.Proceeds() {
		text, err := decodeValue(fields[4])
		if err != nil {
			return err
		}
		parameter.Placeholder = &text
	}
	d.payload.Configuration.Parameters[fields[1]] = parameter
	return nil
}

func (d *payloadDecoder) decodeParameter(fields []string) error {
	name, err := decodeName(fields[1])
	if err != nil {
		return err
	}
	kind, err := decodeWord(fields[2], Types()...)
	if err != nil {
		return err
	}
	required, err := decodeWord(fields[3], Requirements()...)
	if err != nil {
		return err
	}
	sensitive, err := decodeSecrecy(fields[4])
	if err != nil {
		return err
	}
	arrival, err := decodeWord(fields[5], wordKnown, wordDeferred)
	if err != nil {
		return err
	}
	deferred := arrival == wordDeferred
	if !deferred && Requirement(required) != RequiredForBoot {
		return fmt.Errorf("%w: only a deferred parameter may be missing at boot", errLine)
	}
	effect, err := decodeWord(fields[6], Effects()...)
	if err != nil {
		return err
	}
	parameter := Parameter{Type: Type(kind), Deferred: deferred, Sensitive: sensitive, RequiredFor: Requirement(required)}
	if parameter.Effect() != Effect(effect) {
		parameter.OnChange = Effect(effect)
	}
	if parameter.Delivered() != deferred {
		return fmt.Errorf("%w: a value that is delivered is not known at launch", errLine)
	}
	c := &d.payload.Configuration
	if c.Parameters == nil {
		c.Parameters = map[string]Parameter{}
	}
	return addNew(c.Parameters, name, parameter)
}

func (d *payloadDecoder) decodeValue(fields []string) error {
	parameter, declared := d.payload.Configuration.Parameters[fields[1]]
	if !declared || parameter.Delivered() {
		return fmt.Errorf("%w: no parameter that may have a value", errLine)
	}
	text, err := decodeValue(fields[2])
	if err != nil {
		return err
	}
	if d.payload.Parameters == nil {
		d.payload.Parameters = map[string]string{}
	}
	return addNew(d.payload.Parameters, fields[1], text)
}

func (d *payloadDecoder) decodeOutput(fields []string) error {
	name, err := decodeName(fields[1])
	if err != nil {
		return err
	}
	kind, err := decodeWord(fields[2], Types()...)
	if err != nil {
		return err
	}
	sensitive, err := decodeSecrecy(fields[3])
	if err != nil {
		return err
	}
	c := &d.payload.Configuration
	if c.Outputs == nil {
		c.Outputs = map[string]Output{}
	}
	return addNew(c.Outputs, name, Output{Type: Type(kind), Sensitive: sensitive})
}
