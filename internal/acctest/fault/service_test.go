package fault_test

import (
	"context"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/fault"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// Every method that does I/O, which is one that takes a context, is counted: the kill
// suite would silently pass over one that isn't.
func TestPlan_countsEveryCall(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "calls")
	service := fault.Plan{Calls: path}.Decorate(nil)
	port := reflect.TypeFor[hosting.Service]()
	var want []string
	for method := range port.Methods() {
		name, signature := method.Name, method.Type
		if signature.NumIn() == 0 || signature.In(0) != reflect.TypeFor[context.Context]() {
			continue
		}
		want = append(want, name)
		arguments := make([]reflect.Value, signature.NumIn())
		for i := range arguments {
			arguments[i] = reflect.Zero(signature.In(i))
		}
		call(reflect.ValueOf(service).MethodByName(name), arguments)
	}
	got := fault.Calls(path)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counted methods (-want +got):\n%s", diff)
	}
}

// call calls a method of a service that isn't there: it is counted, and panics.
func call(method reflect.Value, arguments []reflect.Value) {
	defer func() { _ = recover() }()
	method.Call(arguments)
}
