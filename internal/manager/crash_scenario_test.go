package manager_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/musterhq/terraform-provider-muster/internal/boot"
	"github.com/musterhq/terraform-provider-muster/internal/hosting"
	"github.com/musterhq/terraform-provider-muster/internal/hosting/hostingfake"
	"github.com/musterhq/terraform-provider-muster/internal/manager"
)

// scenario is one terraform apply on a stack that has settled before.
type scenario struct {
	before stack
	// disturb happens between the two; nil: nothing does.
	disturb func(t *testing.T, world *hostingfake.World)
	after   stack
	// instead is what is asked for after an interruption; nil: the same. What a launch
	// has begun is then given up, which needs a hosting service that lists also servers
	// that no Launch has returned; otherwise the launch is repeated, and they may be
	// listed late.
	instead *stack
}

func scenarios() map[string]scenario {
	return map[string]scenario{
		"create a stack":              {after: base()},
		"scale out":                   {before: base(), after: base().sized("web", 4).sized("db", 2)},
		"scale in":                    {before: base().sized("web", 3).sized("db", 2), after: base().sized("web", 1)},
		"scale to nothing":            {before: base(), after: base().sized("db", 0).sized("web", 0)},
		"scale out from nothing":      {before: base().sized("db", 0).sized("web", 0), after: base()},
		"roll to a new configuration": {before: base(), after: base().rescripted("web")},
		"replace a dead member":       {before: base(), disturb: endFirst("web"), after: base()},
		"replace a dead source":       {before: base(), disturb: endFirst("db"), after: base()},
		"replace a whole group":       {before: base(), after: base().regenerated("web")},
		"replace a whole source":      {before: base(), after: base().regenerated("db")},
		"deliver a changed value":     {before: base(), after: base().saying("goodbye")},
		"deliver a value that restarts": {
			before: base().affecting("greeting", boot.EffectRestart), after: base().affecting("greeting", boot.EffectRestart).saying("goodbye"),
		},
		"deliver in serial order":   {before: base().sized("web", 3).inTurn(), after: base().sized("web", 3).saying("goodbye").inTurn()},
		"scale out in serial order": {before: base().inTurn(), after: base().sized("web", 4).inTurn()},
		"move a wire to another source": {
			before: base(), after: base().with("db2", "db", 1).without("db").rewired("token", func(wire *manager.WireSpec) {
				wire.From = []hosting.Output{{Group: "db2", Output: "token"}}
			}).rewired("urls", func(wire *manager.WireSpec) { wire.Into = "db2" }),
		},
		"move a wire to another target": {
			before: base().with("api", "web", 1).connected("api_token", tokenWire("api")),
			after: base().with("api", "web", 1).connected("api_token", tokenWire("api")).
				rewired("greeting", func(wire *manager.WireSpec) { wire.Into = "api" }),
		},
		"restart by mark": {before: base(), after: base().restarted("web", "mark 1").restarted("db", "mark 1")},
		"change everything at once": {
			before: base().sized("web", 3), disturb: endFirst("web"),
			after: base().sized("db", 2).rescripted("web").rescripted("db").saying("goodbye").restarted("db", "mark 1"),
		},
		"destroy":                              {before: base(), after: stack{}},
		"scale out, or rather not":             {before: base(), after: base().sized("web", 4), instead: new(base())},
		"scale out, or rather destroy":         {before: base(), after: base().sized("web", 4), instead: new(stack{})},
		"roll, or rather not":                  {before: base(), after: base().rescripted("web"), instead: new(base())},
		"create, or rather something else":     {after: base(), instead: new(base().sized("web", 1).rescripted("web").saying("goodbye"))},
		"replace a dead member, or rather not": {before: base(), disturb: endFirst("web"), after: base(), instead: new(base().sized("web", 0))},
	}
}

// base is a stack of two groups that need each other: web boots with the token of
// db, and db is ready when it knows the URLs of all of web. A change of web's token
// or greeting changes its URL.
func base() stack {
	deferred := func(requiredFor boot.Requirement) boot.Parameter {
		return boot.Parameter{Type: boot.TypeString, Deferred: true, RequiredFor: requiredFor}
	}
	s := stack{
		readiness: true,
		configurations: map[string]boot.Configuration{
			"db": {
				Name: "db", Image: "host", BootScript: "boot", UpdateScript: "update", DecommissionScript: "leave",
				Parameters: map[string]boot.Parameter{"urls": deferred(boot.RequiredForReady)},
				Outputs:    map[string]boot.Output{"token": {Type: boot.TypeString}},
			},
			"web": {
				Name: "web", Image: "host", BootScript: "boot", UpdateScript: "update",
				Parameters: map[string]boot.Parameter{
					"port":     {Type: boot.TypeNumber, RequiredFor: boot.RequiredForBoot},
					"token":    deferred(boot.RequiredForBoot),
					"greeting": deferred(boot.RequiredForNothing),
				},
				Outputs: map[string]boot.Output{"url": {Type: boot.TypeString}},
			},
		},
		groups: map[string]groupArguments{}, wires: map[string]manager.WireSpec{},
	}
	return s.with("db", "db", 1).with("web", "web", 2).saying("hello").
		connected("token", tokenWire("web")).
		connected("urls", manager.WireSpec{
			From: []hosting.Output{{Group: "web", Output: "url"}}, Select: hosting.SelectAll, Separator: " ", Into: "db", Parameter: "urls",
		})
}

