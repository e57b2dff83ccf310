package policy

import "fmt"

// passed is a [Value] that passes a signal through.
type passed struct{ signal string }

func (p passed) propose(v view) proposal { return opinion(saturate(v.bucket.value)) }

func (p passed) explain(made proposal, v view) string {
	return fmt.Sprintf("%s %s asks for %d", p.signal, number(v.bucket.value), made.count)
}

func (p passed) formula(made proposal, v view) string {
	return fmt.Sprintf("ceil(%s) = %d", number(v.bucket.value), roundUp(made.unrounded))
}

func (p passed) change(v view) string {
	if v.basis.Intended == 0 {
		return "scales out above 0"
	}
	return fmt.Sprintf("scales out above %d, in at %d or below", v.basis.Intended, v.basis.Intended-1)
}

// fixed is a [Value] with a number.
type fixed struct {
	rule   string
	number float64
}

func (f fixed) propose(view) proposal { return opinion(saturate(f.number)) }

func (f fixed) explain(made proposal, _ view) string {
	return fmt.Sprintf("rule %s asks for %d", f.rule, made.count)
}

func (f fixed) formula(made proposal, _ view) string {
	return fmt.Sprintf("ceil(%s) = %d", number(f.number), made.count)
}

func (f fixed) change(view) string { return "" }
