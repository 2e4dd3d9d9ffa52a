// Command conformance asks the real kube-scheduler, in-process, what it makes of a cluster.
//
//	conformance matrix   < snapshots   every pending pod against every node: verdicts and scores
//	conformance replay   < plans       a plan's bindings one by one on the growing state
//	conformance schedule < snapshots   the whole scheduling loop until nothing changes
//	conformance check    < snapshots   what the API server would refuse to store
//	conformance admit    < snapshots   what becomes of each pod that is created, limit ranges and quotas
//
// It reads JSON documents one after another and answers each with JSON lines that close on {"end": true},
// so that one process serves many clusters.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"k8s.io/klog/v2"
)

// emit writes one answer line.
type emit func(any)

type mode struct {
	run func(context.Context, *options, *request, emit) error
}

type options struct {
	config  string
	timeout time.Duration
}

var modes = map[string]mode{
	"matrix":   {matrix},
	"replay":   {replay},
	"schedule": {schedule},
	"check":    {check},
	"admit":    {admit},
}

func main() {
	if len(os.Args) < 2 {
		fail(errors.New("usage: conformance matrix|replay|schedule|check|admit [--config FILE] [--snapshot FILE [--plan FILE]]"))
	}
	chosen, known := modes[os.Args[1]]
	if !known {
		fail(fmt.Errorf("no mode %q; there are matrix, replay, schedule, check and admit", os.Args[1]))
	}
	var opts options
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	flags.StringVar(&opts.config, "config", "", "a KubeSchedulerConfiguration; the default profile without it")
	flags.DurationVar(&opts.timeout, "timeout", 10*time.Minute, "schedule: say how far it is after this long")
	snapshot := flags.String("snapshot", "", "a List of Kubernetes objects; standard input without it")
	plan := flags.String("plan", "", "replay: a plan, or JSON with bindings and evictions")
	klog.InitFlags(flags)
	// The scheduler's own remarks would drown the answers; --v and --logtostderr bring them back.
	_ = flags.Set("logtostderr", "false")
	_ = flags.Set("stderrthreshold", "FATAL")
	_ = flags.Parse(os.Args[2:])
	klog.SetOutput(io.Discard)

	input, err := source(*snapshot, *plan)
	if err != nil {
		fail(err)
	}
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	lines := json.NewEncoder(out)
	decoder := json.NewDecoder(input)
	for {
		var asked request
		if err := decoder.Decode(&asked); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			fail(fmt.Errorf("reading a request: %w", err))
		}
		last := end{End: true}
		if err := one(chosen, &opts, &asked, func(line any) { _ = lines.Encode(line) }); err != nil {
			last.Error = err.Error()
		}
		_ = lines.Encode(last)
		_ = out.Flush()
	}
}

// end closes the answer to one request.
type end struct {
	End   bool   `json:"end"`
	Error string `json:"error,omitempty"`
}

// one answers a request in a context of its own, so that nothing of it goes on afterwards.
func one(chosen mode, opts *options, asked *request, out emit) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	return chosen.run(ctx, opts, asked, out)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "conformance:", err)
	os.Exit(2)
}
