package provider_test

const jobsPolicy = "muster_scaling_policy.jobs"

// sized returns a blueprint of a policy in which nothing is wrong where the provider
// has a metric source "api".
func sized() blueprint {
	return blueprint{jobsPolicy: {
		"server_configuration": `"web"`, "min_servers": `1`, "max_servers": `10`,
		"signals": `{ jobs = { source = "api", value = "depth" }, floor = { literal = 2 } }`,
		"rules":   `{ jobs = { target = { signal = "jobs", target_value = 10 } }, floor = { value = { signal = "floor" } } }`,
	}}
}

// signal returns the blueprint with another signal "jobs".
func signal(text string) blueprint {
	return sized().with(jobsPolicy, "signals", `{ jobs = `+text+`, floor = { literal = 2 } }`)
}

// policyMistakes are refused when the configuration is validated.
func policyMistakes() map[string]mistake {
	policy := func(argument, text string) blueprint { return sized().with(jobsPolicy, argument, text) }
	rule := func(text string) blueprint { return policy("rules", `{ jobs = `+text+` }`) }
	return map[string]mistake{
		"more servers at least than at most": {
			config: policy("min_servers", `11`),
			want:   []diagnosis{{"max_servers", "Invalid Scaling Policy", "max_servers: must not be below min_servers: 10 is below 11."}},
		},
		"fewer servers at least than none": {
			config: policy("min_servers", `-1`),
			want:   []diagnosis{{"min_servers", "Invalid Scaling Policy", "min_servers: must be 0 or more, not -1."}},
		},
		"half a server at least": {
			config: policy("min_servers", `0.5`),
			want:   []diagnosis{{"min_servers", "Not a Whole Number", "min_servers must be a whole number, not 0.5. Round it, for example with ceil()."}},
		},
		"a start with fewer servers than none": {
			config: policy("initial_servers", `-1`),
			want:   []diagnosis{{"initial_servers", "Invalid Attribute Value", "Attribute initial_servers value must be at least 0, got: -1"}},
		},
		"a malformed name of what is sized": {
			config: policy("server_configuration", `"Web"`),
			want:   []diagnosis{{"server_configuration", "Invalid Name", `"Web" is not a valid name: use 1 to 32 lower-case letters, digits and hyphens, begin with a letter and don't end with a hyphen.`}},
		},
		"a rule on an undeclared signal": {
			config: rule(`{ target = { signal = "job", target_value = 10 } }`),
			want:   []diagnosis{{"rules", "Invalid Scaling Policy", `rules.jobs.target.signal: signal "job" is not declared in signals, which has floor, jobs.`}},
		},
		"a rule of two kinds": {
			config: rule(`{ target = { signal = "jobs", target_value = 10 }, value = { number = 3 } }`),
			want:   []diagnosis{{"rules", "Invalid Scaling Policy", "rules.jobs: must have one of target, step and value, not several."}},
		},
		"a rule of no kind": {
			config: rule(`{}`),
			want:   []diagnosis{{"rules", "Invalid Scaling Policy", "rules.jobs: must have one of target, step and value."}},
		},
		"a rule that is null": {
			config: rule(`null`),
			want:   []diagnosis{{"rules", "Invalid Scaling Policy", "rules.jobs: must have one of target, step and value."}},
		},
		"a target of zero": {
			config: rule(`{ target = { signal = "jobs", target_value = 0 } }`),
			want:   []diagnosis{{"rules", "Invalid Scaling Policy", "rules.jobs.target.target_value: must be a number above 0."}},
		},
		"a misspelt type of target": {
			config: rule(`{ target = { signal = "jobs", target_value = 10, target_type = "mean" } }`),
			want:   []diagnosis{{"rules", "Invalid Scaling Policy", `rules.jobs.target.target_type: must be one of average, value, utilization, not "mean".`}},
		},
		"a negative tolerance": {
			config: rule(`{ target = { signal = "jobs", target_value = 10, tolerance = { out = -0.1 } } }`),
			want:   []diagnosis{{"rules", "Invalid Scaling Policy", "rules.jobs.target.tolerance.out: must be a number of 0 or more."}},
		},
		"a signal from nowhere": {
			config: signal(`{ value = "depth" }`),
			want:   []diagnosis{{"signals", "Invalid Scaling Policy", "signals.jobs: must have one of literal, expression, source and cloudwatch."}},
		},
		"a signal from two places": {
			config: signal(`{ source = "api", literal = 1 }`),
			want:   []diagnosis{{"signals", "Invalid Scaling Policy", "signals.jobs.source: can't be combined with literal; remove one of the two."}},
		},
		"a signal from a source and CloudWatch": {
			config: signal(`{ source = "api", cloudwatch = { namespace = "App", metric_name = "Jobs" } }`),
			want:   []diagnosis{{"signals", "Invalid Scaling Policy", "signals.jobs.source: can't be combined with cloudwatch; remove one of the two."}},
		},
		"a period that is no duration": {
			config: signal(`{ cloudwatch = { namespace = "App", metric_name = "Jobs", period = "often" } }`),
			want:   []diagnosis{{"signals", "Invalid Scaling Policy", `signals.jobs.cloudwatch.period: "often" is not a duration; write for example 90s or 5m.`}},
		},
		"a signal that is null": {
			config: signal(`null`),
			want:   []diagnosis{{"signals", "Invalid Scaling Policy", "signals.jobs: must have one of literal, expression, source and cloudwatch."}},
		},
		"a malformed name of a signal": {
			config: policy("signals", `{ jobs = { literal = 1 }, floor = { literal = 2 }, queue-depth = { literal = 1 } }`),
			want:   []diagnosis{{"signals", "Invalid Scaling Policy", `signals.queue-depth: "queue-depth" is not a valid name: use 1 to 64 letters, digits and underscores, and don't begin with a digit.`}},
		},
		"an age that is no duration": {
			config: signal(`{ source = "api", max_age = "soon" }`),
			want:   []diagnosis{{"signals", "Invalid Scaling Policy", `signals.jobs.max_age: "soon" is not a duration; write for example 90s or 5m.`}},
		},
		"an age of nothing": {
			config: signal(`{ source = "api", max_age = "0s" }`),
			want:   []diagnosis{{"signals", "Invalid Scaling Policy", "signals.jobs.max_age: must be above 0; leave it out to let any age count."}},
		},
		"a misspelt treatment of missing data": {
			config: signal(`{ source = "api", on_missing = "hold" }`),
			want:   []diagnosis{{"signals", "Invalid Scaling Policy", `signals.jobs.on_missing: must be one of hold_scale_in, ignore, fail, fallback, not "hold".`}},
		},
		"a fallback without its number": {
			config: signal(`{ source = "api", on_missing = "fallback" }`),
			want:   []diagnosis{{"signals", "Invalid Scaling Policy", `signals.jobs.fallback: is needed with on_missing = "fallback": the number of servers to ask for.`}},
		},
		"a fallback to half a server": {
			config: signal(`{ source = "api", on_missing = "fallback", fallback = 1.5 }`),
			want:   []diagnosis{{"signals", "Invalid Scaling Policy", "signals.jobs.fallback: must be a whole number."}},
		},
		"a source that is null": {
			config:   sized(),
			provider: "metric_sources = {\n    api = null\n  }",
			want:     []diagnosis{{"api", "Invalid Metric Source", "metric_sources.api: must have one of http and prometheus."}},
		},
		"a source of no kind": {
			config:   sized(),
			provider: "metric_sources = {\n    api = {}\n  }",
			want:     []diagnosis{{"api", "Invalid Metric Source", "metric_sources.api: must have one of http and prometheus."}},
		},
		"a source of two kinds": {
			config: sized(),
			provider: "metric_sources = {\n    api = {\n      http       = { base_url = \"https://api.example\" }\n" +
				"      prometheus = { url = \"https://prometheus.example\" }\n    }\n  }",
			want: []diagnosis{{"api", "Invalid Metric Source", "metric_sources.api: must have one of http and prometheus, not both."}},
		},
		"a number without its fallback": {
			config: signal(`{ source = "api", fallback = 3 }`),
			want:   []diagnosis{{"signals", "Invalid Scaling Policy", `signals.jobs.fallback: is used only with on_missing = "fallback".`}},
		},
	}
}

