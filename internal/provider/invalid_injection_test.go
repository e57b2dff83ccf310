package provider_test

// injectionMistakes are refused when the configuration is validated.
func injectionMistakes() map[string]mistake {
	injection := func(argument, text string) blueprint { return sound().with(schemaInjection, argument, text) }
	return map[string]mistake{
		"a value and a source together": {
			config: injection("value", `"public"`),
			want:   []diagnosis{{"from", "Invalid Attribute Combination", "Exactly one of these attributes must be configured: [from,value,value_wo]"}},
		},
		"neither a value nor a source": {
			config: injection("from", ``),
			want:   []diagnosis{{"muster_parameter_injection.schema", "Missing Attribute Configuration", "Exactly one of these attributes must be configured: [from,value,value_wo]"}},
		},
		"an empty list of sources": {
			config: injection("from", `[]`),
			want:   []diagnosis{{"from", "Invalid Attribute Value", "Attribute from list must contain at least 1 elements, got: 0"}},
		},
		"a secret without its version": {
			config: injection("from", "").with(schemaInjection, "value_wo", `"hush"`),
			want:   []diagnosis{{"value_wo", "Invalid Attribute Combination", `Attribute "value_wo_version" must be specified when "value_wo" is specified`}},
		},
		"a version without its secret": {
			config: injection("value_wo_version", `"1"`),
			want:   []diagnosis{{"value_wo_version", "Invalid Attribute Combination", `Attribute "value_wo" must be specified when "value_wo_version" is specified`}},
		},
		"a misspelt selection": {
			config: injection("select", `"any"`),
			want:   []diagnosis{{"select", "Invalid Attribute Value Match", `Attribute select value must be one of: ["first" "all" "each" "own"], got: "any"`}},
		},
		"a minimum of nothing": {
			config: injection("min_sources", `0`),
			want:   []diagnosis{{"min_sources", "Invalid Attribute Value", `Attribute min_sources value must be at least 1, got: 0`}},
		},
		"a violation of nothing": {
			config: injection("on_violation", `"hold"`),
			want:   []diagnosis{{"on_violation", "Invalid Attribute Combination", `Attribute "min_sources" must be specified when "on_violation" is specified`}},
		},
		"a separator of nothing": {
			config: injection("separator", `","`),
			want:   []diagnosis{{"separator", "Invalid Attribute Combination", `Attribute "select" must be specified when "separator" is specified`}},
		},
	}
}

