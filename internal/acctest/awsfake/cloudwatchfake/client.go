package cloudwatchfake

import (
	"context"
	"net/http"
	"net/http/httptest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
)

// Client returns a client of the service, without a network between them. It retries
// nothing.
func (s *Service) Client() *cloudwatch.Client {
	return cloudwatch.New(cloudwatch.Options{
		Region:       "eu-central-1",
		Credentials:  aws.CredentialsProviderFunc(credentials),
		HTTPClient:   s,
		Retryer:      aws.NopRetryer{},
		BaseEndpoint: aws.String("http://cloudwatch.example"),
	})
}

// Do answers a request of a client, or returns when its context ends.
func (s *Service) Do(req *http.Request) (*http.Response, error) {
	answered := make(chan *http.Response, 1)
	go func() {
		recorder := httptest.NewRecorder()
		s.ServeHTTP(recorder, req)
		answered <- recorder.Result()
	}()
	select {
	case response := <-answered:
		return response, nil
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
}

func credentials(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "secret"}, nil
}