// sourceMistakes are signals that don't fit the provider's metric sources, and
// sources that can't be: a plan knows that.
func sourceMistakes() map[string]mistake {
	source := func(arguments string) string {
		return "metric_sources = {\n    api = { http = { " + arguments + " } }\n  }"
	}
	const service = `base_url = "https://api.example/v1"`
	return map[string]mistake{
		"a source where none is declared": {
			config: sized(),
			want:   []diagnosis{{"signals", "Undeclared Metric Source", `signals.jobs.source: the provider has no metric source "api": declare it in the metric_sources of the provider's configuration, which has none.`}},
		},
		"a misspelt source": {
			config:   signal(`{ source = "apo" }`),
			provider: source(service),
			want:     []diagnosis{{"signals", "Undeclared Metric Source", `signals.jobs.source: the provider has no metric source "apo"; the metric_sources of its configuration are: api.`}},
		},
		"a path that leaves the base URL": {
			config:   signal(`{ source = "api", path = "../admin" }`),
			provider: source(service),
			want:     []diagnosis{{"signals", "Invalid Signal", `signals.jobs.path: must not have "." or ".." among its segments: it can't leave the source's base_url.`}},
		},
		"a path that is a whole URL": {
			config:   signal(`{ source = "api", path = "http://evil.example/" }`),
			provider: source(service),
			want:     []diagnosis{{"signals", "Invalid Signal", "signals.jobs.path: must be relative to the source's base_url, not a whole URL."}},
		},
		"a start above the greatest number": {
			config:   sized().with(jobsPolicy, "initial_servers", `11`),
			provider: source(service),
			want:     []diagnosis{{"initial_servers", "Invalid Scaling Policy", "initial_servers: the policy can't start with 11 servers, which is outside min_servers and max_servers."}},
		},
		"a source with the name of CloudWatch": {
			config:   sized(),
			provider: "metric_sources = {\n    cloudwatch = { http = { " + service + " } }\n    api = { http = { " + service + " } }\n  }",
			want:     []diagnosis{{"cloudwatch", "Invalid Metric Source", "metric_sources.cloudwatch: this name is reserved for Amazon CloudWatch, which signals ask with cloudwatch = { … }; give the source another name."}},
		},
		"CloudWatch without an account": {
			config: signal(`{ cloudwatch = { namespace = "App", metric_name = "Jobs" } }`),
			want:   []diagnosis{{"signals", "CloudWatch Without Account", "signals.jobs.cloudwatch: the provider's configuration has no aws block, which says whose CloudWatch is asked; add one, for example aws = { region = \"eu-central-1\" }."}},
		},
		"a URL with a password": {
			config:   sized(),
			provider: source(`base_url = "https://user:hush@api.example"`),
			want:     []diagnosis{{"api", "Invalid Metric Source", "metric_sources.api.base_url: must not hold a user or password, which would show up in logs; use headers."}},
		},
		"a URL of another scheme": {
			config:   sized(),
			provider: source(`base_url = "file:///etc/passwd"`),
			want:     []diagnosis{{"api", "Invalid Metric Source", "metric_sources.api.base_url: must begin with http:// or https://."}},
		},
		"a URL without a host": {
			config:   sized(),
			provider: source(`base_url = "https:///v1"`),
			want:     []diagnosis{{"api", "Invalid Metric Source", "metric_sources.api.base_url: must name a host."}},
		},
		"a URL with a query string": {
			config:   sized(),
			provider: source(`base_url = "https://api.example/?token=hush"`),
			want:     []diagnosis{{"api", "Invalid Metric Source", "metric_sources.api.base_url: must not have a query string; what is asked belongs into the signal."}},
		},
		"a link-local URL": {
			config:   sized(),
			provider: source(`base_url = "http://169.254.169.254/latest"`),
			want:     []diagnosis{{"api", "Invalid Metric Source", "metric_sources.api.base_url: is a link-local address, at which clouds hand out credentials; if that is meant, set allow_link_local = true."}},
		},
		"a header with a line break": {
			config:   sized(),
			provider: source(service + `, headers = { X-Token = "hush\r\nX-Admin: 1" }`),
			want:     []diagnosis{{"api", "Invalid Metric Source", "metric_sources.api.headers.X-Token: has a control character, for example a line break, in its value."}},
		},
		"a header that the client sets": {
			config:   sized(),
			provider: source(service + `, headers = { Host = "hush" }`),
			want:     []diagnosis{{"api", "Invalid Metric Source", "metric_sources.api.headers.Host: Host is set by the client itself; remove it."}},
		},
		"a header that is null": {
			config:   sized(),
			provider: source(service + `, headers = { X-Token = null }`),
			want:     []diagnosis{{"api", "Invalid Metric Source", "metric_sources.api.headers: one of them is null; leave out what isn't there."}},
		},
		"a request's time that is no duration": {
			config:   sized(),
			provider: source(service + `, timeout = "quick"`),
			want:     []diagnosis{{"api", "Invalid Metric Source", `metric_sources.api.timeout: "quick" is not a duration above 0; write for example 5s.`}},
		},
		"a request's time of nothing": {
			config:   sized(),
			provider: source(service + `, timeout = "0s"`),
			want:     []diagnosis{{"api", "Invalid Metric Source", `metric_sources.api.timeout: "0s" is not a duration above 0; write for example 5s.`}},
		},
	}
}