// wireMistakes are wires that don't fit the declarations at their ends: a plan
// knows that.
func wireMistakes() map[string]mistake {
	into := func(parameter string) blueprint {
		return sound().with(schemaInjection, "into", `{ group = muster_server_group.web.handle, parameter = "`+parameter+`" }`)
	}
	from := func(group, output string) blueprint {
		return sound().with(schemaInjection, "from", `[{ group = muster_server_group.`+group+`.handle, output = "`+output+`" }]`)
	}
	value := func(parameter, text string) blueprint {
		return into(parameter).with(schemaInjection, "from", "").with(schemaInjection, "value", text)
	}
	secret := func(text string) blueprint {
		return value("schema", "").with(schemaInjection, "value_wo", text).with(schemaInjection, "value_wo_version", `"1"`)
	}
	sensitive := func(b blueprint) blueprint {
		return b.with(webConfiguration, "parameters", `{ schema = { deferred = true, sensitive = true } }`)
	}
	return map[string]mistake{
		"a misspelt output": {
			config: from("db", "shema"),
			want:   []diagnosis{{"from", "Undeclared Output", `Server configuration of server group "db" declares no output "shema"; there are: schema, token, id, private_ip, public_ip, private_dns, zone.`}},
		},
		"an output that only another configuration declares": {
			config: from("web", "schema"),
			want:   []diagnosis{{"from", "Undeclared Output", `Server configuration of server group "web" declares no output "schema"; there are: id, private_ip, public_ip, private_dns, zone.`}},
		},
		"a misspelt parameter": {
			config: into("shema"),
			want:   []diagnosis{{"into", "Undeclared Parameter", `Server configuration of server group "web" declares no parameter "shema"; there are: port, schema, size.`}},
		},
		"a parameter that isn't deferred": {
			config: into("port"),
			want:   []diagnosis{{"into", "Parameter Is Not Deferred", `Parameter "port" of server group "web" gets its value at launch. Declare it with deferred = true, or set it in the group's parameters and remove this injection.`}},
		},
		"a source of another type": {
			config: into("size"),
			want:   []diagnosis{{"from", "Wrong Type", `Output "schema" of server group "db" is a string and the parameter takes a number. Give both the same type, or make the parameter a string.`}},
		},
		"a source that may say what the parameter refuses": {
			config: sound().
				with(dbConfiguration, "outputs", `{ schema = { pattern = "^[a-z]+$" }, token = { sensitive = true } }`).
				with(webConfiguration, "parameters", `{ schema = { deferred = true, pattern = "^[a-x]+$" } }`),
			want: []diagnosis{{"from", "Wrong Pattern", `Output "schema" of server group "db" may be "y", which the parameter's pattern "^[a-x]+$" refuses. Give the output a pattern that allows less, or the parameter one that allows more.`}},
		},
		"an address for a parameter that takes none": {
			config: from("db", "private_ip").with(webConfiguration, "parameters", `{ schema = { deferred = true, pattern = "^[a-z]" } }`),
			want:   []diagnosis{{"from", "Wrong Pattern", `Output "private_ip" of server group "db" is an IPv4 address, and the parameter's pattern "^[a-z]" refuses every address. Take another output, or correct the pattern.`}},
		},
		"too few sources": {
			config: sound().with(schemaInjection, "min_sources", `9`).with(schemaInjection, "on_violation", `"fail"`),
			want:   []diagnosis{{"from", "Too Few Sources", `The groups in from have 1 servers and min_sources demands 9. Add servers, or lower min_sources; with on_violation = "hold", what was delivered before stays in force.`}},
		},
		"another group's value for a member's own": {
			config: sound().with(schemaInjection, "select", `"own"`),
			want: []diagnosis{{"from", "Not a Member's Own Value", `With select = "own", each member gets its own value: from has one element, whose group is that of into. ` +
				`To give the members of one group the values of another, one to one, use select = "each".`}},
		},
		"a sensitive output for a plain parameter": {
			config: from("db", "token"),
			want:   []diagnosis{{"from", "Sensitive Output", `Output "token" of server group "db" is sensitive and the parameter isn't. Declare the parameter with sensitive = true.`}},
		},
		"a value of another type for a parameter": {
			config: value("size", `"many"`),
			want:   []diagnosis{{"value", "Invalid Parameter Value", `Parameter "size" of server group "web": invalid value: it is not a number.`}},
		},
		"a value of 33 KB": {
			config: value("schema", `join("", [for i in range(1024) : format("%033d", i)])`),
			want:   []diagnosis{{"value", "Invalid Parameter Value", `Parameter "schema" of server group "web": invalid value: it has 33792 bytes, at most 32768 are carried; store it elsewhere and pass its address.`}},
		},
		"a value with a NUL byte": {
			config: value("schema", `"a\u0000b"`),
			want:   []diagnosis{{"value", "Invalid Parameter Value", `Parameter "schema" of server group "web": invalid value: it holds a NUL byte, which an environment variable can't; encode it, for example with base64encode.`}},
		},
		"a plain value for a sensitive parameter": {
			config: sensitive(value("schema", `"hush"`)),
			want:   []diagnosis{{"value", "Sensitive Parameter", `Parameter "schema" of server group "web" is sensitive, and Terraform would store this value in its state. Use value_wo with value_wo_version.`}},
		},
		"a secret of 33 KB": {
			config: sensitive(secret(`join("", [for i in range(1024) : format("%033d", i)])`)),
			want:   []diagnosis{{"value_wo", "Invalid Parameter Value", `Parameter "schema" of server group "web": invalid value: it has 33792 bytes, at most 32768 are carried; store it elsewhere and pass its address.`}},
		},
	}
}
