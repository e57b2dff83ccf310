package ec2

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

func TestClientToken(t *testing.T) {
	t.Parallel()
	service := New(Options{Namespace: "shop"})
	ref := hosting.GroupRef{Name: "web", Incarnation: "one"}
	base := send{Attempt: 3, Base: 20, Count: 100, InstanceType: "t3.small", Subnet: "subnet-a"}
	token := service.clientToken(ref, base)
	if again := service.clientToken(ref, base); again != token {
		t.Errorf("the same run has the tokens %q and %q", token, again)
	}
	seen := map[string]string{token: "the run itself"}
	for name, other := range map[string]func() string{
		"another attempt":     func() string { next := base; next.Attempt++; return service.clientToken(ref, next) },
		"another base":        func() string { next := base; next.Base++; return service.clientToken(ref, next) },
		"another count":       func() string { next := base; next.Count--; return service.clientToken(ref, next) },
		"another type":        func() string { next := base; next.InstanceType = "t3.large"; return service.clientToken(ref, next) },
		"another subnet":      func() string { next := base; next.Subnet = "subnet-b"; return service.clientToken(ref, next) },
		"another try":         func() string { next := base; next.Try++; return service.clientToken(ref, next) },
		"another incarnation": func() string { return service.clientToken(hosting.GroupRef{Name: "web", Incarnation: "two"}, base) },
		"another group":       func() string { return service.clientToken(hosting.GroupRef{Name: "web-2", Incarnation: "one"}, base) },
		"another namespace":   func() string { return New(Options{Namespace: "test"}).clientToken(ref, base) },
		"a shift between names": func() string {
			return New(Options{Namespace: "shopw"}).clientToken(hosting.GroupRef{Name: "eb", Incarnation: "one"}, base)
		},
	} {
		got := other()
		if former, twice := seen[got]; twice {
			t.Errorf("%s has the token of %s, %q", name, former, got)
		}
		seen[got] = name
	}
}

func TestClientToken_length(t *testing.T) {
	t.Parallel()
	ref := hosting.GroupRef{Name: strings.Repeat("g", 32), Incarnation: strings.Repeat("i", 64)}
	sent := send{Attempt: 999_999_999, Base: 999_999_999, Count: maxRun, InstanceType: strings.Repeat("t", 64), Subnet: strings.Repeat("s", 64)}
	token := New(Options{Namespace: strings.Repeat("n", 32)}).clientToken(ref, sent)
	if len(token) > 64 {
		t.Errorf("the token %q has %d characters, and EC2 takes 64", token, len(token))
	}
	parsed, ok := parseToken(token)
	if !ok || parsed.attempt != sent.Attempt || parsed.base != sent.Base || parsed.count != sent.Count {
		t.Errorf("read %+v (%v) from %q", parsed, ok, token)
	}
}

func TestParseToken_foreign(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"empty":                 "",
		"a random one":          "9c8a3f7e-55bb-4a53-8c79-0d1a3c6c3f11",
		"too short a mark":      "abcdefghijklmno-1-0-1-abcdefgh",
		"a letter in a number":  "abcdefghijklmnop-1-0x-1-abcdefgh",
		"a number out of range": "abcdefghijklmnop-1-99999999999-1-abcdefgh",
		"a negative number":     "abcdefghijklmnop-1--1-1-abcdefgh",
		"something behind it":   "abcdefghijklmnop-1-0-1-abcdefgh-2",
		"a line break":          "abcdefghijklmnop-1-0-1-abcdefgh\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if parsed, ok := parseToken(text); ok {
				t.Errorf("read %+v from %q", parsed, text)
			}
		})
	}
}

func TestProve(t *testing.T) {
	t.Parallel()
	service := New(Options{Namespace: "shop"})
	ref := hosting.GroupRef{Name: "web", Incarnation: "one"}
	token := service.clientToken(ref, send{Attempt: 2, Base: 5, Count: 3})
	for name, test := range map[string]struct {
		change func(*ec2types.Instance)
		want   bool
	}{
		"a member":                    {change: func(*ec2types.Instance) {}, want: true},
		"without tags of the project": {change: func(i *ec2types.Instance) { i.Tags = i.Tags[:1] }, want: true},
		"another template":            {change: func(i *ec2types.Instance) { i.Tags[0].Value = aws.String("lt-other") }},
		"no template":                 {change: func(i *ec2types.Instance) { i.Tags = i.Tags[1:] }},
		"no token":                    {change: func(i *ec2types.Instance) { i.ClientToken = nil }},
		"a token of another incarnation": {change: func(i *ec2types.Instance) {
			i.ClientToken = aws.String(service.clientToken(hosting.GroupRef{Name: "web", Incarnation: "two"}, send{Attempt: 2, Base: 5, Count: 3}))
		}},
		"an index beyond the run": {change: func(i *ec2types.Instance) { i.AmiLaunchIndex = aws.Int32(3) }},
		"a negative index":        {change: func(i *ec2types.Instance) { i.AmiLaunchIndex = aws.Int32(-1) }},
		"no ID":                   {change: func(i *ec2types.Instance) { i.InstanceId = nil }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			instance := ec2types.Instance{
				InstanceId: aws.String("i-0123456789abcdef0"), ClientToken: &token, AmiLaunchIndex: aws.Int32(2),
				Tags: []ec2types.Tag{
					{Key: aws.String(templateTag), Value: aws.String("lt-ours")},
					{Key: aws.String("muster.group"), Value: aws.String("web")},
				},
			}
			test.change(&instance)
			proved, ok := service.prove(ref, []string{"lt-first", "lt-ours"}, instance)
			if ok != test.want || ok && (proved.slot != 7 || proved.attempt != 2) {
				t.Errorf("got %v with slot %d of attempt %d", ok, proved.slot, proved.attempt)
			}
		})
	}
}
