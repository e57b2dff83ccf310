package awsfake_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake"
)

func TestCloudWatch(t *testing.T) {
	t.Parallel()
	var bodies []int
	handler := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies = append(bodies, len(body))
		rw.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
		rw.Header().Set("Content-Type", "application/cbor")
		_, _ = rw.Write(cbor.Encode(cbor.Map{"NextToken": cbor.String("more")}))
	})
	inAccount(t, awsfake.Options{CloudWatch: handler}, func(t *testing.T, a account) {
		config := once(a.Config())
		out, err := cloudwatch.NewFromConfig(config).ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{})
		if err != nil || *out.NextToken != "more" {
			t.Errorf("got %v, %v, want the handler's answer", out, err)
		}
		config.Credentials = static(awsfake.AccessKey, "wrong", "")
		_, err = cloudwatch.NewFromConfig(config).ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{})
		wantRefusal(t, err, "400 InvalidSignatureException")

		a.SetFaults(awsfake.Faults{Lost: awsfake.Lost{Every: 1}})
		if _, err = cloudwatch.NewFromConfig(once(a.Config())).ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{}); err == nil {
			t.Error("the answer isn't lost")
		}
		if len(bodies) != 2 || bodies[0] == 0 {
			t.Errorf("the handler got %v, want two bodies", bodies)
		}
		if got := a.Calls()["ListMetrics"]; got != 3 {
			t.Errorf("got %d calls, want 3", got)
		}
	})
}

func TestCloudWatch_none(t *testing.T) {
	t.Parallel()
	inAccount(t, awsfake.Options{}, func(t *testing.T, a account) {
		_, err := cloudwatch.NewFromConfig(once(a.Config())).ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{})
		wantRefusal(t, err, "400 InvalidAction")
	})
}
