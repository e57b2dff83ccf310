package provider_test

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/musterhq/terraform-provider-muster/internal/acctest"
)

// Addresses of the resources of a stack.
const readinessAddress = "muster_server_readiness.all"

func configurationAddress(name string) string { return "muster_server_configuration." + name }
func groupAddress(name string) string         { return "muster_server_group." + name }
func injectionAddress(label string) string    { return "muster_parameter_injection." + label }

// stack is a Terraform configuration in what the tests vary. Its readiness waits
// for all groups and comes after all injections.
type stack struct {
	configurations []configuration
	groups         []group
	injections     []injection
	// readiness is further text for the readiness; unready leaves it out.
	readiness string
	unready   bool
	// extra is further text of the configuration.
	extra string
}

type configuration struct {
	name, boot, update string
	// parameters and outputs are the text between the braces.
	parameters, outputs string
	// arguments is further text.
	arguments string
}

type group struct {
	name string
	size int
	// of is the configuration; empty if it has the group's name.
	of string
	// arguments is further text.
	arguments string
}

type injection struct {
	// into and from are written as "group.parameter" and "group.output".
	into string
	from []string
	// arguments is further text.
	arguments string
	// label names the resource; empty for one that is made from into.
	label string
	// aside leaves the injection out of the readiness' after.
	aside bool
}

func (i injection) name() string {
	if i.label != "" {
		return i.label
	}
	return strings.ReplaceAll(i.into, ".", "_")
}

// String returns the configuration's text without the provider's block.
func (s stack) String() string {
	var text strings.Builder
	for _, configuration := range s.configurations {
		text.WriteString(configuration.String())
	}
	for _, group := range s.groups {
		text.WriteString(group.String())
	}
	for _, injection := range s.injections {
		text.WriteString(injection.String())
	}
	if !s.unready {
		text.WriteString(s.readinessText())
	}
	return text.String() + s.extra
}

func (s stack) readinessText() string {
	var groups, wires []string
	for _, group := range s.groups {
		groups = append(groups, groupAddress(group.name)+".handle")
	}
	for _, injection := range s.injections {
		if !injection.aside {
			wires = append(wires, injectionAddress(injection.name())+".wire")
		}
	}
	text := s.readiness
	if !strings.Contains(text, "timeouts") {
		text += "\n  timeouts = { create = \"90s\", update = \"90s\" }"
	}
	return fmt.Sprintf("resource \"muster_server_readiness\" \"all\" {\n  groups = [%s]\n  after = [%s]\n  %s\n}\n",
		strings.Join(groups, ", "), strings.Join(wires, ", "), text)
}

func (c configuration) String() string {
	return fmt.Sprintf("resource \"muster_server_configuration\" %q {\n  name = %q\n  image = \"host\"\n  parameters = {%s}\n  outputs = {%s}\n%s%s%s}\n",
		c.name, c.name, c.parameters, c.outputs, script("boot_script", c.boot), script("update_script", c.update), c.arguments)
}

func script(attribute, text string) string {
	if text == "" {
		return ""
	}
	text = strings.NewReplacer("${", "$${", "%{", "%%{").Replace(strings.TrimSpace(text))
	return fmt.Sprintf("  %s = <<EOT\n%s\nEOT\n", attribute, text)
}

func (g group) String() string {
	of := g.of
	if of == "" {
		of = g.name
	}
	return fmt.Sprintf("resource \"muster_server_group\" %q {\n  name = %q\n  server_configuration = %s.handle\n  desired_servers = %d\n  %s\n}\n",
		g.name, g.name, configurationAddress(of), g.size, g.arguments)
}

func (i injection) String() string {
	text := fmt.Sprintf("resource \"muster_parameter_injection\" %q {\n", i.name())
	into, parameter, _ := strings.Cut(i.into, ".")
	text += fmt.Sprintf("  into = { group = %s.handle, parameter = %q }\n", groupAddress(into), parameter)
	var sources []string
	for _, from := range i.from {
		source, output, _ := strings.Cut(from, ".")
		sources = append(sources, fmt.Sprintf("{ group = %s.handle, output = %q }", groupAddress(source), output))
	}
	if len(sources) > 0 {
		text += "  from = [" + strings.Join(sources, ", ") + "]\n"
	}
	return text + "  " + i.arguments + "\n}\n"
}

// resized returns the stack with groups of other sizes.
func (s stack) resized(sizes map[string]int) stack {
	groups := make([]group, 0, len(s.groups))
	for _, group := range s.groups {
		if size, set := sizes[group.name]; set {
			group.size = size
		}
		groups = append(groups, group)
	}
	s.groups = groups
	return s
}

// test returns a test case of the steps; each that has no configuration gets that
// of the stack.
func (s stack) test(directory string, steps ...resource.TestStep) resource.TestCase {
	for i := range steps {
		if steps[i].Config == "" {
			steps[i].Config = acctest.ProviderBlock(directory, "") + s.String()
		}
	}
	return resource.TestCase{ProtoV6ProviderFactories: acctest.Factories(), Steps: steps}
}
