package main

import (
	"context"
	"fmt"

	v1 "k8s.io/api/core/v1"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// waiting says of one pod without a node whether it is there to be scheduled at all.
type waiting struct {
	Pod  string `json:"pod"`
	Held string `json:"held,omitempty"`
}

// verdict says of one pod and one node what every plugin alone thinks; no failures: it passes.
type verdict struct {
	Pod     string     `json:"pod"`
	Node    string     `json:"node"`
	Pass    bool       `json:"pass"`
	First   *failure   `json:"first,omitempty"`
	Failing []*failure `json:"failing,omitempty"`
}

// scores says of one pod what each scoring plugin gives each node that passes, normalised over those nodes.
type scores struct {
	Pod     string                      `json:"pod"`
	Scores  map[string]map[string]int64 `json:"scores"`
	Weights map[string]int64            `json:"weights"`
	Totals  map[string]int64            `json:"totals"`
	Error   string                      `json:"error,omitempty"`
}

// matrix asks about every pending pod and every node, with nothing placed in between.
func matrix(ctx context.Context, opts *options, asked *request, out emit) error {
	objects, err := decode(asked.objects())
	if err != nil {
		return err
	}
	c, err := open(ctx, opts, objects)
	if err != nil {
		return err
	}
	if err := c.refresh(); err != nil {
		return err
	}
	nodes, err := c.snapshot.NodeInfos().List()
	if err != nil {
		return err
	}
	apart := map[string][]solo{}
	for name, whole := range c.Profiles {
		if apart[name], err = c.alone(ctx, whole); err != nil {
			return err
		}
	}
	for _, pod := range c.pods() {
		whole := c.profileOf(pod)
		if pod.Spec.NodeName != "" || whole == nil {
			continue
		}
		why := held(ctx, whole, pod)
		out(waiting{key(pod), why})
		if why != "" {
			continue
		}
		if err := judge(ctx, whole, apart[pod.Spec.SchedulerName], pod, nodes, out); err != nil {
			return err
		}
	}
	return nil
}

func judge(
	ctx context.Context, whole framework.Framework, apart []solo, pod *v1.Pod, nodes []fwk.NodeInfo, out emit,
) error {
	together, state := filtered(ctx, whole, pod, nodes)
	failing := map[string][]*failure{}
	for _, single := range apart {
		verdicts, _ := filtered(ctx, single, pod, nodes)
		for node, failed := range verdicts {
			if failed != nil {
				failed.Plugin = single.plugin
				failing[node] = append(failing[node], failed)
			}
		}
	}
	var feasible []fwk.NodeInfo
	for _, node := range nodes {
		name := node.Node().Name
		first := together[name]
		if (first == nil) != (len(failing[name]) == 0) {
			return fmt.Errorf("%s on %s: the plugins together and apart disagree", key(pod), name)
		}
		if first == nil {
			feasible = append(feasible, node)
		}
		out(verdict{Pod: key(pod), Node: name, Pass: first == nil, First: first, Failing: failing[name]})
	}
	if len(feasible) > 0 {
		out(scored(ctx, whole, state, pod, feasible))
	}
	return nil
}

// scored scores all feasible nodes, also where kube-scheduler would sample them or, with one, not score.
func scored(
	ctx context.Context, whole framework.Framework, state fwk.CycleState, pod *v1.Pod, feasible []fwk.NodeInfo,
) scores {
	found := scores{
		Pod:     key(pod),
		Scores:  map[string]map[string]int64{},
		Weights: map[string]int64{},
		Totals:  map[string]int64{},
	}
	for _, plugin := range whole.ListPlugins().Score.Enabled {
		found.Weights[plugin.Name] = int64(plugin.Weight)
	}
	if status := whole.RunPreScorePlugins(ctx, state, pod, feasible); !status.IsSuccess() {
		found.Error = status.Message()
		return found
	}
	byNode, status := whole.RunScorePlugins(ctx, state, pod, feasible)
	if !status.IsSuccess() {
		found.Error = status.Message()
		return found
	}
	for _, node := range byNode {
		found.Totals[node.Name] = node.TotalScore
		for _, score := range node.Scores {
			if found.Scores[score.Name] == nil {
				found.Scores[score.Name] = map[string]int64{}
			}
			// The framework multiplies by the weight, exactly; what the plugin said is wanted.
			found.Scores[score.Name][node.Name] = score.Score / found.Weights[score.Name]
		}
	}
	return found
}