// prometheusMistakes are sources on a Prometheus server that can't be: a plan knows that.
func prometheusMistakes() map[string]mistake {
	source := func(arguments, detail string) mistake {
		return mistake{
			config:   sized(),
			provider: "metric_sources = {\n    api = { prometheus = { " + arguments + " } }\n  }",
			want:     []diagnosis{{"api", "Invalid Metric Source", "metric_sources.api." + detail + "."}},
		}
	}
	const server = `url = "https://prometheus.example"`
	return map[string]mistake{
		"a Prometheus with a password": source(`url = "https://user:hush@prometheus.example"`, "url: must not hold a user or password, which would show up in logs; use headers"),
		"a Prometheus with its API":    source(`url = "https://prometheus.example/api/v1"`, "url: must end before /api/v1, which is added to it"),
		"a Prometheus at a cloud's metadata": source(`url = "http://169.254.169.254"`,
			"url: is a link-local address, at which clouds hand out credentials; if that is meant, set allow_link_local = true"),
		"a token with a line break":        source(server+`, bearer_token = "hush\n"`, "bearer_token: has a control character, for example a line break, in its value"),
		"a token and a header of it":       source(server+`, bearer_token = "hush", headers = { Authorization = "hush" }`, "headers.Authorization: can't be combined with bearer_token; remove one of the two"),
		"a Prometheus' header that's null": source(server+`, headers = { X-Scope-OrgID = null }`, "headers: one of them is null; leave out what isn't there"),
		"a query's time of nothing":        source(server+`, timeout = "0s"`, `timeout: "0s" is not a duration above 0; write for example 5s`),
		"an authority that is no PEM":      source(server+`, tls = { ca_certificate = "hush" }`, "tls.ca_certificate: holds no certificate in PEM"),
		"a client's key without more":      source(server+`, tls = { client_key = "hush" }`, "tls.client_certificate: is missing; client_key is of use only with it"),
		"TLS without encryption":           source(`url = "http://prometheus.example", tls = { server_name = "hush" }`, "tls: is of use only with a url that begins with https://"),
	}
}
