package provider_test

// configurationMistakes are refused when the configuration is validated.
func configurationMistakes() map[string]mistake {
	parameters := func(text string) blueprint { return sound().with(webConfiguration, "parameters", text) }
	outputs := func(text string) blueprint { return sound().with(dbConfiguration, "outputs", text) }
	script := func(text string) blueprint { return sound().with(webConfiguration, "boot_script", text) }
	limit := func(text string) blueprint {
		return sound().with(webConfiguration, "update_script", `"true"`).with(webConfiguration, "update_script_timeout", text)
	}
	return map[string]mistake{
		"a parameter whose name steers the shell": {
			config: parameters(`{ PATH = {} }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", `"PATH" is reserved: the shell uses it itself; choose another name.`}},
		},
		"a parameter whose name steers the loader": {
			config: parameters(`{ LD_PRELOAD = {} }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", `"LD_PRELOAD" is reserved: names that begin with LD_ are; choose another name.`}},
		},
		"a parameter whose name is the agent's": {
			config: parameters(`{ MUSTER_X = {} }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", `"MUSTER_X" is reserved: names that begin with MUSTER_ are; choose another name.`}},
		},
		"a parameter whose name splits words": {
			config: parameters(`{ IFS = {} }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", `"IFS" is reserved: the shell uses it itself; choose another name.`}},
		},
		"a parameter with a hyphen": {
			config: parameters(`{ db-host = {} }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", `"db-host" is not a valid name: use letters, digits and underscores, and begin with a letter or an underscore.`}},
		},
		"a parameter that begins with a digit": {
			config: parameters(`{ "1st" = {} }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", `"1st" is not a valid name: use letters, digits and underscores, and begin with a letter or an underscore.`}},
		},
		"a parameter without a name": {
			config: parameters(`{ "" = {} }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", `"" is not a valid name: use letters, digits and underscores, and begin with a letter or an underscore.`}},
		},
		"a parameter with a name of 65 letters": {
			config: parameters(`{ aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg = {} }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", `"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg" is too long: a name has at most 64 characters.`}},
		},
		"a parameter that is null": {
			config: parameters(`{ port = null }`),
			want:   []diagnosis{{"parameters", "Null Map Value", "This attribute contains a null value."}},
		},
		"an output whose name steers the shell": {
			config: outputs(`{ BASH_ENV = {} }`),
			want:   []diagnosis{{"outputs", "Invalid Server Configuration", `"BASH_ENV" is reserved: names that begin with BASH_ are; choose another name.`}},
		},
		"an output that every server has": {
			config: outputs(`{ private_ip = {} }`),
			want:   []diagnosis{{"outputs", "Invalid Server Configuration", `Every server has the output "private_ip" without publishing it; choose another name.`}},
		},
		"an output with a hyphen": {
			config: outputs(`{ db-schema = {} }`),
			want:   []diagnosis{{"outputs", "Invalid Server Configuration", `"db-schema" is not a valid name: use letters, digits and underscores, and begin with a letter or an underscore.`}},
		},
		"an output of a misspelt type": {
			config: outputs(`{ schema = { type = "text" } }`),
			want:   []diagnosis{{"outputs", "Invalid Server Configuration", `outputs.schema.type: "text" is no type; use "string", "number" or "bool".`}},
		},
		"a malformed name of a configuration": {
			config: sound().with(webConfiguration, "name", `"Web!"`),
			want:   []diagnosis{{"name", "Invalid Server Configuration", `"Web!" is not a valid name: use 1 to 32 lower-case letters, digits and hyphens, begin with a letter and don't end with a hyphen.`}},
		},
		"a default for a sensitive parameter": {
			config: parameters(`{ token = { sensitive = true, default = "hush" } }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", "parameters.token.default: a sensitive parameter has no default, which would be stored in plain text; remove it, and give the value with parameters_wo of the muster_server_group or, if it is to arrive later, with deferred = true and a muster_parameter_injection."}},
		},
		"a default for a deferred parameter": {
			config: parameters(`{ schema = { deferred = true, default = "public" } }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", "parameters.schema.default: a deferred parameter has no default: its value arrives later."}},
		},
		"a default of another type": {
			config: parameters(`{ port = { type = "number", default = "http" } }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", "parameters.port.default: invalid value: it is not a number."}},
		},
		"a default that doesn't match its pattern": {
			config: parameters(`{ port = { default = "http", pattern = "^[0-9]+$" } }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", `parameters.port.default: invalid value: it doesn't match the pattern "^[0-9]+$".`}},
		},
		"an output's pattern that doesn't compile": {
			config: outputs(`{ version = { pattern = "[0-9" } }`),
			want:   []diagnosis{{"outputs", "Invalid Server Configuration", "outputs.version.pattern: it is not a valid RE2 expression: missing closing ]: `[0-9`."}},
		},
		"a pattern that doesn't compile": {
			config: parameters(`{ port = { pattern = "[0-9" } }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", "parameters.port.pattern: it is not a valid RE2 expression: missing closing ]: `[0-9`."}},
		},
		"a parameter of a misspelt type": {
			config: parameters(`{ port = { type = "int" } }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", `parameters.port.type: "int" is no type; use "string", "number" or "bool".`}},
		},
		"a misspelt requirement": {
			config: parameters(`{ schema = { deferred = true, required_for = "start" } }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", `parameters.schema.required_for: "start" is no requirement; use "boot", "ready" or "nothing".`}},
		},
		"a requirement of what isn't deferred": {
			config: parameters(`{ port = { required_for = "ready" } }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", "parameters.port.required_for: only a deferred parameter can arrive after the server has started; set deferred = true."}},
		},
		"an effect that doesn't exist": {
			config: parameters(`{ port = { on_change = "reboot" } }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", `parameters.port.on_change: "reboot" is no effect; use "deliver", "update", "restart" or "replace".`}},
		},
		"a timeout of what isn't deferred": {
			config: parameters(`{ port = { timeout = "10m" } }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", "parameters.port.timeout: only a deferred parameter can be late; set deferred = true, or remove timeout."}},
		},
		"a timeout that is no duration": {
			config: parameters(`{ schema = { deferred = true, timeout = "soon", on_timeout = "proceed" } }`),
			want:   []diagnosis{{configurationAddress("web"), "Invalid Duration", `parameters["schema"].timeout: "soon" is not a duration; write for example 90s or 5m.`}},
		},
		"a timeout of no time": {
			config: parameters(`{ schema = { deferred = true, timeout = "0s" } }`),
			want:   []diagnosis{{configurationAddress("web"), "Invalid Duration", `parameters["schema"].timeout: 0s is too short; it must be at least 1s.`}},
		},
		"a timeout of more than a day": {
			config: parameters(`{ schema = { deferred = true, timeout = "25h" } }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", `parameters.schema.timeout: it must be whole seconds, from "1s" to "24h".`}},
		},
		"a misspelt end of a timeout": {
			config: parameters(`{ schema = { deferred = true, timeout = "10m", on_timeout = "continue" } }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", `parameters.schema.on_timeout: "continue" is nothing that can happen; use "fail" or "proceed".`}},
		},
		"an end of no timeout": {
			config: parameters(`{ schema = { deferred = true, on_timeout = "fail" } }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", "parameters.schema.on_timeout: there is no timeout after which it could happen; add one, or remove on_timeout."}},
		},
		"a server that proceeds with nothing": {
			config: parameters(`{ schema = { deferred = true, timeout = "10m", on_timeout = "proceed" } }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", `parameters.schema.on_timeout: the server proceeds with a placeholder, and there is none; add one, or use "fail".`}},
		},
		"a placeholder for a server that fails": {
			config: parameters(`{ schema = { deferred = true, timeout = "10m", placeholder = "public" } }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", `parameters.schema.placeholder: it is used only with on_timeout = "proceed"; set that, or remove placeholder.`}},
		},
		"a placeholder of another type": {
			config: parameters(`{ schema = { deferred = true, type = "number", timeout = "10m", on_timeout = "proceed", placeholder = "none" } }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", "parameters.schema.placeholder: invalid value: it is not a number."}},
		},
		"a placeholder of a secret": {
			config: parameters(`{ token = { deferred = true, sensitive = true, timeout = "10m", placeholder = "hush" } }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", "parameters.token.placeholder: a sensitive parameter has no placeholder, which would be stored in plain text; remove it."}},
		},
		"a secret that a server proceeds without": {
			config: parameters(`{ token = { deferred = true, sensitive = true, timeout = "10m", on_timeout = "proceed" } }`),
			want:   []diagnosis{{"parameters", "Invalid Server Configuration", `parameters.token.on_timeout: a server can't proceed with a placeholder for a sensitive parameter, because it would be stored in plain text; use "fail".`}},
		},
		"an output that is null": {
			config: outputs(`{ schema = null }`),
			want:   []diagnosis{{"outputs", "Null Map Value", "This attribute contains a null value."}},
		},
		"a boot script that is empty": {
			config: script(`""`),
			want:   []diagnosis{{"boot_script", "Invalid Server Configuration", "boot_script: it is empty: a server is ready when its boot script exits 0."}},
		},
		"a boot script with a NUL byte": {
			config: script(`"true\u0000"`),
			want:   []diagnosis{{"boot_script", "Invalid Server Configuration", "boot_script: it holds a NUL byte, and a script is text; let it fetch what is binary."}},
		},
		"a boot script with DOS line ends": {
			config: script(`"#!/bin/sh\r\ntrue\r\n"`),
			want:   []diagnosis{{"boot_script", "Invalid Server Configuration", "boot_script: its first line ends with a carriage return, which would be part of the interpreter's name; save it with Unix line ends."}},
		},
		"a boot script of 65 KB": {
			config: script(`join("", [for i in range(1024) : format("#%063d\n", i)])`),
			want:   []diagnosis{{"boot_script", "Invalid Server Configuration", "boot_script: it has 66560 bytes, at most 65536 are carried; let it fetch the rest."}},
		},
		"a decommission script with a NUL byte": {
			config: sound().with(webConfiguration, "decommission_script", `"true\u0000"`),
			want:   []diagnosis{{"decommission_script", "Invalid Server Configuration", "decommission_script: it holds a NUL byte, and a script is text; let it fetch what is binary."}},
		},
		"a limit of a second and a half": {
			config: limit(`"1.5s"`),
			want:   []diagnosis{{"update_script_timeout", "Invalid Server Configuration", `update_script_timeout: it must be whole seconds, from "1s" to "24h".`}},
		},
		"a limit of more than a day": {
			config: limit(`"25h"`),
			want:   []diagnosis{{"update_script_timeout", "Invalid Server Configuration", `update_script_timeout: it must be whole seconds, from "1s" to "24h".`}},
		},
		"a negative limit": {
			config: limit(`"-1s"`),
			want:   []diagnosis{{"update_script_timeout", "Invalid Duration", "update_script_timeout: -1s is too short; it must be at least 1s."}},
		},
		"a limit that is no duration": {
			config: limit(`"soon"`),
			want:   []diagnosis{{"update_script_timeout", "Invalid Duration", `update_script_timeout: "soon" is not a duration; write for example 90s or 5m.`}},
		},
		"a limit of no script": {
			config: limit(`"90s"`).with(webConfiguration, "update_script", ""),
			want:   []diagnosis{{"update_script_timeout", "Invalid Server Configuration", "update_script_timeout: there is no update_script that it could limit; add one, or remove update_script_timeout."}},
		},
		"an image without a name": {
			config: sound().with(webConfiguration, "image", `""`),
			want:   []diagnosis{{"image", "Invalid Attribute Value Length", "Attribute image string length must be at least 1, got: 0"}},
		},
	}
}

// hostingMistakes are what a hosting service can't do with a configuration.
func hostingMistakes() map[string]mistake {
	return map[string]mistake{
		"an image that the hosting service doesn't know": {
			config: sound().with(webConfiguration, "image", `"ami-0123"`),
			want:   []diagnosis{{"image", "Invalid Server Configuration", `image: the local hosting service knows one image, "host", which is this machine, and not "ami-0123".`}},
		},
	}
}
