package channel

// The tags of instances, launch templates and parameters. The metadata service serves
// them under their names, so that these match [0-9a-zA-Z\-_+=,.@:]{1,255}; cloud-init
// misreads names with "=", and people names with ",".
const (
	// NamespaceTag holds the namespace.
	NamespaceTag = "muster.ns"
	// GroupTag holds the server group's name.
	GroupTag = "muster.group"
	// IncarnationTag holds the server group's incarnation.
	IncarnationTag = "muster.incarnation"
	// ConfigurationTag holds a server configuration's name, on launch templates.
	ConfigurationTag = "muster.configuration"
	// FingerprintTag holds the fingerprint of the launch.
	FingerprintTag = "muster.fingerprint"
	// ChannelTag holds the channel that the server reports over; there is none where that
	// is its console.
	ChannelTag = "muster.channel"
	// RestartTag holds the mark of the newest restart.
	RestartTag = "muster.restart"
	// FormerTag holds the boot that was reported last before that restart.
	FormerTag = "muster.former"
	// LeaveTag asks the server to run its decommission script. Its value must not be
	// empty, and is of no account otherwise.
	LeaveTag = "muster.leave"
	// TokenTag holds the token of the server's markers that was seen first.
	TokenTag = "muster.token"
	// ManifestTag says what is delivered, and in which chunks or where; the agent
	// waits for it.
	ManifestTag = "muster.m"
	// ReportTag says in which chunks the final report lies.
	ReportTag = "muster.r"
)

// The chunks' tags end in their numbers, from 0.
const (
	deliveryChunk = "muster.d."
	reportChunk   = "muster.r."
)

// maxTagValue is the longest value of a tag, in characters (EC2's Tag type).
const maxTagValue = 256
