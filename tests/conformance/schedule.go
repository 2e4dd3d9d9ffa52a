package main

import (
	"context"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

const quiet = time.Second

// binding is a pod that the scheduler gave a node; victim one that it deleted to make room.
type binding struct {
	Binding placed `json:"binding"`
}

type victim struct {
	Victim placed `json:"victim"`
}

type placed struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Node      string `json:"node"`
	Priority  int32  `json:"priority"`
}

// outcome closes the run. Seconds: until the last binding or deletion. Settled: until the queue had nothing
// left to try, unschedulable pods included. Unfinished: the limit came first, and this is how far it was.
type outcome struct {
	Seconds float64 `json:"seconds"`
	Settled float64 `json:"settled"`
	Bound   int     `json:"bound"`
	Victims int     `json:"victims"`
	Pending int     `json:"pending"`

	Unfinished bool `json:"unfinished,omitempty"`
}

// events gathers what the run does to pods.
type gathered struct {
	mu      sync.Mutex
	victims []placed
	last    time.Time
}

func (g *gathered) note(resource string, object runtime.Object, gone bool) {
	pod, isPod := object.(*v1.Pod)
	if !isPod {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last = time.Now()
	if gone {
		g.victims = append(g.victims, placement(pod))
	}
}

// schedule runs the scheduler itself until it has nothing left to try. Deleted pods are gone at once and
// come back from nobody: there are no kubelets and no workload controllers here.
func schedule(ctx context.Context, opts *options, asked *request, out emit) error {
	objects, err := decode(asked.objects())
	if err != nil {
		return err
	}
	c, err := open(ctx, opts, objects)
	if err != nil {
		return err
	}
	before := map[string]bool{}
	for _, pod := range c.pods() {
		before[key(pod)] = pod.Spec.NodeName != ""
	}
	var seen gathered
	volumes := controller(c.store, objects)
	c.store.changed = func(resource string, object runtime.Object, gone bool) {
		seen.note(resource, object, gone)
		volumes(resource, object, gone)
	}
	start := time.Now()
	go c.Run(ctx)
	busy, unfinished := c.settle(opts.timeout)
	seen.mu.Lock()
	defer seen.mu.Unlock()
	result := outcome{Settled: busy.Sub(start).Seconds(), Victims: len(seen.victims), Unfinished: unfinished}
	if !seen.last.IsZero() {
		result.Seconds = seen.last.Sub(start).Seconds()
	}
	for _, pod := range c.pods() {
		if before[key(pod)] || c.profileOf(pod) == nil {
			continue
		}
		if pod.Spec.NodeName == "" {
			result.Pending++
			continue
		}
		result.Bound++
		out(binding{placement(pod)})
	}
	for _, gone := range seen.victims {
		out(victim{gone})
	}
	out(result)
	return nil
}

// settle waits until the queue has been empty and the store unchanged for a while; when it was last busy, and
// whether it still is when the limit comes. On a crowded machine a look can come late: only what a look has found
// counts.
func (c *cluster) settle(limit time.Duration) (time.Time, bool) {
	began, busy, version := time.Now(), time.Now(), -1
	for {
		queued := len(c.SchedulingQueue.PodsInActiveQ()) + len(c.SchedulingQueue.PodsInBackoffQ()) +
			len(c.SchedulingQueue.InFlightPods())
		// An assumed pod is on its way to its node: its volumes are being bound, or its binding is.
		now := c.store.changedAt("")
		working := queued > 0 || now != version || len(c.Cache.Dump().AssumedPods) > 0
		if working {
			busy, version = time.Now(), now
		}
		if !working && time.Since(busy) >= quiet {
			return busy, false
		}
		if working && time.Since(began) > limit {
			return busy, true
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func placement(pod *v1.Pod) placed {
	priority := int32(0)
	if pod.Spec.Priority != nil {
		priority = *pod.Spec.Priority
	}
	return placed{pod.Namespace, pod.Name, pod.Spec.NodeName, priority}
}
