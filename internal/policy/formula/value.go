package formula

import (
	"fmt"
	"math"
)

// maxListLength is how many numbers a list may have: many more than a group has servers,
// and few enough that no formula takes long.
const maxListLength = 10_000

// Kind says what a variable holds. The zero Kind is none.
type Kind int

// The kinds.
const (
	// KindNumber is one number.
	KindNumber Kind = iota + 1
	// KindList is one number per server, in no particular order.
	KindList
)

// String returns the kind in a few words.
func (k Kind) String() string {
	switch k {
	case KindNumber:
		return "a number"
	case KindList:
		return "a list"
	}
	return fmt.Sprintf("Kind(%d)", int(k))
}

// Value is what a variable holds. The zero Value is a missing one, nil in a formula.
type Value struct {
	kind   Kind
	number float64
	list   []float64
}

// Number returns the value of a variable of [KindNumber].
func Number(number float64) Value { return Value{kind: KindNumber, number: number} }

// List returns the value of a variable of [KindList]. An empty list is a missing value:
// where no server has reported, nothing is known. The value keeps the slice, which must
// not be changed afterwards.
func List(list []float64) Value {
	if len(list) == 0 {
		return Value{}
	}
	return Value{kind: KindList, list: list}
}

// Missing reports whether there is no value.
func (v Value) Missing() bool { return v.kind == 0 }

// native returns what the formula's program works with.
func (v Value) native() any {
	switch v.kind {
	case KindNumber:
		return v.number
	case KindList:
		return v.list
	}
	return nil
}

// check returns an error unless the value is fit for a variable of the kind.
func (v Value) check(name string, kind Kind) error {
	switch {
	case v.Missing():
		return nil
	case v.kind != kind:
		return fmt.Errorf("%s is %v and not %v", name, v.kind, kind)
	case len(v.list) > maxListLength:
		return fmt.Errorf("%s has more than %d numbers", name, maxListLength)
	case !finite(v.number):
		return fmt.Errorf("%s is not a finite number", name)
	}
	for _, number := range v.list {
		if !finite(number) {
			return fmt.Errorf("%s has what is not a finite number", name)
		}
	}
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
