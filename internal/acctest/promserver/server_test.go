package promserver_test

import (
	"testing"

	"github.com/musterhq/terraform-provider-muster/internal/acctest/promserver"
)

func TestStart(t *testing.T) {
	t.Parallel()
	target := promserver.NewTarget(t)
	target.Set(`depth{queue="mail"}`, 3)
	server := promserver.Start(t, promserver.Options{Targets: []string{target.Address}})
	server.Await(t, `depth{queue="mail"} == 3`)
	target.Set(`depth{queue="mail"}`, 0)
	server.Await(t, `depth{queue="mail", instance="`+target.Address+`"} == 0`)
}
