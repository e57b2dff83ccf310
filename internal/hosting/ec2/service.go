package ec2

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/hosting"
)

// Options are what a [Service] needs.
type Options struct {
	EC2 EC2API
	SSM SSMAPI
	// Namespace fences what the service sees and touches.
	Namespace string
	Region    string
	// Account is the account's ID; empty where it is unknown.
	Account string
	// DefaultTags are put on every instance, volume, launch template and parameter.
	DefaultTags map[string]string
	// KMSKeyID encrypts the SSM parameters that hold secrets; empty: the account's
	// default key.
	KMSKeyID string
	// SSMEndpoint is the base URL under which instances that report by SSM reach it;
	// empty: that of their region.
	SSMEndpoint string
	// Now is the clock.
	Now func() time.Time
	// Pace is how often to look; zero: 2 s while busy, 5 s while idle.
	Pace hosting.Pace
}

// Service implements [hosting.Service] on EC2.
type Service struct {
	options Options

	mu sync.Mutex
	// memory is what this process knows before EC2 shows it.
	memory memory
	ledger ledger
	// configurations is what this process knows of stored configurations.
	configurations catalog
}

var _ hosting.Service = (*Service)(nil)

// New returns the service of one namespace. It makes no call.
func New(options Options) *Service {
	options.DefaultTags = maps.Clone(options.DefaultTags)
	if options.Pace == (hosting.Pace{}) {
		options.Pace = hosting.Pace{Busy: 2 * time.Second, Idle: 5 * time.Second}
	}
	return &Service{options: options, ledger: newLedger(), configurations: newCatalog()}
}

// Location implements [hosting.Service].
func (s *Service) Location() string {
	return fmt.Sprintf("aws:%s:%s/%s", cmp.Or(s.options.Account, "-"), s.options.Region, s.options.Namespace)
}

// Abandoned implements [hosting.Service]. An account that is out of sight isn't gone.
func (s *Service) Abandoned(string) bool { return false }

// Pace implements [hosting.Service].
func (s *Service) Pace() hosting.Pace { return s.options.Pace }

// NewRun implements [hosting.Runs].
func (s *Service) NewRun() string { return rand.Text() }

// Running implements [hosting.Runs]. Nothing tells of a run on another machine.
func (s *Service) Running(string) bool { return false }
