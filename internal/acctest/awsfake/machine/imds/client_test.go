package imds_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	awsimds "github.com/aws/aws-sdk-go-v2/feature/ec2/imds"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine/imds"
)

// The AWS SDK's own client gets along with the service, which admits nobody without a
// session token.
func TestService_with_the_client_of_the_SDK(t *testing.T) {
	t.Parallel()
	i, service := newInstance()
	i.change(func(i *instance) {
		i.view.Role = &imds.Role{Name: "servers", Credentials: func() (imds.Credentials, error) {
			return imds.Credentials{AccessKeyID: "ASIA1", SecretAccessKey: "s/1", Token: "t+1"}, nil
		}}
	})
	if err := service.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = service.Close() })
	client := awsimds.New(awsimds.Options{
		Endpoint: service.Endpoint(), EnableFallback: aws.FalseTernary, HTTPClient: &http.Client{Transport: &http.Transport{}},
	})
	item, err := client.GetMetadata(t.Context(), &awsimds.GetMetadataInput{Path: "tags/instance/muster.ns"})
	if err != nil {
		t.Fatal(err)
	}
	if content, err := io.ReadAll(item.Content); err != nil || string(content) != "shop" {
		t.Errorf("the tag is %q, %v", content, err)
	}
	// The client takes a new token by itself.
	service.ExpireTokens()
	userData, err := client.GetUserData(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if content, err := io.ReadAll(userData.Content); err != nil || string(content) != "#!/bin/sh\n" {
		t.Errorf("user data is %q, %v", content, err)
	}
	if tokens := service.Calls()["PUT /latest/api/token"]; tokens != 2 {
		t.Errorf("the client has asked for %d tokens", tokens)
	}
	got, err := ec2rolecreds.New(func(o *ec2rolecreds.Options) { o.Client = client }).Retrieve(t.Context())
	if err != nil || got.AccessKeyID != "ASIA1" || got.SecretAccessKey != "s/1" || got.SessionToken != "t+1" {
		t.Errorf("the role's credentials are %v, %v", got, err)
	}
	i.change(func(i *instance) { i.view.Disabled = true })
	if _, err := client.GetMetadata(t.Context(), &awsimds.GetMetadataInput{Path: "instance-id"}); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("a service that is off: %v", err)
	}
}
