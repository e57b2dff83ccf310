package awsfake

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// bucket is a token bucket that is refilled continuously.
type bucket struct {
	tokens float64
	at     time.Time
}

// rate is the size of a bucket and how much of it is refilled per second.
type rate struct {
	size, refill float64
}

// take takes n tokens, if there are so many.
func (w *World) take(name string, r rate, n float64) bool {
	at := now()
	b := w.buckets[name]
	if b == nil {
		b = &bucket{tokens: r.size, at: at}
		w.buckets[name] = b
	}
	b.tokens = min(r.size, b.tokens+at.Sub(b.at).Seconds()*r.refill)
	b.at = at
	if b.tokens < n {
		return false
	}
	b.tokens -= n
	return true
}

// throttle refuses what comes too fast. Requests that are refused for that don't take
// tokens.
func (w *World) throttle(req *request) error {
	if req.service == serviceSTS {
		return nil
	}
	if w.faults.ThrottleHalf && w.chance(0.5) {
		return throttled(req)
	}
	if !w.faults.Throttle || req.service == serviceCloudWatch {
		return nil
	}
	name, r := requestRate(req)
	if !w.take(name, r, 1) {
		return throttled(req)
	}
	if r, n := resourceRate(req); n > 0 && !w.take(req.operation+" resources", r, n) {
		return throttled(req)
	}
	return nil
}

func throttled(req *request) error {
	if req.service == serviceEC2 {
		return fault(http.StatusServiceUnavailable, "RequestLimitExceeded", "Request limit exceeded.")
	}
	return fault(http.StatusBadRequest, "ThrottlingException", "Rate exceeded")
}

// requestRate returns the bucket of an operation. EC2: "Request throttling for the
// Amazon EC2 API", each operation its own bucket. SSM: reads share 40 per second, and
// puts have 3, as AWS Support says in github-aws-runners#2944; deletes have no
// documented rate and are taken for puts.
func requestRate(req *request) (string, rate) {
	if req.service == serviceSSM {
		if strings.HasPrefix(req.operation, "Get") {
			return "ssm.Get", rate{40, 40}
		}
		return "ssm." + req.operation, rate{3, 3}
	}
	return req.operation, ec2Rate(req)
}

func ec2Rate(req *request) rate {
	switch req.operation {
	case "RunInstances":
		return rate{5, 2}
	case "TerminateInstances", "CreateLaunchTemplateVersion":
		return rate{100, 5}
	case "CreateTags":
		return rate{100, 10}
	case "DescribeInstances":
		if !req.paged() {
			return rate{50, 10}
		}
		return rate{100, 20}
	case "DescribeImages", "DescribeLaunchTemplates", "DescribeLaunchTemplateVersions", "GetConsoleOutput":
		return rate{100, 20}
	default:
		return rate{50, 5}
	}
}

// paged reports whether a list is restricted by filters or read page by page.
func (r *request) paged() bool {
	return r.form.children["Filter"] != nil || r.form.children["MaxResults"] != nil
}

// resourceRate returns the second bucket of some operations, and how much is taken.
func resourceRate(req *request) (rate, float64) {
	switch req.service + "." + req.operation {
	case "ec2.RunInstances":
		if most := req.form.children["MaxCount"]; most != nil {
			n, _ := strconv.ParseFloat(most.value, 64)
			return rate{1000, 2}, n
		}
	case "ec2.TerminateInstances":
		if ids := req.form.children["InstanceId"]; ids != nil {
			return rate{1000, 20}, float64(len(ids.children))
		}
	}
	return rate{}, 0
}
