package crash

import (
	"fmt"
	"strings"
)

// phase is one command of a chain and what is to be there afterwards.
type phase struct {
	name string
	// config is the whole configuration but for the provider's block.
	config  string
	command []string
	// members are the keys of the servers that are to run.
	members []string
	// survivors are those of members that run before and that nothing asks to replace.
	survivors []string
	// mode and generation are what the members of "web" have to hold: the injected
	// value, and what their boot script wrote.
	mode, generation string
	// boots says how often members have booted; one that isn't named has once.
	boots map[string]int
}

// phases are the life of a stack: it is created; one group grows, an injected value
// changes, and another boot script rolls through the grown group, while the other
// group shrinks and what is left of it is restarted; it is destroyed.
func phases() []phase {
	apply := []string{"apply", "-auto-approve", "-compact-warnings"}
	changed := stack{web: 2, db: 1, mode: "two", generation: "second"}
	return []phase{
		{
			name: "create", command: apply, config: stack{web: 1, db: 2, mode: "one", generation: "first"}.String(),
			members: []string{"db-0", "db-1", "web-0"}, mode: "one", generation: "first",
		},
		{
			name: "change", command: apply, config: changed.String(),
			members: []string{"db-0", "web-0", "web-1"}, survivors: []string{"db-0"}, mode: "two", generation: "second",
			boots: map[string]int{"db-0": 2},
		},
		{name: "destroy", command: []string{"destroy", "-auto-approve", "-compact-warnings"}, config: changed.String()},
	}
}

// stack is two groups that need each other: web boots with a token that db
// publishes, and db with web's addresses.
type stack struct {
	web, db int
	// mode is the value that is injected into web; empty: none is, and web waits.
	mode       string
	generation string
}

// String returns the stack's configuration.
func (s stack) String() string {
	injection, wire := "", ""
	if s.mode != "" {
		wire = "muster_parameter_injection.mode.wire,"
		injection = fmt.Sprintf(`
resource "muster_parameter_injection" "mode" {
  into  = { group = muster_server_group.web.handle, parameter = "mode" }
  value = %q
}
`, s.mode)
	}
	values := strings.NewReplacer("WEB", fmt.Sprint(s.web), "DB", fmt.Sprint(s.db), "MODE", wire, "GENERATION", s.generation)
	return injection + values.Replace(`
resource "muster_server_configuration" "web" {
  name  = "web"
  image = "host"
  parameters = {
    token = { deferred = true }
    mode  = { deferred = true }
  }
  boot_script   = "echo booted >>boots; echo GENERATION >generation; muster param get mode >mode"
  update_script = "muster param get mode >mode"
}

resource "muster_server_configuration" "db" {
  name          = "db"
  image         = "host"
  parameters    = { clients = { deferred = true } }
  outputs       = { token = {} }
  boot_script   = "echo booted >>boots; muster output set token \"from $MUSTER_MEMBER\""
  update_script = "true"

  decommission_script = "true"
}

resource "muster_server_group" "web" {
  server_configuration = muster_server_configuration.web.handle
  desired_servers      = WEB
}

resource "muster_server_group" "db" {
  server_configuration = muster_server_configuration.db.handle
  desired_servers      = DB
  restart_triggers     = { generation = "GENERATION" }
}

resource "muster_parameter_injection" "token" {
  into = { group = muster_server_group.web.handle, parameter = "token" }
  from = [{ group = muster_server_group.db.handle, output = "token" }]
}

resource "muster_parameter_injection" "clients" {
  into   = { group = muster_server_group.db.handle, parameter = "clients" }
  from   = [{ group = muster_server_group.web.handle, output = "private_ip" }]
  select = "all"
}

resource "muster_server_readiness" "all" {
  groups = [muster_server_group.web.handle, muster_server_group.db.handle]
  after = [
    muster_parameter_injection.token.wire,
    MODE
    muster_parameter_injection.clients.wire,
  ]
  timeouts = { create = "90s", update = "90s" }
}
`)
}
