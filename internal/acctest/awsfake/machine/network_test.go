//go:build linux

package machine_test

import (
	"strings"
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine"
	"github.com/musterhq/terraform-provider-muster/internal/acctest/awsfake/machine/imds"
)

// Two instances find each other's addresses as tags, and talk.
func TestNetwork(t *testing.T) {
	t.Parallel()
	program(t, "busybox")
	server, client := newWorld(), newWorld()
	address := server.View().PrivateIP
	listener := startSpec(t, machine.Spec{Metadata: server, UserData: []byte(`#!/bin/sh
mkdir /srv/www
hostname >/srv/www/name
busybox httpd -p ` + address + `:20080 -h /srv/www
`)})
	caller := startSpec(t, machine.Spec{Metadata: client, UserData: []byte(`#!/bin/sh
imds() { curl -fsS -H "X-aws-ec2-metadata-token: $token" "$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/meta-data/$1"; }
token=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/api/token")
until peer=$(imds tags/instance/peer 2>/dev/null); do sleep 0.05; done
curl -fsS --retry 50 --retry-connrefused --retry-delay 1 "http://$peer:20080/name" >/opt/new && mv /opt/new /opt/said
`)})
	await(t, "the caller has asked for its tag", func() bool {
		return caller.MetadataService().Calls()["GET /latest/meta-data/tags/instance/peer"] > 0
	})
	client.set(func(v *imds.View) { v.TagsEnabled, v.Tags = true, map[string]string{"peer": address} })
	want := "ip-" + strings.ReplaceAll(address, ".", "-") + "\n"
	if got := awaitFile(t, caller, "/opt/said"); got != want {
		t.Errorf("the other instance said %q, want %q", got, want)
	}
	if err := listener.Stop(); err != nil {
		t.Error(err)
	}
}
