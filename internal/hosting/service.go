package hosting

import (
	"context"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
)

// Service is a hosting service, within one namespace. Its methods may be called
// concurrently, also from several processes.
type Service interface {
	Configurations
	Ledger
	Servers
	Runs

	// Location says where the namespace lies, in a form that is stable from run
	// to run and equal exactly for equal places, for example
	// "local:/srv/shop/.muster/default". It is stored in Terraform's state, so
	// that a run that looks elsewhere notices.
	Location() string

	// Abandoned reports whether the place that another Location named no longer
	// exists, so that nothing can run there any more.
	Abandoned(location string) bool

	// Pace says how long to wait between two looks at servers that boot.
	Pace() Pace
}

// Runs tells the runs of the provider apart that work on one namespace.
type Runs interface {
	// NewRun returns an identity for a run of this process, which no other run gets.
	NewRun() string

	// Running reports whether the run is known to be at work: it is one of another
	// process, which has not ended. It is false where that can't be known, as of a run
	// on another machine.
	Running(run string) bool
}

// Pace is how long to wait between two looks at servers.
type Pace struct {
	// Busy is for while one look after the other finds something new, Idle for
	// while nothing happens. Busy is at most Idle.
	Busy, Idle time.Duration
}

// Configurations stores the content of server configurations.
type Configurations interface {
	// CheckConfiguration returns what keeps this service from running servers of the
	// configuration, for example an image that it doesn't know; none where nothing
	// does. It does no I/O, so that a plan can ask.
	CheckConfiguration(configuration boot.Configuration) []boot.FieldFault

	// PutConfiguration stores the content under its ID. Storing it again is no
	// error and changes nothing.
	PutConfiguration(ctx context.Context, configuration boot.Configuration) error

	// Configuration returns the content stored under the ID, or ErrNotFound.
	Configuration(ctx context.Context, id string) (boot.Configuration, error)

	// ConfigurationIDs returns the IDs of all contents stored under the name, the
	// oldest first; none where there is none.
	ConfigurationIDs(ctx context.Context, name string) ([]string, error)

	// DeleteConfigurations removes every content stored under the name, but for the
	// IDs in used. Where there is none, it does nothing. Running servers don't
	// need it; the launch of further ones does.
	DeleteConfigurations(ctx context.Context, name string, used []string) error
}

// Ledger is the durable record of the groups of a namespace.
type Ledger interface {
	// CreateGroup records a new group. Where the name is taken it changes nothing
	// and returns ErrExists; the name is the lock.
	CreateGroup(ctx context.Context, group Group) error

	// Group returns the record of the group of that name, or ErrNotFound.
	Group(ctx context.Context, name string) (Group, error)

	// Groups returns the records of all groups, sorted by name.
	Groups(ctx context.Context) ([]Group, error)

	// UpdateGroup reads the record, applies change and writes it in one step:
	// no other update is lost. An error of change is returned as it is and
	// nothing is written; nor is it where change altered nothing. A record of
	// another incarnation, or none, is ErrNotFound. The record as written is
	// returned. change may be called several times, must have no other effect, and
	// must not call the service, which may hold a lock meanwhile.
	UpdateGroup(ctx context.Context, ref GroupRef, change func(*Group) error) (Group, error)

	// DeleteGroup removes the record. A record of another incarnation, or none,
	// is no error: what was to be removed is not there.
	DeleteGroup(ctx context.Context, ref GroupRef) error
}

// Servers launches and reaches servers.
type Servers interface {
	// Launch starts one server per slot and returns once they exist and have
	// their addresses; it doesn't wait for their boot scripts. A server's
	// identity derives from incarnation, slot and attempt: where such a server
	// runs already (a crashed or repeated call), it is returned and no second
	// one is started; one that has ended is returned as ended and never started
	// again. On failure the servers that do run are returned with the
	// error, which is a CapacityError where the service has no room for more.
	// The servers come sorted by slot. A server that the call found has its own
	// fingerprint, which may be another one than the request's.
	Launch(ctx context.Context, request LaunchRequest) ([]Server, error)

	// Recall gives up a launch that was begun, perhaps by a run that has died: it
	// returns the servers, sorted by slot, that Launch with this Attempt and these
	// Slots has started, and none of it appears any more after that. What it returns
	// is listed, so that it can be terminated. A service on which what was launched
	// may show late can have to complete the launch to know it. The request's payload is
	// empty where its configuration is gone.
	Recall(ctx context.Context, request LaunchRequest) ([]Server, error)

	// Servers lists the servers of the incarnation that the service still knows,
	// running or ended, sorted by slot and attempt. A server that Launch returned
	// is listed. An empty list means that there are none; a look that failed is
	// always an error.
	Servers(ctx context.Context, ref GroupRef) ([]Server, error)

	// Deliver puts the delivery where the servers find it and wakes them. Where a
	// server has this revision or a newer one already, nothing changes there: a
	// late older delivery never replaces a newer one. A server that has ended or
	// is unknown is passed over.
	Deliver(ctx context.Context, servers []Server, delivery boot.Delivery) error

	// Reports returns the newest report of each server by server ID. A server
	// that has not reported is absent, and so is one that is unknown. It is for
	// whoever waits for the servers: it may cost a call per server.
	Reports(ctx context.Context, servers []Server) (map[string]boot.Report, error)

	// LastReports is Reports at no price: it returns what is known without asking
	// each server. A final report (the scripts have dealt with all that was delivered, or
	// have failed) that Reports has returned is known from then on, to every process;
	// what the server has said since may be missing.
	LastReports(ctx context.Context, servers []Server) (map[string]boot.Report, error)

	// Restart ends every process of the servers and lets them boot anew, each as
	// what it is: with its ID, its facts, its files and what was delivered to it.
	// It returns when the new boot is under way; what the former one has reported
	// is unknown then. A server whose newest boot has this mark already is left
	// alone, so that a repeated call restarts nothing twice; one that has ended or
	// is unknown is passed over.
	Restart(ctx context.Context, servers []Server, mark string) error

	// Decommission asks the servers to run their decommission scripts, and returns
	// without waiting for them: their reports tell. A server does so once, however
	// often it is asked. One that has ended or is unknown is passed over.
	Decommission(ctx context.Context, servers []Server) error

	// Terminate ends the servers with every process that they have started, and
	// returns when nothing of them runs any more; then they are unknown, and so
	// is what they have reported. A server that has ended or is unknown is no
	// error.
	Terminate(ctx context.Context, servers []Server) error
}
