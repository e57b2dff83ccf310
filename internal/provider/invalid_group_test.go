package provider_test

// groupMistakes are mistakes in groups and in their readiness that are refused when
// the configuration is validated.
func groupMistakes() map[string]mistake {
	group := func(argument, text string) blueprint { return sound().with(webGroup, argument, text) }
	readiness := func(argument, text string) blueprint { return sound().with(readinessAddress, argument, text) }
	return map[string]mistake{
		"a malformed name of a group": {
			config: group("name", `"web-"`),
			want:   []diagnosis{{"name", "Invalid Server Group Name", `"web-" is not a valid name: use 1 to 32 lower-case letters, digits and hyphens, begin with a letter and don't end with a hyphen.`}},
		},
		"an empty name of a group": {
			config: group("name", `""`),
			want:   []diagnosis{{"name", "Invalid Server Group Name", `"" is not a valid name: use 1 to 32 lower-case letters, digits and hyphens, begin with a letter and don't end with a hyphen.`}},
		},
		"a negative number of servers": {
			config: group("desired_servers", `-1`),
			want:   []diagnosis{{"desired_servers", "Invalid Attribute Value", "Attribute desired_servers value must be between 0 and 2000, got: -1"}},
		},
		"half a server": {
			config: group("desired_servers", `1.5`),
			want:   []diagnosis{{"desired_servers", "Not a Whole Number", "desired_servers must be a whole number, not 1.5. Round it, for example with ceil()."}},
		},
		"more servers than a group can have": {
			config: group("desired_servers", `2001`),
			want:   []diagnosis{{"desired_servers", "Invalid Attribute Value", "Attribute desired_servers value must be between 0 and 2000, got: 2001"}},
		},
		"a time limit that is no duration": {
			config: group("timeouts", `{ create = "soon" }`),
			want:   []diagnosis{{"muster_server_group.web", "Invalid Attribute Value Time Duration", `"soon" must be a string containing a sequence of decimal numbers, each with optional fraction and a unit suffix, such as "300ms", "-1.5h" or "2h45m". Valid time units are "ns", "us" (or "µs"), "ms", "s", "m", "h".`}},
		},
		"a drain timeout that is no duration": {
			config: group("drain_timeout", `"soon"`),
			want:   []diagnosis{{"drain_timeout", "Invalid Duration", `drain_timeout: "soon" is not a duration; write for example 90s or 5m.`}},
		},
		"a negative drain timeout": {
			config: group("drain_timeout", `"-1s"`),
			want:   []diagnosis{{"drain_timeout", "Invalid Duration", "drain_timeout: -1s is too short; it must be at least 0s."}},
		},
		"a misspelt argument": {
			config: group("desired_server", `3`),
			want:   []diagnosis{{"desired_server", "Unsupported argument", `An argument named "desired_server" is not expected here. Did you mean "desired_servers"?`}},
		},
		"a wait that is no duration": {
			config: readiness("timeouts", `{ create = "10 minutes" }`),
			want:   []diagnosis{{"muster_server_readiness.all", "Invalid Attribute Value Time Duration", `"10 minutes" must be a string containing a sequence of decimal numbers, each with optional fraction and a unit suffix, such as "300ms", "-1.5h" or "2h45m". Valid time units are "ns", "us" (or "µs"), "ms", "s", "m", "h".`}},
		},
		"a readiness of no groups": {
			config: readiness("groups", `[]`),
			want:   []diagnosis{{"groups", "Invalid Attribute Value", "Attribute groups list must contain at least 1 elements, got: 0"}},
		},
		"a negative minimum": {
			config: readiness("min_ready", `{ web = -1 }`),
			want:   []diagnosis{{"min_ready", "Invalid Attribute Value", `Attribute min_ready["web"] value must be at least 0, got: -1`}},
		},
	}
}

// declarationMistakes are groups that don't fit the declarations of their
// configuration, and readiness that doesn't fit its groups: a plan knows that.
func declarationMistakes() map[string]mistake {
	given := func(text string) blueprint { return sound().with(webGroup, "parameters", text) }
	text := sound().with(webConfiguration, "parameters", `{ schema = { deferred = true }, text = {} }`)
	secret := sound().with(webConfiguration, "parameters", `{ schema = { deferred = true }, token = { deferred = true, sensitive = true, required_for = "nothing" } }`)
	readiness := func(argument, text string) blueprint { return sound().with(readinessAddress, argument, text) }
	return map[string]mistake{
		"a misspelt parameter of a group": {
			config: given(`{ prot = "80" }`),
			want:   []diagnosis{{"parameters", "Undeclared Parameter", `Server configuration of server group "web" declares no parameter "prot"; there are: port, schema, size.`}},
		},
		"a parameter without a value": {
			config: text,
			want:   []diagnosis{{"muster_server_group.web", "Missing Parameter", `Parameter "text" of the server configuration of server group "web" has neither a value nor a default. Set it here in parameters; or declare it with deferred = true, and deliver it with a muster_parameter_injection.`}},
		},
		"a value of another type": {
			config: given(`{ port = "http" }`),
			want:   []diagnosis{{"parameters", "Invalid Parameter Value", `Parameter "port": invalid value: it is not a number.`}},
		},
		"a value that doesn't match its pattern": {
			config: given(`{ port = "-80" }`),
			want:   []diagnosis{{"parameters", "Invalid Parameter Value", `Parameter "port": invalid value: it doesn't match the pattern "^[0-9]+$".`}},
		},
		"a value for a sensitive parameter": {
			config: secret.with(webGroup, "parameters", `{ token = "hush" }`),
			want:   []diagnosis{{"parameters", "Sensitive Parameter", `Parameter "token" is sensitive and has no value here, because Terraform would store it. Deliver it with a muster_parameter_injection that has value_wo.`}},
		},
		"a value for a deferred parameter": {
			config: given(`{ schema = "public" }`),
			want:   []diagnosis{{"parameters", "Deferred Parameter", `Parameter "schema" is deferred and takes its value from a muster_parameter_injection. Use one, or declare the parameter without deferred.`}},
		},
		"a value of 33 KB at launch": {
			config: text.with(webGroup, "parameters", `{ text = join("", [for i in range(1024) : format("%033d", i)]) }`),
			want:   []diagnosis{{"parameters", "Invalid Parameter Value", `Parameter "text": invalid value: it has 33792 bytes, at most 32768 are carried; store it elsewhere and pass its address.`}},
		},
		"a value with a NUL byte at launch": {
			config: text.with(webGroup, "parameters", `{ text = "a\u0000b" }`),
			want:   []diagnosis{{"parameters", "Invalid Parameter Value", `Parameter "text": invalid value: it holds a NUL byte, which an environment variable can't; encode it, for example with base64encode.`}},
		},
		"a misspelt group": {
			config: readiness("min_ready", `{ wbe = 1 }`),
			want:   []diagnosis{{"min_ready", "Unknown Server Group", `There is no server group "wbe" in groups; there are: db, web.`}},
		},
		"a minimum above the number of servers": {
			config: readiness("min_ready", `{ web = 3 }`),
			want:   []diagnosis{{"min_ready", "Minimum Out of Reach", `3 servers of group "web" must become ready, and it has 1. Lower the minimum, or raise the group's desired_servers.`}},
		},
		"a group that is listed twice": {
			config: readiness("groups", `[muster_server_group.web.handle, muster_server_group.web.handle]`),
			want:   []diagnosis{{"groups", "Server Group Listed Twice", `Server group "web" is listed twice. Remove one of the two.`}},
		},
	}
}
