package awsfake

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// principal is who has credentials.
type principal struct {
	accessKey, secretKey, token string
	until                       time.Time // zero: for ever
	account, arn, userID        string
	// instance is the ID of the instance whose role it is.
	instance string
}

func (p *principal) expires(at time.Time) bool { return !p.until.IsZero() && !at.Before(p.until) }

func (w *World) addUser() {
	w.principals[w.options.AccessKey] = &principal{
		accessKey: w.options.AccessKey, secretKey: w.options.SecretKey,
		account: w.options.Account, userID: "AIDAMUSTERFAKE000000",
		arn: "arn:aws:iam::" + w.options.Account + ":user/operator",
	}
}

// addSession makes temporary credentials and makes them known.
func (w *World) addSession(p principal, lifetime time.Duration) *principal {
	w.serial++
	p.accessKey = fmt.Sprintf("ASIAMUSTER%010d", w.serial)
	p.secretKey = fmt.Sprintf("temporary/secret/key/%019d", w.random.Uint64()>>1)
	p.token = fmt.Sprintf("fake-session-token-%d-%016x", w.serial, w.random.Uint64())
	p.until = now().Add(lifetime)
	w.principals[p.accessKey] = &p
	return &p
}

// instanceMay reports what a policy for instances allows; see the guide of the
// provider. An instance has no business with anything else.
func instanceMay(operation string) bool {
	return operation == serviceSSM+".GetParameter" || operation == serviceSSM+".PutParameter" ||
		operation == serviceSTS+".GetCallerIdentity"
}

func (w *World) principal(accessKey string) *principal {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.principals[accessKey]
}

// authorize refuses instances everything but their own, and foreigners everything.
func (w *World) authorize(req *request) error {
	caller := req.caller
	if caller == nil || req.service == serviceSTS {
		return nil
	}
	operation := req.service + "." + req.operation
	if caller.account == w.options.Account && (caller.instance == "" || instanceMay(operation)) {
		return nil
	}
	message := fmt.Sprintf("User: %s is not authorized to perform: %s:%s", caller.arn, req.service, req.operation)
	if req.service == serviceEC2 {
		return fault(http.StatusForbidden, "UnauthorizedOperation", "You are not authorized to perform this operation. %s", message)
	}
	return fault(http.StatusBadRequest, "AccessDeniedException", "%s", message)
}

// roleName returns the name in the ARN of a role.
func roleName(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }
