package main_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
)

// BenchmarkBinary measures the provider as users get it: its size, and the time from
// the start of the process to the answer that has the schema, which every command
// of Terraform waits for at least once.
func BenchmarkBinary(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "terraform-provider-muster")
	build := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, ".")
	if output, err := build.CombinedOutput(); err != nil {
		b.Fatalf("building the provider: %v: %s", err, output)
	}
	info, err := os.Stat(binary)
	if err != nil {
		b.Fatal(err)
	}
	var longest time.Duration
	var memory int64
	for b.Loop() {
		start := time.Now()
		memory = max(memory, askSchema(b, binary))
		longest = max(longest, time.Since(start))
	}
	b.ReportMetric(float64(info.Size())/1e6, "MB-stripped")
	b.ReportMetric(float64(memory)/1e3, "MB-peak")
	b.ReportMetric(float64(longest.Milliseconds()), "ms-longest")
}

// askSchema starts the provider as Terraform does, asks for the schema, kills it, and
// returns its peak memory in kB.
func askSchema(b *testing.B, binary string) int64 {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, binary)
	command.Env = append(os.Environ(), handshake()...)
	command.Stderr = io.Discard
	output, err := command.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	fields := strings.Split(strings.TrimSpace(line), "|")
	if err != nil || len(fields) < 5 {
		b.Fatalf("the provider says %q: %v", line, err)
	}
	connection, err := grpc.NewClient("unix:"+fields[3], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		b.Fatal(err)
	}
	defer connection.Close()
	// An empty message keeps the fields that it doesn't know, which is all that is
	// wanted of the answer here.
	var schema emptypb.Empty
	err = connection.Invoke(ctx, "/tfplugin6.Provider/GetProviderSchema", &emptypb.Empty{}, &schema, grpc.MaxCallRecvMsgSize(64<<20))
	if err != nil {
		b.Fatal(err)
	}
	if got := len(schema.ProtoReflect().GetUnknown()); got < 1000 {
		b.Fatalf("the schema has %d bytes", got)
	}
	memory := peakMemory(b, command.Process.Pid)
	_ = command.Process.Kill()
	_ = command.Wait()
	return memory
}

// handshake is the environment by which a provider knows that Terraform has started
// it, and in which version of the protocol it is spoken to.
func handshake() []string {
	return []string{"TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2", "PLUGIN_PROTOCOL_VERSIONS=6"}
}

// peakMemory returns the peak resident memory of a process in kB, 0 where the system
// doesn't tell.
func peakMemory(b *testing.B, pid int) int64 {
	b.Helper()
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if text, found := strings.CutPrefix(line, "VmHWM:"); found {
			memory, _ := strconv.ParseInt(strings.Fields(text)[0], 10, 64)
			return memory
		}
	}
	return 0
}
