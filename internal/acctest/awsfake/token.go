package awsfake

import (
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// launch is what is remembered of a client token.
type launch struct {
	arguments string
	instances []*instance
}

// tokenKey returns the key of a client token. It counts in the zone that a launch names:
// in another zone the same token launches again. Without one it counts in the region.
func tokenKey(token string, p *plan) string {
	if p.zonal {
		return token + " in " + p.subnets[0].Zone
	}
	return token
}

// launchOnce launches, unless the token says that this has been done. Source:
// "Ensuring idempotency in Amazon EC2 API requests".
func (w *World) launchOnce(p *plan, arguments *form) (instances []*instance, repeated bool, err error) {
	token := aws.ToString(p.data.ClientToken)
	if token == "" {
		instances, err = w.launch(p)
		return instances, false, err
	}
	key := tokenKey(token, p)
	canonical := launchArguments(arguments)
	known := w.launches[key]
	if known == nil || len(known.instances) == 0 && known.arguments == canonical {
		instances, err = w.launchAndRemember(p, key, canonical)
		return instances, false, err
	}
	if known.arguments != canonical && w.refusesMismatch(known) {
		return nil, true, fault(http.StatusBadRequest, "IdempotentParameterMismatch", "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).")
	}
	if w.burnt(known) {
		return nil, true, fault(http.StatusBadRequest, "IdempotentInstanceTerminated", "The client token you have provided is associated with a terminated instance. Please use a different client token.")
	}
	return known.instances, true, nil
}

func (w *World) launchAndRemember(p *plan, key, arguments string) ([]*instance, error) {
	instances, err := w.launch(p)
	if err == nil || w.faults.FailedTokens {
		w.launches[key] = &launch{arguments: arguments, instances: instances}
	}
	return instances, err
}

// launchArguments returns what is compared when a token is used again. The zone isn't.
func launchArguments(arguments *form) string {
	rest := arguments.without("ClientToken", "DryRun")
	if placement := rest.children["Placement"]; placement != nil {
		rest.children["Placement"] = placement.without("AvailabilityZone", "AvailabilityZoneId")
	}
	return rest.canonical()
}

// refusesMismatch chooses one of the outcomes that AWS documents. A launch that failed
// has nothing to answer with.
func (w *World) refusesMismatch(known *launch) bool {
	switch w.faults.Mismatch {
	case MismatchReplays:
		return len(known.instances) == 0
	case MismatchEither:
		return len(known.instances) == 0 || w.chance(0.5)
	default:
		return true
	}
}

func (w *World) burnt(known *launch) bool {
	ended := 0
	for _, i := range known.instances {
		if i.end.state == terminated {
			ended++
		}
	}
	all, some := ended == len(known.instances), ended > 0
	switch w.faults.Burnt {
	case BurntByAll:
		return all
	case BurntEither:
		return all || some && w.chance(0.5)
	default:
		return some
	}
}
