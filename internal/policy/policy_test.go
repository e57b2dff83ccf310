package policy_test

import (
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/policy"
)

// now is an arbitrary instant.
func now() time.Time { return time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC) }

func seen(values ...float64) policy.Observation {
	var observation policy.Observation
	for i, value := range values {
		at := now().Add(time.Duration(i-len(values)) * time.Second)
		observation.Samples = append(observation.Samples, policy.Sample{At: at, Value: value})
	}
	return observation
}

func failed(cause string) policy.Observation { return policy.Observation{Error: cause} }

func compile(t testing.TB, spec policy.Spec) *policy.Policy {
	t.Helper()
	compiled, err := policy.Compile(spec)
	if err != nil {
		t.Fatalf("compiling: %v", err)
	}
	return compiled
}

func ruleOf(signal string, value float64, kind policy.TargetType) policy.Rule {
	return policy.Rule{Target: &policy.Target{Signal: signal, Value: value, Type: kind}}
}

// exactly takes the dead band away, as the engines without one do.
func exactly(rule policy.Rule) policy.Rule {
	target := *rule.Target
	target.Tolerance = policy.Tolerance{Out: new(float64), In: new(float64)}
	return policy.Rule{Target: &target}
}

func number(n float64) policy.Rule { return policy.Rule{Value: &policy.Value{Number: &n}} }

func passing(signal string) policy.Rule { return policy.Rule{Value: &policy.Value{Signal: signal}} }

func running(servers int) policy.Basis {
	return policy.Basis{Intended: servers, InService: servers}
}
