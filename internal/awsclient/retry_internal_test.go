package awsclient

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

func TestOpen_retryMode(t *testing.T) {
	tests := map[string]struct {
		variable, option string
		adaptive         bool
	}{
		"nothing":         {},
		"the environment": {variable: "adaptive", adaptive: true},
		"the options":     {variable: "adaptive", option: "standard"},
		"both":            {variable: "standard", option: "adaptive", adaptive: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("AWS_RETRY_MODE", test.variable)
			session, err := Open(t.Context(), Options{
				Region: "eu-west-1", AccessKey: "AKIA", SecretKey: "secret", RetryMode: test.option, SkipCredentialsValidation: true,
			})
			if err != nil {
				t.Fatal(err)
			}
			ours, ok := session.EC2().Options().Retryer.(*retryer)
			if !ok {
				t.Fatalf("the retryer is a %T", session.EC2().Options().Retryer)
			}
			if _, adaptive := ours.RetryerV2.(*retry.AdaptiveMode); adaptive != test.adaptive {
				t.Errorf("the retryer is a %T", ours.RetryerV2)
			}
		})
	}
}
