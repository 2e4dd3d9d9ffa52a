package main

import (
	"context"
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// failure is a plugin's refusal of a node.
type failure struct {
	Plugin  string   `json:"plugin"`
	Code    string   `json:"code"`
	Reasons []string `json:"reasons"`
}

func failureOf(plugin string, status *fwk.Status) *failure {
	if status.Plugin() != "" {
		plugin = status.Plugin()
	}
	return &failure{Plugin: plugin, Code: status.Code().String(), Reasons: status.Reasons()}
}

// filtered runs a framework's PreFilter and Filter plugins for one pod on each of some nodes, as a scheduling
// cycle does; the state is what scoring and reserving go on with. nil for a node: it passes.
func filtered(
	ctx context.Context, fw framework.Framework, pod *v1.Pod, nodes []fwk.NodeInfo,
) (map[string]*failure, fwk.CycleState) {
	state := framework.NewCycleState()
	verdicts := map[string]*failure{}
	narrowed, status, narrowing := fw.RunPreFilterPlugins(ctx, state, pod)
	for _, node := range nodes {
		name := node.Node().Name
		switch {
		case !status.IsSuccess():
			verdicts[name] = failureOf(strings.Join(sets.List(narrowing), ","), status)
		case !narrowed.AllNodes() && !narrowed.NodeNames.Has(name):
			verdicts[name] = &failure{
				Plugin:  strings.Join(sets.List(narrowing), ","),
				Code:    fwk.UnschedulableAndUnresolvable.String(),
				Reasons: []string{"node is not among those that PreFilter leaves"},
			}
		default:
			verdicts[name] = nil
			if status := fw.RunFilterPluginsWithNominatedPods(ctx, state, pod, node); !status.IsSuccess() {
				verdicts[name] = failureOf("", status)
			}
		}
	}
	return verdicts, state
}

// held is why a pod does not enter the queue of pods to schedule, or "".
func held(ctx context.Context, fw framework.Framework, pod *v1.Pod) string {
	if pod.DeletionTimestamp != nil {
		return "it is being deleted"
	}
	for _, plugin := range fw.PreEnqueuePlugins() {
		if status := plugin.PreEnqueue(ctx, pod); !status.IsSuccess() {
			return plugin.Name()
		}
	}
	return ""
}
