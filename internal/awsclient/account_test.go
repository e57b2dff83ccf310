package awsclient_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterhq/terraform-provider-muster/internal/awsclient"
)

func TestOpen_account(t *testing.T) {
	t.Parallel()
	const own, other = "111111111111", "222222222222"
	tests := map[string]struct {
		change func(*awsclient.Options)
		want   string
		asked  int
		err    string
	}{
		"the account is known":      {change: func(*awsclient.Options) {}, want: own, asked: 1},
		"it is allowed":             {change: func(o *awsclient.Options) { o.AllowedAccountIDs = []string{other, own} }, want: own, asked: 1},
		"another one is forbidden":  {change: func(o *awsclient.Options) { o.ForbiddenAccountIDs = []string{other} }, want: own, asked: 1},
		"it is not to be asked for": {change: func(o *awsclient.Options) { o.SkipCredentialsValidation = true }},
		"another one is allowed": {
			change: func(o *awsclient.Options) { o.AllowedAccountIDs = []string{other} }, asked: 1,
			err: "allowed_account_ids doesn't have the account of the credentials, 111111111111, but 222222222222; use other credentials, or add it if it is meant",
		},
		"it is forbidden": {
			change: func(o *awsclient.Options) { o.ForbiddenAccountIDs = []string{other, own} }, asked: 1,
			err: "forbidden_account_ids has the account of the credentials, 111111111111; use other credentials",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCloud()
			o := withKey(c.serve(t), "AKIA"+own)
			test.change(&o)
			session, err := awsclient.Open(t.Context(), o)
			expectError(t, err, test.err)
			if session != nil && session.Account() != test.want {
				t.Errorf("the account is %q, want %q", session.Account(), test.want)
			}
			if (session == nil) != (test.err != "") {
				t.Errorf("the session is %v", session)
			}
			if got := len(c.seen()); got != test.asked {
				t.Errorf("STS was asked %d times, want %d", got, test.asked)
			}
		})
	}
}

// expectError compares an error's whole text; empty: there is none.
func expectError(t *testing.T, err error, want string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the error (-want +got):\n%s", diff)
	}
}
