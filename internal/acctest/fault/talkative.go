package fault

import (
	"context"
	"fmt"
	"os"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// talkative prints the secrets that it delivers. Terraform takes what a provider
// prints on standard error into its log.
type talkative struct{ hosting.Service }

func (s *talkative) Deliver(ctx context.Context, servers []hosting.Server, delivery boot.Delivery) error {
	for name, value := range delivery.Values {
		if value.Sensitive {
			fmt.Fprintf(os.Stderr, "delivering %s = %s\n", name, value.Text)
		}
	}
	return s.Service.Deliver(ctx, servers, delivery)
}
