package provider_test

import (
	"maps"
	"testing"
)

func TestAccInvalid_refusedByValidate(t *testing.T) {
	t.Parallel()
	expectRefused(t, merged(t, configurationMistakes(), groupMistakes(), injectionMistakes(), policyMistakes()))
}

func TestAccInvalid_refusedByPlan(t *testing.T) {
	t.Parallel()
	expectRefused(t, merged(t, hostingMistakes(), declarationMistakes(), wireMistakes(), sourceMistakes(), prometheusMistakes(), placeMistakes(t)))
}

// merged returns all rows; no two may have a name.
func merged[T any](t *testing.T, tables ...map[string]T) map[string]T {
	t.Helper()
	all := make(map[string]T)
	rows := 0
	for _, table := range tables {
		maps.Copy(all, table)
		rows += len(table)
	}
	if len(all) != rows {
		t.Fatalf("%d rows have %d names", rows, len(all))
	}
	return all
}