func tokenWire(into string) manager.WireSpec {
	return manager.WireSpec{
		From: []hosting.Output{{Group: "db", Output: "token"}}, Select: hosting.SelectFirst, Separator: ",", Into: into, Parameter: "token",
	}
}

// behaviors are those of the servers of base. Their times are such that looks fall
// into every phase of a boot.
func behaviors() map[string]hostingfake.Behavior {
	common := hostingfake.Behavior{
		Start: 300 * time.Millisecond, Boot: 1500 * time.Millisecond, Update: 700 * time.Millisecond, Decommission: 1200 * time.Millisecond,
	}
	db, web := common, common
	db.Publish, web.Publish = publishToken, publishURL
	return map[string]hostingfake.Behavior{"db": db, "web": web}
}

func publishToken(now hostingfake.Situation) map[string]string {
	return map[string]string{"token": "token of " + now.Server.ID}
}

func publishURL(now hostingfake.Situation) map[string]string {
	return map[string]string{"url": fmt.Sprintf("http://%s:%s/%s?%s", now.Server.Facts.PrivateIP, now.Values["port"], now.Values["token"], now.Values["greeting"])}
}

// with returns the stack with one more group.
func (s stack) with(group, configuration string, size int) stack {
	arguments := groupArguments{configuration: configuration, size: size}
	if configuration == "web" {
		arguments.parameters = map[string]string{"port": "8080"}
	}
	return s.grouped(group, arguments)
}

func (s stack) grouped(name string, arguments groupArguments) stack {
	s.groups = maps.Clone(s.groups)
	s.groups[name] = arguments
	return s
}

func (s stack) without(group string) stack {
	s.groups = maps.Clone(s.groups)
	delete(s.groups, group)
	return s
}

func (s stack) sized(group string, size int) stack {
	arguments := s.groups[group]
	arguments.size = size
	return s.grouped(group, arguments)
}

func (s stack) regenerated(group string) stack {
	arguments := s.groups[group]
	arguments.generation++
	return s.grouped(group, arguments)
}

func (s stack) restarted(group, mark string) stack {
	arguments := s.groups[group]
	arguments.restart = mark
	return s.grouped(group, arguments)
}

func (s stack) rescripted(configuration string) stack {
	s.configurations = maps.Clone(s.configurations)
	content := s.configurations[configuration]
	content.BootScript += " again"
	s.configurations[configuration] = content
	return s
}

// affecting returns the stack with another effect of a change of web's parameter.
func (s stack) affecting(parameter string, effect boot.Effect) stack {
	s.configurations = maps.Clone(s.configurations)
	content := s.configurations["web"]
	content.Parameters = maps.Clone(content.Parameters)
	declared := content.Parameters[parameter]
	declared.OnChange = effect
	content.Parameters[parameter] = declared
	s.configurations["web"] = content
	return s
}

// inTurn returns the stack with wires that all spread in serial order.
func (s stack) inTurn() stack {
	for _, address := range sortedKeys(s.wires) {
		s = s.rewired(address, func(wire *manager.WireSpec) { wire.Order = hosting.OrderSerial })
	}
	return s
}

func (s stack) connected(address string, wire manager.WireSpec) stack {
	s.wires = maps.Clone(s.wires)
	s.wires[address] = wire
	return s
}

func (s stack) rewired(address string, change func(*manager.WireSpec)) stack {
	wire := s.wires[address]
	change(&wire)
	return s.connected(address, wire)
}

// saying returns the stack with another greeting, which is a value that Terraform
// knows.
func (s stack) saying(greeting string) stack {
	return s.connected("greeting", manager.WireSpec{Into: "web", Parameter: "greeting", Value: &greeting})
}

// endFirst ends the server in the lowest slot of a group.
func endFirst(group string) func(*testing.T, *hostingfake.World) {
	return func(t *testing.T, world *hostingfake.World) {
		t.Helper()
		for _, server := range world.Servers() {
			if server.Group.Name == group && server.Slot == 0 {
				world.End(server.ID, "its processes were killed")
				return
			}
		}
		t.Errorf("group %q has no server to end", group)
	}
}
